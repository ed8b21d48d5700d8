// SPDX-License-Identifier: GPL-2.0

//! Rotation from a timer interrupt, as the end of writeback has it.
//!
//! On PREEMPT_RT the timer expires in its softirq, a task, where the sleeping locks may be taken.

use crate::{
    demo::Demo,
    held::Held,
    mm::{
        drain::Drain,
        lru::folio_rotate_reclaimable, //
    }, //
};
use kernel::{
    bindings::completion,
    error::to_result,
    impl_has_hr_timer,
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc,
        ArcBorrow, //
    },
    time::{
        hrtimer::{
            HrTimer,
            HrTimerCallback,
            HrTimerCallbackContext,
            HrTimerPointer,
            HrTimerRestart,
            RelativePinnedMode, //
        },
        Delta,
        Monotonic, //
    },
    types::Opaque,
};

/// Folios that one interrupt rotates. More than a batch, so that one fills up in it.
const PER_INTERRUPT: usize = 64;

/// From one interrupt to the next.
const INTERVAL: Delta = Delta::from_micros(50);

/// Folios that a timer rotates.
#[pin_data]
struct Rotation {
    #[pin]
    timer: HrTimer<Self>,
    #[pin]
    done: Opaque<completion>,
    drain: Arc<Drain<Demo>>,
    folios: Held,
    next: Atomic<usize>,
    applied: Atomic<u32>,
}

// SAFETY: A completion is used from any context.
unsafe impl Send for Rotation {}

// SAFETY: As above; the rest is `Sync`.
unsafe impl Sync for Rotation {}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Rotation {
        mode: RelativePinnedMode<Monotonic>, field: self.timer
    }
}

impl HrTimerCallback for Rotation {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let first = this.next.load(Relaxed);

        for i in first..first + PER_INTERRUPT {
            let Some(folio) = this.folios.get(i) else {
                // SAFETY: It is initialised.
                unsafe { kernel::bindings::complete_all(this.done.get()) };
                return HrTimerRestart::NoRestart;
            };

            if folio_rotate_reclaimable(this.drain.mm(), folio) {
                this.applied.fetch_add(1, Relaxed);
            }
        }
        this.next.store(first + PER_INTERRUPT, Relaxed);
        ctx.forward_now(INTERVAL);
        HrTimerRestart::Restart
    }
}

/// Has a timer of this CPU rotate `folios`, waits, and returns to how many it applied. Task
/// context, may sleep. `EINTR` if the task is killed meanwhile, `ENOMEM` if there is no memory.
pub(crate) fn rotate(drain: &Arc<Drain<Demo>>, folios: Held) -> Result<u32> {
    let rotation = Arc::pin_init(
        pin_init!(Rotation {
            timer <- HrTimer::new(),
            done <- Opaque::ffi_init(|done| {
                // SAFETY: `done` is valid for writes and does not move.
                unsafe { kernel::bindings::init_completion(done) }
            }),
            drain: drain.clone(),
            folios,
            next: Atomic::new(0),
            applied: Atomic::new(0),
        }),
        GFP_KERNEL,
    )?;
    // Dropping it cancels the timer and waits for the callback.
    let _handle = rotation.clone().start(INTERVAL);

    // SAFETY: It is initialised, and we are in task context.
    let done = unsafe { kernel::bindings::wait_for_completion_killable(rotation.done.get()) };

    to_result(done).map_err(|_| EINTR)?;
    Ok(rotation.applied.load(Relaxed))
}
