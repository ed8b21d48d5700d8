// SPDX-License-Identifier: GPL-2.0

//! The tests there are, and their files in debugfs.

use crate::{
    assertion,
    count,
    exclusion,
    flip,
    flip_load,
    hardirq,
    migration,
    offline,
    order,
    paths,
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
    debugfs::{
        Dir,
        File, //
    },
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
            (c"trylock_remote_holder", trylock::remote_holder),
            (c"assert_held_remote", assertion::remote),
            (c"flip_local", flip::local),
            (c"flip_local_try", flip::local_try),
            (c"flip_owner", flip::owner),
            (c"flip_under_load", flip_load::under_load),
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
];

/// What debugfs needs to run one test.
#[pin_data]
struct Test {
    run: Run,
    one_at_a_time: Arc<Mutex<()>>,
    #[pin]
    last: Mutex<Option<Verdict>>,
}

impl Test {
    fn new(run: Run, one_at_a_time: Arc<Mutex<()>>) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            run,
            one_at_a_time,
            last <- new_mutex!(None),
        })
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

/// The directory `pwlocks_test`.
pub(crate) struct Suite {
    // Files go before what they are in.
    _tests: KVec<Pin<KBox<File<Test>>>>,
    _count: Pin<KBox<File<count::Counting>>>,
    _sizes: Pin<KBox<File<()>>>,
    _subjects: KVec<Dir>,
    _dir: Dir,
}

impl Suite {
    /// Makes the files. May sleep.
    pub(crate) fn new() -> Result<Self> {
        let one_at_a_time = Arc::pin_init(new_mutex!(()), GFP_KERNEL)?;
        let dir = Dir::new(c"pwlocks_test");
        let mut subjects = KVec::new();
        let mut files = KVec::new();

        for &(subject, tests) in TESTS {
            let folder = dir.subdir(subject);

            for &(name, run) in tests {
                let file = folder.read_write_callback_file(
                    name,
                    Test::new(run, one_at_a_time.clone()),
                    &|test: &Test, f: &mut fmt::Formatter<'_>| test.show(f),
                    &|test: &Test, _| {
                        test.run();
                        Ok(())
                    },
                );
                files.push(KBox::pin_init(file, GFP_KERNEL)?, GFP_KERNEL)?;
            }
            subjects.push(folder, GFP_KERNEL)?;
        }

        let count = dir.read_write_callback_file(
            c"count",
            count::Counting::new(one_at_a_time),
            &|counting: &count::Counting, f: &mut fmt::Formatter<'_>| counting.show(f),
            &|counting: &count::Counting, _| counting.run(),
        );
        let count = KBox::pin_init(count, GFP_KERNEL)?;
        let sizes = dir.read_callback_file(c"sizes", (), &|(), f| sizes::show(f));
        let sizes = KBox::pin_init(sizes, GFP_KERNEL)?;

        Ok(Self {
            _tests: files,
            _count: count,
            _sizes: sizes,
            _subjects: subjects,
            _dir: dir,
        })
    }
}
