// SPDX-License-Identifier: GPL-2.0

//! What an alternative must have done with the pages for its figures to be its own. A build that does
//! nothing of what it is called has those of another.

use crate::drained::Drained;
use selftests::{
    ensure,
    ktap::{Trouble, Verdict},
};

/// Fails if `drained` is not what the alternative called `name` is about.
pub(crate) fn check(name: &str, drained: &Drained) -> Verdict {
    let &Drained {
        waiting,
        left,
        works,
        ..
    } = drained;

    match name {
        "bypass" => ensure!(
            waiting == 0,
            "the isolated CPU has left {waiting} pages in its batches"
        ),
        "skip" => ensure!(left > 0, "the isolated CPU was drained by others"),
        "workqueue" => ensure!(works > 0, "no work has drained a CPU"),
        "remote" => ensure!(works == 0, "{works} works have drained a CPU"),
        other => return Err(Trouble::fail(format!("what is {other} about?"))),
    }
    // Where no page waits it is not known what a request does about one.
    ensure!(name == "bypass" || waiting > 0, "no page had to be drained");
    ensure!(
        name == "skip" || left == 0,
        "a request for a drain of all CPUs has left {left} pages in batches"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::drained::Drained;

    /// The alternatives that so many pages could come of.
    fn claimed(waiting: usize, left: usize, works: u64) -> Vec<&'static str> {
        let drained = Drained {
            waiting,
            left,
            works,
            ..Drained::default()
        };
        let names = ["bypass", "workqueue", "remote", "skip", "else"].into_iter();
        names.filter(|name| check(name, &drained).is_ok()).collect()
    }

    #[test]
    fn none_can_be_taken_for_another() {
        assert_eq!(claimed(0, 0, 0), ["bypass"]);
        assert_eq!(claimed(360, 0, 12), ["workqueue"]);
        assert_eq!(claimed(360, 0, 0), ["remote"]);
        assert_eq!(claimed(360, 360, 0), ["skip"]);
    }

    #[test]
    fn a_request_that_leaves_some_is_none() {
        assert!(!claimed(360, 1, 12).contains(&"workqueue"));
        assert!(!claimed(360, 1, 0).contains(&"remote"));
    }
}
