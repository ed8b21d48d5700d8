// SPDX-License-Identifier: GPL-2.0

//! A bound on what may never return because a real-time loop keeps it off a CPU.

use crate::ktap::Trouble;
use std::{
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

/// For all requests of a kind. Where the work is left to the loop's CPU each waits up to a second:
/// that long the scheduler lets a real-time loop keep everybody else off a CPU.
const BOUND: Duration = Duration::from_secs(60);

/// Calls `make` with the time by which it should be done; fails if it is not.
pub(crate) fn bounded<T: Send>(
    what: &str,
    stop_loop: impl FnOnce(),
    make: impl FnOnce(Instant) -> Result<T, Trouble> + Send,
) -> Result<T, Trouble> {
    let until = Instant::now() + BOUND;

    within(BOUND, stop_loop, || make(until))?
        .ok_or_else(|| Trouble::fail(format!("{what} took more than {BOUND:?}")))
}

/// Calls `make` in a thread that inherits this one's CPU, so that a call that never returns can be told
/// apart: `None` if it takes longer than `bound`. After that time `stop_loop` lets it go on: it waits
/// for the loop's CPU, and this program for it.
pub fn within<T: Send>(
    bound: Duration,
    stop_loop: impl FnOnce(),
    make: impl FnOnce() -> Result<T, Trouble> + Send,
) -> Result<Option<T>, Trouble> {
    let (sender, receiver) = mpsc::channel();

    thread::scope(|scope| {
        scope.spawn(move || {
            // Nobody listens once the time is up.
            let _ = sender.send(make());
        });
        match receiver.recv_timeout(bound) {
            Ok(result) => result.map(Some),
            Err(RecvTimeoutError::Disconnected) => {
                Err("the thread that was to make a request panicked".into())
            }
            Err(RecvTimeoutError::Timeout) => {
                stop_loop();
                Ok(None)
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::within;
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        thread,
        time::Duration,
    };

    #[test]
    fn what_returns_in_time_is_not_stopped() {
        let result = within(Duration::from_secs(60), || panic!("stopped"), || Ok(7));
        assert_eq!(result, Ok(Some(7)));
    }

    #[test]
    fn what_does_not_is_stopped_and_waited_for() {
        let stop = AtomicBool::new(false);
        let result = within(
            Duration::from_millis(5),
            || stop.store(true, Ordering::Relaxed),
            || {
                while !stop.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(1));
                }
                Ok(())
            },
        );
        assert_eq!(result, Ok(None));
    }

    #[test]
    fn an_error_comes_through() {
        let failed = within(Duration::from_secs(60), || (), || Err::<(), _>("no".into()));
        assert_eq!(failed, Err("no".into()));
    }
}
