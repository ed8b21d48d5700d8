// SPDX-License-Identifier: GPL-2.0

//! Something that needs memory, done once for each of its allocations with that one failing.

use crate::injection::Faults;
use nix::errno::Errno;
use selftests::{
    ensure,
    ktap::{Trouble, Verdict},
    sign_of_life::SignOfLife,
};
use std::ops::AddAssign;

/// Larger than the number of allocations that anything makes, so that none fails and the kernel counts.
const NONE: u32 = 1 << 30;

/// The operation.
pub(crate) trait Operation {
    /// What a report calls it.
    fn name(&self) -> String;

    /// Whether it must make an allocation: otherwise there is nothing to be tested.
    fn allocates(&self) -> bool {
        true
    }

    /// Whether its first allocations are those of another operation, which need not fail twice.
    fn begins_as_another(&self) -> bool {
        false
    }

    /// What has to be done before it, each time.
    fn prepare(&mut self) -> Verdict {
        Ok(())
    }

    /// Does it: the only thing that is done while an allocation may fail.
    fn run(&mut self) -> Result<(), Errno>;

    /// Checks that it was done, undoes it, and checks that nothing is left of it.
    fn undo(&mut self) -> Verdict;

    /// Checks that nothing is left of it where it failed.
    fn check_nothing_left(&mut self) -> Verdict;
}

/// What came of an operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Allocations that it makes when none fails.
    pub(crate) allocations: u32,
    /// Of which so many were made to fail, each in a run of its own.
    pub(crate) injected: u32,
    /// So many of these made the operation fail; it did without the others.
    pub(crate) failed: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.allocations += other.allocations;
        self.injected += other.injected;
        self.failed += other.failed;
    }
}

/// Does `operation` with each of its first `count` and its last `count` allocations failing.
///
/// What a module does comes last of what loading it takes; and many allocations of the kernel's come
/// before.
pub(crate) fn fail_each(
    operation: &mut impl Operation,
    faults: &impl Faults,
    count: u32,
) -> Result<Tally, Trouble> {
    // What is allocated once for good, by the kernel or by this program, is there after a first time.
    succeed(operation)?;
    let (result, left) = run(operation, faults, NONE)?;
    result.map_err(|error| Trouble::fail(format!("without a fault: {error}")))?;
    operation.undo()?;
    let mut tally = Tally {
        allocations: NONE - left,
        ..Tally::default()
    };
    let mut sign = SignOfLife::new();

    for nth in numbers(tally.allocations, count, operation.begins_as_another()) {
        let name_it = |cause: Trouble| match cause {
            Trouble::Fail(cause) => Trouble::fail(format!(
                "allocation {nth} of about {}: {cause}",
                tally.allocations
            )),
            skip @ Trouble::Skip(_) => skip,
        };
        let (result, left) = run(operation, faults, nth)?;
        let failed = judge(operation, result, left == 0).map_err(name_it)?;
        faults.check_log().map_err(name_it)?;
        if left > 0 {
            // It made fewer.
            break;
        }
        tally.injected += 1;
        tally.failed += u32::from(failed);
        sign.give(format_args!("{}: allocation {nth}", operation.name()));
    }
    ensure!(
        tally.injected > 0 || !operation.allocates(),
        "no allocation could be made to fail: {tally:?}"
    );
    Ok(tally)
}

/// Does it with the allocation number `nth` failing; what it came to, and the rest of the count.
fn run(
    operation: &mut impl Operation,
    faults: &impl Faults,
    nth: u32,
) -> Result<(Result<(), Errno>, u32), Trouble> {
    operation.prepare()?;
    faults.fail(nth)?;
    let result = operation.run();
    let left = faults.end()?;

    Ok((result, left))
}

/// Does it and undoes it.
fn succeed(operation: &mut impl Operation) -> Verdict {
    operation.prepare()?;
    operation
        .run()
        .map_err(|error| Trouble::fail(format!("without a fault: {error}")))?;
    operation.undo()
}

