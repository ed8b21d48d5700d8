// SPDX-License-Identifier: GPL-2.0

//! The counts in one structure, for the ioctl and for debugfs.

use crate::{
    bindings::mm_swap_demo_stats as Stats,
    demo::Demo,
    mm::{
        batch::Kind,
        drain::Drain,
        storage::Batches,
        Mm, //
    },
};
use pwlocks::cpu;

/// Reads all counts. Each is a snapshot of its own.
pub(crate) fn read(drain: &Drain<Demo>) -> Stats {
    let demo = drain.mm();
    let counts = demo.counts();
    let drains = drain.counts();
    let mut slots = 0;
    let mut new = 0;
    let mut bh = 0;

    for cpu in cpu::possible() {
        slots += Kind::ALL
            .iter()
            .map(|&kind| demo.batches().peek_len(cpu, kind))
            .sum::<usize>();
        new += demo.own_batches().peek_new(cpu);
        bh += demo.bh().peek_len(cpu);
    }

    Stats {
        allocated: counts.allocated.get() as u64,
        listed: demo.nodes().lens().flatten().sum(),
        batched: new as u64,
        isolated: counts.isolated.get() as u64,
        freed: counts.freed.get() as u64,
        in_hand: counts.in_hand.get() as u64,
        slots: slots as u64,
        bh_slots: bh.into(),
        pages: counts.pages.get() as u64,
        drain_passes: drain.passes(),
        drain_requests: drain.requests(),
        drain_shared: drains.shared.get(),
        works: drains.works.get(),
        works_queued: drains.queued.get(),
        bh_queued: drains.bh_queued.get(),
        cache_disabled: demo.cache().count() as u64,
        dead_drains: drains.dead.get(),
        overlaps: counts.overlaps.get() as u64,
        files: counts.files.get() as u64,
        seq: counts.events(),
    }
}
