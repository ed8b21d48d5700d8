// SPDX-License-Identifier: GPL-2.0

//! No folio may be lost: the equations that hold when nothing runs.

use super::{
    Device, Drain, Operation, folio,
    uapi::{self, Query, Stats},
};
use crate::{doing::Doing as _, ensure, ktap::Verdict};

/// Checks the module's counts at a moment when nothing runs.
pub fn check_stats(stats: &Stats) -> Verdict {
    let found = stats.listed + stats.batched + stats.isolated + stats.freed;

    ensure!(
        stats.allocated == found,
        "allocated {} != listed {} + batched {} + isolated {} + freed {} = {found}",
        stats.allocated,
        stats.listed,
        stats.batched,
        stats.isolated,
        stats.freed
    );
    ensure!(
        stats.in_hand == 0,
        "{} batch slots are in a drain's hand, and no drain is under way",
        stats.in_hand
    );
    ensure!(
        stats.overlaps == 0,
        "two contexts were in one batch at once, {} times",
        stats.overlaps
    );
    Ok(())
}

/// Checks one folio at a moment when nothing touches it.
pub fn check_folio(folio: &Query) -> Verdict {
    let on_its_way = folio::is_batched(folio, uapi::BATCH_LRU_ADD)
        || folio::is_batched(folio, uapi::BATCH_MLOCK);
    let trouble = if folio::is_added(folio) && !folio::is_listed(folio) && !on_its_way {
        "was added, and is neither on a list nor on its way in a batch"
    } else if !folio::is_added(folio) && folio::is_listed(folio) {
        "is on a list and was never added"
    } else if folio::is_listed(folio) && folio::is_batched(folio, uapi::BATCH_LRU_ADD) {
        "is on a list and in the batch that takes it there"
    } else if folio.order > 0 && folio.batches & !(1 << uapi::BATCH_BH) != 0 {
        "is large and in a batch"
    } else if folio.refs < 1 + folio.batches.count_ones() {
        "has fewer references than its handle and batches"
    } else {
        return Ok(());
    };
    Err(format!("a folio {trouble}: {}", folio::describe(folio)).into())
}

/// Checks that the module holds no folio once the batches are drained. Nobody may have a file open.
pub fn check_nothing_left() -> Verdict {
    let device = Device::open().doing("open")?;
    device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
    let stats = device.stats().doing("STATS")?;

    check_stats(&stats)?;
    ensure!(
        stats.allocated == stats.freed && stats.pages == 0 && stats.bh_slots == 0,
        "all files were closed and all batches drained: {stats:?}"
    );
    ensure!(
        stats.cache_disabled == 0,
        "{} CACHE_DISABLE of closed files are in force",
        stats.cache_disabled
    );
    // A folio more is seen, so that the zero above means something.
    let handles = device.alloc_pages(1).doing("ALLOC")?;
    let held = device.stats().doing("STATS")?.pages;
    ensure!(held == 1, "one folio is allocated and {held} pages counted");
    device.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}

/// The counts without what a refused ALLOC may leave: folios that came and went.
pub fn settled(mut stats: Stats) -> Stats {
    stats.allocated -= stats.freed;
    stats.freed = 0;
    stats
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stats() {
        let mut stats = Stats {
            allocated: 10,
            listed: 4,
            batched: 3,
            isolated: 2,
            freed: 1,
            ..Stats::default()
        };
        assert_eq!(check_stats(&stats), Ok(()));
        stats.overlaps = 1;
        assert!(check_stats(&stats).is_err());
        stats.overlaps = 0;
        stats.listed = 5;
        assert!(check_stats(&stats).is_err());
    }

    #[test]
    fn folio() {
        let mut folio = Query {
            flags: uapi::FOLIO_ADDED,
            list: uapi::LIST_NONE,
            batches: 1 << uapi::BATCH_LRU_ADD,
            refs: 2,
            ..Query::default()
        };
        assert_eq!(check_folio(&folio), Ok(()));
        folio.batches = 0;
        assert!(check_folio(&folio).is_err());
        folio.list = uapi::LIST_ACTIVE_ANON;
        assert_eq!(check_folio(&folio), Ok(()));
        folio.flags = 0;
        assert!(check_folio(&folio).is_err());
    }
}