/// Whether the operation has failed. An error unless it did, or failed for want of memory with nothing
/// left behind and can be done then.
fn judge(
    operation: &mut impl Operation,
    result: Result<(), Errno>,
    injected: bool,
) -> Result<bool, Trouble> {
    match result {
        Ok(()) => {
            operation.undo()?;
            Ok(false)
        }
        Err(Errno::ENOMEM) if injected => {
            operation.check_nothing_left()?;
            succeed(operation)?;
            Ok(true)
        }
        Err(error) => Err(format!("{error}, and a fault was injected: {injected}").into()),
    }
}

/// Numbers of allocations to fail, of about `all`: without end, as there may be some more.
fn numbers(all: u32, count: u32, only_last: bool) -> impl Iterator<Item = u32> {
    let first = if only_last { 0 } else { count };
    let last = (all + 1).saturating_sub(count).max(first + 1);

    (1..=first).chain(last..)
}

#[cfg(test)]
mod tests {
    use super::{Operation, Tally, fail_each, numbers};
    use crate::injection::Faults;
    use nix::errno::Errno;
    use selftests::{
        ensure,
        ktap::{Trouble, Verdict},
    };
    use std::cell::Cell;

    fn first(all: u32, count: u32, only_last: bool) -> Vec<u32> {
        numbers(all, count, only_last)
            .take_while(|&nth| nth <= all + 1)
            .collect()
    }

    #[test]
    fn the_first_and_the_last() {
        assert_eq!(first(10, 2, false), [1, 2, 9, 10, 11]);
        assert_eq!(first(10, 2, true), [9, 10, 11]);
        assert_eq!(first(4, 3, false), [1, 2, 3, 4, 5]);
        assert_eq!(first(0, 3, false), [1]);
        assert_eq!(first(2, 3, true), [1, 2, 3]);
    }

    /// Counts down as the kernel does.
    #[derive(Default)]
    struct CountDown(Cell<u32>);

    impl Faults for CountDown {
        fn fail(&self, nth: u32) -> Verdict {
            self.0.set(nth);
            Ok(())
        }

        fn end(&self) -> Result<u32, Trouble> {
            Ok(self.0.take())
        }

        fn check_log(&self) -> Verdict {
            Ok(())
        }
    }

    impl CountDown {
        /// An allocation.
        fn allocate(&self) -> Result<(), Errno> {
            let left = self.0.get();
            self.0.set(left.saturating_sub(1));
            match left {
                1 => Err(Errno::ENOMEM),
                _ => Ok(()),
            }
        }
    }

    /// Makes some allocations. It does without the first, and may forget to undo what came before the
    /// third.
    struct Made<'a> {
        faults: &'a CountDown,
        allocations: u32,
        forgets: bool,
        left: bool,
    }

    impl Operation for Made<'_> {
        fn name(&self) -> String {
            "made".into()
        }

        fn run(&mut self) -> Result<(), Errno> {
            for nth in 1..=self.allocations {
                match self.faults.allocate() {
                    Err(error) if nth != 1 => {
                        self.left = self.forgets && nth == 3;
                        return Err(error);
                    }
                    _ => {}
                }
            }
            Ok(())
        }

        fn undo(&mut self) -> Verdict {
            self.check_nothing_left()
        }

        fn check_nothing_left(&mut self) -> Verdict {
            ensure!(!self.left, "something is left");
            Ok(())
        }
    }

    fn outcome(allocations: u32, forgets: bool, count: u32) -> Result<Tally, Trouble> {
        let faults = CountDown::default();
        let mut made = Made {
            faults: &faults,
            allocations,
            forgets,
            left: false,
        };
        fail_each(&mut made, &faults, count)
    }

    #[test]
    fn every_allocation_fails_once() {
        let tally = outcome(5, false, 200).unwrap();
        assert_eq!((tally.allocations, tally.injected, tally.failed), (5, 5, 4));
        let tally = outcome(500, false, 3).unwrap();
        assert_eq!(
            (tally.allocations, tally.injected, tally.failed),
            (500, 6, 5)
        );
    }

    #[test]
    fn what_is_left_behind_is_found_and_named() {
        let Err(Trouble::Fail(cause)) = outcome(5, true, 200) else {
            panic!("not found");
        };
        assert_eq!(cause, "allocation 3 of about 5: something is left");
    }

    #[test]
    fn no_fault_is_no_success() {
        assert!(outcome(0, false, 200).is_err());
    }
}
