// SPDX-License-Identifier: GPL-2.0

//! What KCSAN makes of data that nothing protects.
//!
//! That it says nothing of what a lock protects is shown by all tests with a
//! [`Datum`](crate::datum::Datum).

use crate::{
    kthread::{
        self,
        Place, //
    },
    touched::Touched,
    verdict::{
        Trouble,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    time::{
        Delta,
        Instant,
        Monotonic, //
    },
};

/// Shorter than the time in which KCSAN does not report the same again (`KCSAN_REPORT_ONCE_IN_MS`).
const DURATION: Delta = Delta::from_millis(800);

/// KCSAN looks at one access of some thousand, so there are many for each look at the clock.
const TOUCHES: u32 = 1000;

/// All CPUs touch the same data at once, which KCSAN must report.
pub(crate) fn unprotected() -> Verdict {
    if !cfg!(CONFIG_KCSAN) {
        return Err(Trouble::Skip("this kernel has no CONFIG_KCSAN"));
    }
    let mut places = KVec::new();

    for cpu in kthread::online()? {
        places.push(Place::On(cpu), GFP_KERNEL)?;
    }
    let touched = Touched::new();
    let start = Instant::<Monotonic>::now();

    kthread::run(&places, |_| {
        while start.elapsed() < DURATION {
            for _ in 0..TOUCHES {
                touched.touch();
            }
        }
    })?;
    Ok(())
}
