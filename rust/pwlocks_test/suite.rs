// SPDX-License-Identifier: GPL-2.0

//! The tests there are, and their files in debugfs.

use crate::{
    assertion,
    count,
    debugfs::{
        Dir,
        SubDir, //
    },
    exclusion,
    flip,
    flip_interrupt,
    flip_load,
    flip_token,
    hardirq,
    kcsan,
    lockdep,
    migration,
    nesting,
    nmi,
    notifier,
    offline,
    order,
    paths,
    rounds,
    sizes,
    timer,
    trylock,
    verdict::{
        Trouble,
        Verdict, //
    },
    waiting,
    work, //
};
use kernel::{
    fmt, new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

type Run = fn() -> Verdict;

/// By subject, which is a directory, in the order that a failure is best understood in.
const TESTS: &[(&CStr, &[(&CStr, Run)])] = &[
    (
        c"lock",
        &[
            (c"context", paths::context),
            (c"release_order", order::release_order),
            (c"migration", migration::migration),
            (c"exclusion", exclusion::plain),
            (c"exclusion_irqsave", exclusion::irqsave),
            (c"exclusion_trylock", exclusion::trylock),
            (c"timer_interrupt", timer::timer_interrupt),
            (c"trylock_held", trylock::held),
            (c"trylock_hardirq", hardirq::trylock),
            (c"trylock_nmi", nmi::trylock),
            (c"trylock_nmi_irqsave", nmi::trylock_irqsave),
            (c"trylock_nmi_storm", nmi::trylock_storm),
            (c"trylock_remote_holder", trylock::remote_holder),
            (c"assert_held_remote", assertion::remote),
        ],
    ),
    (
        c"flip",
        &[
            (c"local", flip::local),
            (c"local_try", flip::local_try),
            (c"owner", flip::owner),
            (c"token", flip_token::token),
            (c"interrupt", flip_interrupt::hardirq),
            (c"nmi", flip_interrupt::nmi),
            (c"under_load", flip_load::plain),
            (c"under_load_irqsave", flip_load::irqsave),
            (c"under_load_trylock", flip_load::trylock),
        ],
    ),
    (
        c"work",
        &[
            (c"where_it_runs", work::where_it_runs),
            (c"flush_waits", work::flush_waits),
            (c"requeue", work::requeue),
            (c"all_cpus", work::all_cpus),
            (c"offline", offline::offline),
            (c"offline_while_queued", offline::while_queued),
            (c"dead", offline::dead),
            (c"waited", waiting::waited),
        ],
    ),
    (
        c"nesting",
        &[
            (c"lock_local", nesting::lock_local),
            (c"lock_local_irqsave", nesting::lock_local_irqsave),
            (c"mixed", nesting::mixed),
        ],
    ),
    (
        c"lockdep",
        &[
            (c"classes", lockdep::classes),
            (c"in_spinlock", lockdep::in_spinlock),
            (c"in_raw_spinlock", lockdep::in_raw_spinlock),
            (c"nested", lockdep::nested),
        ],
    ),
    (c"kcsan", &[(c"unprotected", kcsan::unprotected)]),
    (
        c"notifier",
        &[
            (c"steps", notifier::steps),
            (c"refusal", notifier::refusal),
            (c"comes_and_goes", notifier::comes_and_goes),
            (c"work", notifier::work),
        ],
    ),
];

/// What debugfs needs to run one test.
#[pin_data]
struct Test {
    name: &'static CStr,
    run: Run,
    one_at_a_time: Arc<Mutex<()>>,
    #[pin]
    last: Mutex<Option<Verdict>>,
}

impl Test {
    fn new(
        name: &'static CStr,
        run: Run,
        one_at_a_time: Arc<Mutex<()>>,
    ) -> Result<Pin<KBox<Self>>> {
        let test = try_pin_init!(Self {
            name,
            run,
            one_at_a_time,
            last <- new_mutex!(None),
        });

        KBox::pin_init(test, GFP_KERNEL)
    }

    fn run(&self) {
        let _one_at_a_time = self.one_at_a_time.lock();
        let verdict = (self.run)();

        *self.last.lock() = Some(verdict);
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.last.lock() {
            None => f.write_str("not run\n"),
            Some(Ok(())) => f.write_str("ok\n"),
            Some(Err(trouble @ Trouble::Skip(_))) => f.write_fmt(fmt!("SKIP {trouble}\n")),
            Some(Err(trouble)) => f.write_fmt(fmt!("FAIL {trouble}\n")),
        }
    }
}

/// A directory in `pwlocks_test`.
type Subject<T> = SubDir<Pin<KBox<T>>, ()>;

/// The directory `pwlocks_test`.
pub(crate) struct Suite {
    _tests: KVec<Subject<Test>>,
    _cost: Subject<count::Counting>,
    _loops: [SubDir<rounds::Rounds, ()>; 2],
}

impl Suite {
    /// Makes the files. May sleep.
    pub(crate) fn new() -> Result<Self> {
        let one_at_a_time = Arc::pin_init(new_mutex!(()), GFP_KERNEL)?;
        let dir = Dir::new(c"pwlocks_test", (), &[(c"sizes", |(), f| sizes::show(f))])?;
        let dir = Arc::new(dir, GFP_KERNEL)?;
        let mut subjects = KVec::new();

        for &(subject, tests) in TESTS {
            let mut made = KVec::with_capacity(tests.len(), GFP_KERNEL)?;

            for &(name, run) in tests {
                made.push(Test::new(name, run, one_at_a_time.clone())?, GFP_KERNEL)?;
            }
            let folder = SubDir::new(
                dir.clone(),
                subject,
                made,
                |test| test.name,
                |test, f| test.show(f),
                |test| {
                    test.run();
                    Ok(())
                },
            )?;
            subjects.push(folder, GFP_KERNEL)?;
        }

        let loops = |name, number| {
            SubDir::new(
                dir.clone(),
                name,
                rounds::Rounds::all(number, &one_at_a_time)?,
                |rounds| rounds.name(),
                |rounds, f| rounds.show(f),
                |rounds| rounds.run(),
            )
        };
        let loops = [
            loops(c"loop_short", count::SHORT)?,
            loops(c"loop_long", count::LONG)?,
        ];

        let mut counting = KVec::with_capacity(1, GFP_KERNEL)?;
        counting.push(
            KBox::pin_init(count::Counting::new(one_at_a_time), GFP_KERNEL)?,
            GFP_KERNEL,
        )?;
        let cost = SubDir::new(
            dir,
            c"cost",
            counting,
            |_| c"count",
            |counting, f| counting.show(f),
            |counting| counting.run(),
        )?;

        Ok(Self {
            _tests: subjects,
            _cost: cost,
            _loops: loops,
        })
    }
}
