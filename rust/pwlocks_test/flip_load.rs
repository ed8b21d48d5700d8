// SPDX-License-Identifier: GPL-2.0

//! Mutual exclusion, of local users, workers and requesters on all CPUs, while the mode is switched
//! again and again.

use crate::{
    exclusion, flip, migration,
    switch::Switched,
    verdict::{
        ensure,
        Verdict, //
    },
    way::{
        Irqsave,
        Plain,
        Try,
        Way, //
    },
};
use kernel::time::Delta;

/// Switches there and back.
const ROUNDS: u32 = 12;

/// Time in each mode: the shortest, and how much longer it gets by round.
const STAY: Delta = Delta::from_millis(1);
const LONGER: Delta = Delta::from_millis(8);

/// `lock_local()` against `lock()`.
pub(crate) fn plain() -> Verdict {
    under_load::<Plain>(false)
}

/// `lock_local_irqsave()` against `lock_irqsave()`.
pub(crate) fn irqsave() -> Verdict {
    under_load::<Irqsave>(false)
}

/// `try_lock_local()` against `try_lock()`.
pub(crate) fn trylock() -> Verdict {
    under_load::<Try>(true)
}

fn under_load<W: Way>(may_refuse: bool) -> Verdict {
    flip::is_sound()?;

    let mode = Switched::to(false)?;

    exclusion::exclusion::<W>(may_refuse, |threads, roaming, cpus| {
        let mut moves = 0;

        for round in 0..ROUNDS {
            let stay = STAY + LONGER * i64::from(round);

            for remote in [true, false] {
                mode.again(remote)?;
                moves += migration::herd(threads, roaming.clone(), cpus, stay)?;
            }
        }
        ensure!(moves > 0, "no thread was moved");
        Ok(())
    })
}
