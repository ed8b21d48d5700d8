// SPDX-License-Identifier: GPL-2.0

//! Things that are done several at a time.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::thread;

use crate::failure::{Failure, Result};
use crate::interrupt::Interrupt;

/// Does `work` for each of `items`, begun in their order, `at_once` at a time; what came of them, as they
/// ended.
///
/// After a failure no more are begun, and those that are being done are interrupted. The failure is the first
/// one: the others' cause.
pub fn run<T: Send, U: Send>(
    items: impl Into<VecDeque<T>>,
    at_once: usize,
    interrupt: &Interrupt,
    work: impl Fn(T) -> Result<U> + Sync,
) -> Result<Vec<U>> {
    let queue = Mutex::new(items.into());
    let done: Mutex<Vec<U>> = Mutex::new(Vec::new());
    let failed: Mutex<Option<Failure>> = Mutex::new(None);
    let one_after_the_other = || {
        loop {
            // The others are not to wait for this one: what is locked must be free again here.
            let item = locked(&queue).pop_front();
            let Some(item) = item else {
                return;
            };
            match work(item) {
                Ok(result) => locked(&done).push(result),
                Err(failure) => {
                    locked(&failed).get_or_insert(failure);
                    locked(&queue).clear();
                    interrupt.raise();
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(one_after_the_other);
        }
    });
    match into_inner(failed) {
        Some(failure) => Err(failure),
        None => Ok(into_inner(done)),
    }
}

/// A panicking thread ends the run, so what it left in a mutex is never used.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use super::run;
    use crate::failure::Failure;
    use crate::interrupt::Interrupt;

    #[test]
    fn so_many_are_done_at_once() {
        for at_once in [1, 2, 3] {
            let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let patience = Instant::now();
            let done = run([0; 6], at_once, &Interrupt::default(), |_| {
                let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                // For those that may come to come.
                while most.load(Ordering::SeqCst) < at_once
                    && patience.elapsed() < Duration::from_secs(10)
                {
                    thread::yield_now();
                }
                inside.fetch_sub(1, Ordering::SeqCst);
                Ok(())
            });
            assert_eq!(done.unwrap().len(), 6);
            assert_eq!(most.into_inner(), at_once);
        }
    }

    #[test]
    fn each_is_done_once_in_their_order() {
        let done = run([3, 1, 2], 1, &Interrupt::default(), |item| Ok(item * 10));
        assert_eq!(done.unwrap(), [30, 10, 20]);
    }

    #[test]
    fn after_a_failure_nothing_is_begun() {
        let begun = AtomicUsize::new(0);
        let interrupt = Interrupt::default();
        let failure = run([1, 2, 3, 4], 1, &interrupt, |item| {
            begun.fetch_add(1, Ordering::SeqCst);
            match item {
                2 => Err(Failure::step("second", "it broke")),
                _ => Ok(()),
            }
        });
        assert_eq!(failure.unwrap_err().cause, "it broke");
        assert_eq!(begun.into_inner(), 2);
        assert!(interrupt.raised());
    }
}
