// SPDX-License-Identifier: GPL-2.0

//! Doing something so many times, and again for what chance has not brought about by then: how soon
//! that comes is up to the machine.

use crate::{ktap::Trouble, sign_of_life::SignOfLife};
use std::time::{Duration, Instant};

/// How long it goes on after that.
const PATIENCE: Duration = Duration::from_secs(120);

/// Calls `once`, with the number of each time from 1, `count` times (once at least), and then until it
/// returns that all that must happen meanwhile was seen. It also ends if that takes too long, so the
/// caller has to check it. How often it was called.
pub fn until_seen(
    count: u64,
    once: impl FnMut(u64) -> Result<bool, Trouble>,
) -> Result<u64, Trouble> {
    with_patience(PATIENCE, count, once)
}

fn with_patience(
    patience: Duration,
    count: u64,
    mut once: impl FnMut(u64) -> Result<bool, Trouble>,
) -> Result<u64, Trouble> {
    let start = Instant::now();
    let mut sign = SignOfLife::new();
    let mut end = None;

    for number in 1.. {
        let seen = once(number)?;

        if number >= count {
            let end = *end.get_or_insert_with(|| Instant::now() + patience);
            if seen || Instant::now() >= end {
                if number > 1 {
                    println!("# {number} times took {:.0?}", start.elapsed());
                }
                return Ok(number);
            }
        }
        sign.give(format_args!("{number} times of {count}"));
    }
    Err("more often than can be counted".into())
}

#[cfg(test)]
mod tests {
    use super::{until_seen, with_patience};
    use std::time::Duration;

    #[test]
    fn no_more_than_asked_for_where_all_was_seen() {
        assert_eq!(until_seen(3, |_| Ok(true)), Ok(3));
        assert_eq!(until_seen(3, |number| Ok(number == 3)), Ok(3));
    }

    #[test]
    fn more_for_what_was_not() {
        assert_eq!(until_seen(2, |number| Ok(number == 5)), Ok(5));
    }

    #[test]
    fn but_not_for_ever() {
        let ended = with_patience(Duration::from_millis(5), 2, |_| Ok(false));
        assert!(ended.unwrap() >= 2);
    }

    #[test]
    fn an_error_ends_it() {
        let fails = |number| match number {
            2 => Err("on purpose".into()),
            _ => Ok(true),
        };
        assert_eq!(until_seen(3, fails), Err("on purpose".into()));
        assert_eq!(until_seen(1, fails), Ok(1));
    }
}
