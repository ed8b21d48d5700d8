// SPDX-License-Identifier: GPL-2.0

//! Reading what a query says of a folio.

use super::uapi::{self, Query};

/// Whether the folio has been given to the LRU, arrived or not.
pub fn is_added(folio: &Query) -> bool {
    folio.flags & uapi::FOLIO_ADDED != 0
}

/// Whether it is on a list.
pub fn is_listed(folio: &Query) -> bool {
    folio.list != uapi::LIST_NONE
}

/// Whether a batch of this kind (`uapi::BATCH_*`) refers to it on some CPU.
pub fn is_batched(folio: &Query, batch: u32) -> bool {
    folio.batches & (1 << batch) != 0
}

/// The batch kinds (`uapi::BATCH_*`) of a mask, by name.
pub fn batch_names(mask: u32) -> String {
    const NAMES: [&str; uapi::BATCH_COUNT as usize] = [
        "lru_add",
        "lru_deactivate_file",
        "lru_deactivate",
        "lru_lazyfree",
        "lru_activate",
        "lru_move_tail",
        "mlock",
        "bh",
    ];
    let names: Vec<_> = (0..)
        .zip(NAMES)
        .filter(|&(bit, _)| mask & (1 << bit) != 0)
        .map(|(_, name)| name)
        .collect();

    if names.is_empty() {
        return "none".to_owned();
    }
    names.join("+")
}

/// One line for a person who has to find out what went wrong.
pub fn describe(folio: &Query) -> String {
    let list = match folio.list {
        uapi::LIST_INACTIVE_ANON => "inactive_anon",
        uapi::LIST_ACTIVE_ANON => "active_anon",
        uapi::LIST_INACTIVE_FILE => "inactive_file",
        uapi::LIST_ACTIVE_FILE => "active_file",
        uapi::LIST_UNEVICTABLE => "unevictable",
        uapi::LIST_NONE => "no list",
        _ => "a list that doesn't exist",
    };
    format!(
        "folio {:#x}: order {}, flags {:#x}, on {list}, batches {}, mlock_count {}, refs {}, \
         batched_seq {}, listed_seq {}",
        folio.handle,
        folio.order,
        folio.flags,
        batch_names(folio.batches),
        folio.mlock_count,
        folio.refs,
        folio.batched_seq,
        folio.listed_seq
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(batch_names(0), "none");
        assert_eq!(batch_names((1 << uapi::BATCH_BH) | 1), "lru_add+bh");
    }

    #[test]
    fn description() {
        let folio = Query {
            list: uapi::LIST_NONE,
            batches: 1,
            ..Query::default()
        };
        let text = describe(&folio);
        assert!(text.contains("on no list, batches lru_add,"), "{text}");
    }
}
