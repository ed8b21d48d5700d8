// SPDX-License-Identifier: GPL-2.0

//! The kernel's own drain of all CPUs.

use selftests::{
    cpulist, ensure,
    ktap::{Trouble, Verdict},
    live::{KERNEL_WORK, Trigger},
    memory::{Memory, PAGE},
    page_flags::Pages,
    pin::Pinned,
    trace::Trace,
};

/// Fewer than a batch takes, so that they wait there.
const PAGES: usize = 8;

/// Each time the CPU may empty its batch by itself, and then there is nothing to see.
const TRIES: u32 = 20;

/// Checks that a drain by the first CPU leaves nothing in a batch of the last, by the work that the
/// stock kernel queues there. By move_pages(), which nothing here takes lru_add_drain_all() for.
pub(crate) fn works() -> Verdict {
    let cpus = cpulist::read("online")?;
    let (&[here, ..], &[.., _, there]) = (&*cpus, &*cpus) else {
        return Err(Trouble::skip("there is one CPU only"));
    };
    let pages = Pages::open()?;
    let trace = Trace::begin("pwlocks_refusal", &["workqueue/workqueue_execute_start"])?;

    for _ in 0..TRIES {
        let memory = Memory::anonymous(PAGES)?;
        let look = || pages.at(memory.address(), PAGES, PAGE);
        let before = {
            let _there = Pinned::to(there)?;
            memory.touch();
            look()?
        };
        let waited = before.iter().any(|page| !page.flags.lru());

        let _here = Pinned::to(here)?;
        Trigger::MovePages.pull(&memory, None)?;
        let after = look()?;
        ensure!(
            after.iter().all(|page| page.flags.lru()),
            "pages are on no list after a drain: {after:?}"
        );
        let works = trace.events_on(there)?;
        if waited && works.iter().any(|event| event.contains(KERNEL_WORK)) {
            return Ok(());
        }
    }
    Err(format!("in {TRIES} drains the kernel has queued no work on CPU {there}").into())
}
