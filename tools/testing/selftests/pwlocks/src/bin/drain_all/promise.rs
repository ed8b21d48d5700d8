// SPDX-License-Identifier: GPL-2.0

//! The promise, checked against the recorded order of events.

use selftests::{
    demo::{
        describe,
        uapi::{Drain, Query},
    },
    ensure,
    ktap::Trouble,
};

/// What a drain did for a folio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    /// It was in a batch when the drain began, and on a list when that was done.
    Kept,
    /// It was on a list before, or came too late.
    NotConcerned,
}

/// Checks what `drain` promised for a folio that was given to the LRU once, by LRU_ADD or MLOCK_NEW,
/// and looked at after the drain.
pub(crate) fn check(drain: &Drain, folio: &Query) -> Result<Promise, Trouble> {
    let before = folio.batched_seq != 0 && folio.batched_seq <= drain.seq_begin;

    if !before {
        return Ok(Promise::NotConcerned);
    }
    ensure!(
        folio.listed_seq != 0 && folio.listed_seq <= drain.seq_end,
        "was in a batch before a drain began and on no list when it was done: {}, {drain:?}",
        describe(folio)
    );
    if folio.listed_seq > drain.seq_begin {
        return Ok(Promise::Kept);
    }
    Ok(Promise::NotConcerned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(batched_seq: u64, listed_seq: u64) -> Result<Promise, Trouble> {
        let drain = Drain {
            seq_begin: 10,
            seq_end: 20,
            ..Drain::default()
        };
        let folio = Query {
            batched_seq,
            listed_seq,
            ..Query::default()
        };
        check(&drain, &folio)
    }

    #[test]
    fn before() {
        assert_eq!(verdict(5, 15), Ok(Promise::Kept));
        assert_eq!(verdict(5, 7), Ok(Promise::NotConcerned));
        assert!(verdict(5, 0).is_err());
        assert!(verdict(5, 21).is_err());
    }

    #[test]
    fn too_late() {
        assert_eq!(verdict(11, 0), Ok(Promise::NotConcerned));
        assert_eq!(verdict(15, 30), Ok(Promise::NotConcerned));
        assert_eq!(verdict(0, 0), Ok(Promise::NotConcerned));
    }
}
