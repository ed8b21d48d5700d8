// SPDX-License-Identifier: GPL-2.0

//! A complaint that a guest has its kernel make on purpose.

use crate::splat::Splat;

/// A complaint that has to be in a guest's log, so many times.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedBug {
    /// How it begins.
    pub start: &'static str,
    /// What it has further on: of a `BUG` the source file, as the kernel names it, and a colon.
    pub words: &'static str,
    /// How many times at least and at most.
    pub times: (usize, usize),
}

impl ExpectedBug {
    /// Takes these complaints, and nothing else, out of `splats`. An error if they are not as many
    /// as there must be.
    pub fn take(self, splats: &mut Vec<Splat>) -> Result<(), String> {
        let mut all = std::mem::take(splats).into_iter().peekable();
        let mut found = 0;
        while let Some(splat) = all.next() {
            let rest = splat.text.strip_prefix(self.start);
            if !rest.is_some_and(|rest| rest.contains(self.words)) {
                splats.push(splat);
                continue;
            }
            found += 1;
            // The same complaint in other words, in the next line.
            all.next_if(|next| {
                next.line == splat.line + 1 && next.text.starts_with("Oops: invalid opcode: ")
            });
        }
        let (least, most) = self.times;
        if (least..=most).contains(&found) {
            Ok(())
        } else {
            Err(format!(
                "{found} times {}{} instead of {least} to {most} times",
                self.start, self.words
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExpectedBug;
    use crate::splat::scan;

    const BUG: ExpectedBug = ExpectedBug {
        start: "kernel BUG at ",
        words: "rust/helpers/local_lock.c:",
        times: (2, 2),
    };

    const LOG: &str = "\
[    1.731979] kernel BUG at rust/helpers/local_lock.c:171!
[    1.732973] Oops: invalid opcode: 0000 [#1] SMP NOPTI
[    1.742449] note: pwlocks_test/0[360] exited with preempt_count 2
[    1.747690] kernel BUG at rust/helpers/local_lock.c:171!
[    1.747857] Oops: invalid opcode: 0000 [#2] SMP NOPTI
";

    fn take(bug: ExpectedBug, log: &str) -> (bool, usize) {
        let mut splats = scan(log);
        let as_expected = bug.take(&mut splats).is_ok();
        (as_expected, splats.len())
    }

    #[test]
    fn as_many_as_there_must_be_and_nothing_else() {
        let of = |times| ExpectedBug { times, ..BUG };
        assert_eq!(take(BUG, LOG), (true, 0));
        assert_eq!(take(of((1, 2)), LOG), (true, 0));
        assert_eq!(take(of((3, 3)), LOG), (false, 0));
        assert_eq!(take(of((1, 1)), LOG), (false, 0));
        assert_eq!(take(BUG, ""), (false, 0));
    }

    #[test]
    fn other_complaints_stay() {
        for other in [
            "WARNING: kernel/exit.c:1 at f",
            "Oops: 0000 [#3] SMP NOPTI",
            "kernel BUG at mm/slub.c:171!",
        ] {
            assert_eq!(take(BUG, &format!("{LOG}{other}\n")), (true, 1), "{other}");
        }
        // An oops that is not the BUG's.
        let apart = LOG.replacen(
            "SMP NOPTI\n",
            "SMP NOPTI\nOops: invalid opcode: 0000 [#9] SMP\n",
            1,
        );
        assert_eq!(take(BUG, &apart), (true, 1));
    }
}
