// SPDX-License-Identifier: GPL-2.0

//! A timer interrupt and the task it interrupts, at the same data.

use crate::{
    context,
    datum::Datum,
    kthread::{
        self,
        Place, //
    },
    migration, remote,
    turn::{
        self,
        Turn, //
    },
    verdict::{
        ensure,
        Verdict, //
    },
};
use kernel::{
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
};
use pwlocks::{
    cpu::Cpu,
    lock::PwLock,
    new_pw_lock, //
};

const DURATION: Delta = Delta::from_secs(1);
const PERIOD: Delta = Delta::from_micros(300);

struct Shared {
    lock: PwLock<Datum>,
    by_task: Atomic<u64>,
    by_owner: Atomic<u64>,
    by_timer: Atomic<u64>,
    intruders: Atomic<u64>,
    strangers: Atomic<u64>,
    /// Ticks that were not in the context that the flavour's timers run in.
    misplaced: Atomic<u64>,
}

impl Shared {
    fn visit(&self, visits: &Atomic<u64>) {
        let guard = self.lock.lock_local_irqsave();

        self.check(&guard, guard.cpu() == Cpu::current());
        visits.fetch_add(1, Relaxed);
    }

    fn check(&self, datum: &Datum, at_home: bool) {
        if !datum.visit() {
            self.intruders.fetch_add(1, Relaxed);
        }
        if !at_home {
            self.strangers.fetch_add(1, Relaxed);
        }
    }
}

/// A timer of one CPU: in hard interrupts, on PREEMPT_RT in the softirq thread.
#[pin_data]
struct Ticker {
    shared: Arc<Shared>,
    #[pin]
    timer: HrTimer<Self>,
}

impl Ticker {
    fn new(shared: Arc<Shared>) -> impl PinInit<Self> {
        pin_init!(Self {
            shared,
            timer <- HrTimer::new(),
        })
    }
}

impl HrTimerCallback for Ticker {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        if context::in_hardirq() == context::is_preempt_rt() {
            this.shared.misplaced.fetch_add(1, Relaxed);
        }
        this.shared.visit(&this.shared.by_timer);
        ctx.forward_now(PERIOD);
        HrTimerRestart::Restart
    }
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Ticker {
        mode: RelativePinnedMode<Monotonic>, field: self.timer
    }
}

/// Per CPU a timer, a task, and work that a requester asks for.
pub(crate) fn timer_interrupt() -> Verdict {
    migration::is_sound()?;

    let cpus = kthread::online()?;
    let mut places = KVec::new();
    for &cpu in &cpus {
        places.push(Place::On(cpu), GFP_KERNEL)?;
    }

    let shared = Arc::new(
        Shared {
            lock: new_pw_lock!(|_| Datum::new())?,
            by_task: Atomic::new(0),
            by_owner: Atomic::new(0),
            by_timer: Atomic::new(0),
            intruders: Atomic::new(0),
            strangers: Atomic::new(0),
            misplaced: Atomic::new(0),
        },
        GFP_KERNEL,
    )?;
    let work = {
        let shared = shared.clone();

        remote::work(move |owner| {
            if let Some(guard) = shared.lock.lock_irqsave(owner) {
                shared.check(&guard, guard.cpu() == owner.cpu());
                shared.by_owner.fetch_add(1, Relaxed);
            }
        })?
    };
    let stop = Turn::new();

    kthread::scope(
        &places,
        |_| {
            // Without memory there is no tick on this CPU, which is noticed if it is all of them.
            let timer = Arc::pin_init(Ticker::new(shared.clone()), GFP_KERNEL);
            let _ticking = timer.map(|timer| timer.start(PERIOD));

            while !stop.is_reached(1) {
                shared.visit(&shared.by_task);
            }
        },
        |_| {
            let start = kernel::time::Instant::<Monotonic>::now();

            while start.elapsed() < DURATION {
                for &cpu in &cpus {
                    work.queue_on(cpu);
                }
                for &cpu in &cpus {
                    work.flush_on(cpu);
                }
                turn::pause();
            }
            stop.reach(1);
        },
    )?;
    drop(work);

    let load = |counter: &Atomic<u64>| counter.load(Relaxed);
    let visits = [&shared.by_task, &shared.by_owner, &shared.by_timer].map(load);
    let sum: u64 = visits.iter().sum();
    let (intruders, strangers) = (load(&shared.intruders), load(&shared.strangers));
    let misplaced = load(&shared.misplaced);
    let counted: u64 = pwlocks::cpu::possible()
        .map(|cpu| {
            // SAFETY: The counter is atomic.
            unsafe { shared.lock.peek(cpu, crate::way::count_of) }
        })
        .sum();

    ensure!(
        !visits.contains(&0),
        "visits by task, owner, timer: {visits:?}"
    );
    ensure!(
        counted == sum && intruders == 0 && strangers == 0,
        "of {visits:?} visits {counted} are counted, {intruders} not alone, {strangers} at the \
         wrong CPU's"
    );
    ensure!(
        misplaced == 0,
        "{misplaced} ticks came in an unexpected context"
    );
    Ok(())
}
