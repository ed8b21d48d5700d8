// SPDX-License-Identifier: GPL-2.0

//! A mirror of include/uapi/linux/mm_swap_demo.h, which says what everything means.
//!
//! A constant is called as in C less the prefix `MM_SWAP_DEMO_`. The test in `header_test.rs` gives
//! the C compiler every value, size and offset of this file, and looks for names that are only
//! in the header.

#![allow(missing_docs, reason = "the C header is the documentation")]

use nix::{request_code_none, request_code_read, request_code_readwrite, request_code_write};
use std::mem::size_of;

macro_rules! constants {
    ($($name:ident: $type:ty = $value:expr;)*) => {
        $(pub const $name: $type = $value;)*

        #[cfg(test)]
        pub(super) const CONSTANTS: &[(&str, i128)] =
            &[$((stringify!($name), $name as i128)),*];
    };
}

/// The size of a structure, and name, offset and size of its fields.
#[cfg(test)]
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) name: &'static str,
    pub(super) size: usize,
    pub(super) fields: Vec<(&'static str, usize, usize)>,
}

macro_rules! structs {
    ($($name:ident is $c_name:literal { $($field:ident: $type:ty,)* })*) => {
        $(
            #[repr(C)]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            pub struct $name {
                $(pub $field: $type,)*
            }
        )*

        #[cfg(test)]
        pub(super) fn layouts() -> Vec<Layout> {
            vec![$(Layout {
                name: $c_name,
                size: size_of::<$name>(),
                fields: vec![$((
                    stringify!($field),
                    std::mem::offset_of!($name, $field),
                    size_of::<$type>(),
                )),*],
            }),*]
        }
    };
}

structs! {
    Alloc is "mm_swap_demo_alloc" {
        count: u32,
        order: u32,
        node: i32,
        flags: u32,
        handles: u64,
        reserved: u64,
    }

    Op is "mm_swap_demo_op" {
        op: u32,
        count: u32,
        handles: u64,
        done: u32,
        cpu: u32,
        reserved: u64,
        seq: u64,
    }

    Drain is "mm_swap_demo_drain" {
        cpu: u32,
        reserved: u32,
        shared: u32,
        works: u32,
        queued: u32,
        bh_queued: u32,
        seq_begin: u64,
        seq_end: u64,
    }

    Query is "mm_swap_demo_query" {
        handle: u64,
        flags: u32,
        order: u32,
        node: i32,
        list: u32,
        mlock_count: u32,
        batches: u32,
        refs: u32,
        reserved: u32,
        batched_seq: u64,
        listed_seq: u64,
    }

    Stats is "mm_swap_demo_stats" {
        allocated: u64,
        listed: u64,
        batched: u64,
        isolated: u64,
        freed: u64,
        in_hand: u64,
        slots: u64,
        bh_slots: u64,
        pages: u64,
        drain_passes: u64,
        drain_requests: u64,
        drain_shared: u64,
        works: u64,
        works_queued: u64,
        bh_queued: u64,
        cache_disabled: u64,
        dead_drains: u64,
        overlaps: u64,
        files: u64,
        seq: u64,
    }
}

constants! {
    ORDER_MAX: u32 = 4;
    COUNT_MAX: u32 = 65536;
    BATCH_SIZE: u32 = 31;
    DISABLE_MAX: u32 = 1024;
    NODE_ANY: i32 = -1;

    FOLIO_FILE: u32 = 1 << 0;
    FOLIO_DIRTY: u32 = 1 << 1;
    FOLIO_WRITEBACK: u32 = 1 << 2;
    FOLIO_MAPPED: u32 = 1 << 3;
    FOLIO_PINNED: u32 = 1 << 4;
    FOLIO_ALLOC_FLAGS: u32 = 0x1f;
    FOLIO_LRU: u32 = 1 << 8;
    FOLIO_ACTIVE: u32 = 1 << 9;
    FOLIO_UNEVICTABLE: u32 = 1 << 10;
    FOLIO_MLOCKED: u32 = 1 << 11;
    FOLIO_REFERENCED: u32 = 1 << 12;
    FOLIO_RECLAIM: u32 = 1 << 13;
    FOLIO_SWAPBACKED: u32 = 1 << 14;
    FOLIO_ADDED: u32 = 1 << 15;

    OP_LRU_ADD: u32 = 1;
    OP_DEACTIVATE_FILE: u32 = 2;
    OP_DEACTIVATE: u32 = 3;
    OP_LAZYFREE: u32 = 4;
    OP_ACTIVATE: u32 = 5;
    OP_MOVE_TAIL: u32 = 6;
    OP_MOVE_TAIL_TIMER: u32 = 7;
    OP_MLOCK: u32 = 8;
    OP_MLOCK_NEW: u32 = 9;
    OP_MUNLOCK: u32 = 10;
    OP_BH_ADD: u32 = 11;
    OP_FREE: u32 = 12;
    OP_ACCESS: u32 = 13;
    OP_MAX: u32 = 13;

    LIST_INACTIVE_ANON: u32 = 0;
    LIST_ACTIVE_ANON: u32 = 1;
    LIST_INACTIVE_FILE: u32 = 2;
    LIST_ACTIVE_FILE: u32 = 3;
    LIST_UNEVICTABLE: u32 = 4;
    LIST_COUNT: u32 = 5;
    LIST_NONE: u32 = 0xffff_ffff;

    BATCH_LRU_ADD: u32 = 0;
    BATCH_LRU_DEACTIVATE_FILE: u32 = 1;
    BATCH_LRU_DEACTIVATE: u32 = 2;
    BATCH_LRU_LAZYFREE: u32 = 3;
    BATCH_LRU_ACTIVATE: u32 = 4;
    BATCH_LRU_MOVE_TAIL: u32 = 5;
    BATCH_MLOCK: u32 = 6;
    BATCH_BH: u32 = 7;
    BATCH_COUNT: u32 = 8;

    IOC_MAGIC: u8 = b'p';
    ALLOC: u64 = request_code_write!(IOC_MAGIC, 0xc0, size_of::<Alloc>());
    OP: u64 = request_code_readwrite!(IOC_MAGIC, 0xc1, size_of::<Op>());
    DRAIN: u64 = request_code_readwrite!(IOC_MAGIC, 0xc2, size_of::<Drain>());
    DRAIN_CPU: u64 = request_code_readwrite!(IOC_MAGIC, 0xc3, size_of::<Drain>());
    DRAIN_ALL: u64 = request_code_readwrite!(IOC_MAGIC, 0xc4, size_of::<Drain>());
    DRAIN_ALL_FORCE: u64 = request_code_readwrite!(IOC_MAGIC, 0xc5, size_of::<Drain>());
    CACHE_DISABLE: u64 = request_code_readwrite!(IOC_MAGIC, 0xc6, size_of::<Drain>());
    CACHE_ENABLE: u64 = request_code_none!(IOC_MAGIC, 0xc7);
    QUERY: u64 = request_code_readwrite!(IOC_MAGIC, 0xc8, size_of::<Query>());
    STATS: u64 = request_code_read!(IOC_MAGIC, 0xc9, size_of::<Stats>());
}
