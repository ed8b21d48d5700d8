// SPDX-License-Identifier: GPL-2.0

//! Which of the kernel's functions are replaced, and what the kernel must look like for it.
//!
//! Both sides read it: the module asserts its own structures against the layout, and `make audit`
//! does so with the kernel's, decodes a kernel's text, and proves that nothing but the functions
//! here touches a batch, or says what does. What is to be replaced it looks up in the list of names
//! that the module is linked with (`symbols`), too: there each is used, or linking fails. Plain
//! constants, so that the kernel and a host program can include the same file.
//!
//! A function that is missing here is noticed by the audit as long as the kernel has it. A function
//! that is here and not in a kernel fails the audit too: the module could not replace it.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each of the two programs uses a part"
)]

/// The per-CPU variables that hold the batches.
pub const BATCHES: &[Variable] = &[
    Variable {
        name: "cpu_fbatches",
        layout: "cpu_fbatches",
    },
    Variable {
        name: "mlock_fbatch",
        layout: "mlock_fbatch",
    },
];

/// A per-CPU variable of the kernel.
#[derive(Clone, Copy)]
pub struct Variable {
    /// Its symbol, which must be unique.
    pub name: &'static str,
    /// The structure it is, without `struct`.
    pub layout: &'static str,
}

/// A function that is ours while the switch is on: ftrace makes its entry a jump to the replacement.
#[derive(Clone, Copy)]
pub struct Replaced {
    /// Its symbol, which must be unique and have an ftrace entry.
    pub name: &'static str,
    /// The first series of kernels that has it.
    pub since: Series,
}

/// A series of kernels, as in `(7, 3)` for 7.3.4.
pub type Series = (u32, u32);

/// The first series that the module is for.
pub const FIRST_SERIES: Series = (7, 2);

/// A function that keeps running, and why it may.
#[derive(Clone, Copy)]
pub struct Argued {
    /// Its symbol.
    pub name: &'static str,
    /// Why it does no harm.
    pub reason: &'static str,
}

const fn replaced(name: &'static str, since: Series) -> Replaced {
    Replaced { name, since }
}

/// What asks all CPUs to drain their batches. Replaced on every kernel.
pub const DRAINS: &[Replaced] = &[
    replaced("lru_add_drain_all", FIRST_SERIES),
    replaced("lru_cache_disable", FIRST_SERIES),
    // The compiler puts lru_add_drain_all() into it, so it does not pass by the one above.
    replaced("lru_cache_drain_for_folio", (7, 3)),
];

/// What touches a batch. Replaced without PREEMPT_RT, where the kernel's local locks are empty.
pub const USERS: &[Replaced] = &[
    replaced("__folio_batch_add_and_move", FIRST_SERIES),
    replaced("folio_mark_accessed", FIRST_SERIES),
    replaced("lru_add_drain_cpu", FIRST_SERIES),
    replaced("mlock_drain_local", FIRST_SERIES),
    replaced("mlock_drain_remote", FIRST_SERIES),
    replaced("mlock_folio", FIRST_SERIES),
    replaced("mlock_new_folio", FIRST_SERIES),
    replaced("munlock_folio", FIRST_SERIES),
];

/// Without PREEMPT_RT: what only reads. The audit also checks that it stores nothing through a
/// pointer to a batch and hands none on.
pub const NOT_RT_HARMLESS: &[Argued] = &[Argued {
    name: "need_mlock_drain",
    reason: "reads the count of a batch, one byte, without a lock on the stock kernel as well",
}];

/// With PREEMPT_RT: what holds the lock of the batch it touches, or needs none.
///
/// That a lock is held cannot be seen by decoding; this is what mm/swap.c (mm/folio.c since 7.3) and
/// mm/mlock.c say. The audit holds the list against the functions that a kernel really has.
pub const RT_LOCKED: &[Argued] = &[
    argued("__folio_batch_add_and_move", OWN_LOCK_OR_IRQ_LOCK),
    argued("__folio_batch_release", DRAINS_OWN),
    // GCC puts it into folio_mark_accessed().
    argued("__lru_cache_activate_folio", OWN_LOCK),
    argued("deactivate_file_folio", ONLY_NAMES),
    argued("folio_activate", ONLY_NAMES),
    argued("folio_add_lru", ONLY_NAMES),
    argued("folio_batch_move_lru", CALLERS_LOCK),
    argued("folio_deactivate", ONLY_NAMES),
    argued("folio_mark_accessed", OWN_LOCK),
    argued("folio_mark_lazyfree", ONLY_NAMES),
    argued("folio_rotate_reclaimable", ONLY_NAMES),
    argued("lru_add_drain", DRAINS_OWN),
    argued(
        "lru_add_drain_cpu",
        "its callers hold the lock, and it takes lock_irq itself; but page_alloc_cpu_dead() calls \
         it without, for a CPU that is dead, which only the hotplug lock keeps others from",
    ),
    argued("lru_add_drain_cpu_zone", DRAINS_OWN),
    argued("lru_add_drain_per_cpu", DRAINS_OWN),
    argued("mlock_drain_local", OWN_LOCK),
    argued(
        "mlock_drain_remote",
        "takes no lock, but is for a CPU that is dead, which only the hotplug lock keeps others from",
    ),
    argued("mlock_folio", OWN_LOCK),
    argued("mlock_folio_batch", CALLERS_LOCK),
    argued("mlock_new_folio", OWN_LOCK),
    argued("munlock_folio", OWN_LOCK),
    argued(
        "need_mlock_drain",
        "reads the count of a batch, one byte, without a lock on the stock kernel as well",
    ),
];

const OWN_LOCK: &str = "takes this CPU's lock before it looks at the batch and holds it to the end";
const OWN_LOCK_OR_IRQ_LOCK: &str =
    "takes this CPU's lock, or lock_irq for lru_move_tail, before it looks at the batch";
const DRAINS_OWN: &str = "calls lru_add_drain_cpu() with this CPU's lock held";
const CALLERS_LOCK: &str = "works on the batch it is handed, whose lock its callers hold";
const ONLY_NAMES: &str = "only tells __folio_batch_add_and_move() which batch to use";

/// What is handed a batch, or its lock, and does with it what it does with anybody's.
pub const ANY_BATCH: &[Argued] = &[
    argued(
        "folios_put_refs",
        "gives back the references of any batch, most of them on callers' stacks; it gets a per-CPU \
         one only from the functions here that move it",
    ),
    argued("rt_spin_lock", "is handed the lock, not a batch"),
    argued("rt_spin_unlock", "is handed the lock, not a batch"),
];

/// Without PREEMPT_RT but with lockdep: what takes the kernel's own lock, which nobody but lockdep
/// sees, and leaves the rest to `lru_add_drain_cpu()`, which is ours.
pub const NOT_RT_LOCKDEP_ONLY: &[Argued] = &[
    argued("lru_add_drain", ONLY_LOCKDEP),
    argued("lru_add_drain_cpu_zone", ONLY_LOCKDEP),
    argued("lru_add_drain_per_cpu", ONLY_LOCKDEP),
];

const ONLY_LOCKDEP: &str =
    "only has lockdep take and release the lock around lru_add_drain_cpu(), which is replaced";

const fn argued(name: &'static str, reason: &'static str) -> Argued {
    Argued { name, reason }
}

/// A structure as the module expects it to be.
#[derive(Clone, Copy)]
pub struct Layout {
    /// Its name, without `struct`.
    pub name: &'static str,
    /// Its size in bytes, if the module depends on it.
    pub size: Option<usize>,
    /// Those of its members that the module depends on.
    pub members: &'static [Member],
}

/// A member of a structure.
#[derive(Clone, Copy)]
pub struct Member {
    /// Its name, with dots where it is inside of another one.
    pub path: &'static str,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// Its bytes.
    pub size: usize,
}

const fn member(path: &'static str, offset: usize, size: usize) -> Member {
    Member { path, offset, size }
}

/// What the size of a lock decides, `LOCK` bytes.
pub struct Batches<const LOCK: usize>;

impl<const LOCK: usize> Batches<LOCK> {
    /// The structures that hold the batches.
    pub const LAYOUT: &'static [Layout] = &[
        Layout {
            name: "cpu_fbatches",
            size: Some(2 * LOCK + 6 * 256),
            members: &[
                member("lock", 0, LOCK),
                member("lru_add", LOCK, 256),
                member("lru_deactivate_file", LOCK + 256, 256),
                member("lru_deactivate", LOCK + 2 * 256, 256),
                member("lru_lazyfree", LOCK + 3 * 256, 256),
                member("lru_activate", LOCK + 4 * 256, 256),
                member("lock_irq", LOCK + 5 * 256, LOCK),
                member("lru_move_tail", 2 * LOCK + 5 * 256, 256),
            ],
        },
        Layout {
            name: "mlock_fbatch",
            size: Some(LOCK + 256),
            members: &[member("lock", 0, LOCK), member("fbatch", LOCK, 256)],
        },
    ];
}

/// Without PREEMPT_RT a lock has no size, but for what lockdep keeps in it.
pub const NOT_RT_LAYOUTS: &[&[Layout]] = &[Batches::<0>::LAYOUT, Batches::<48>::LAYOUT];

/// With PREEMPT_RT it is a spinlock_t, which sleeps; the larger one is that of lockdep.
pub const RT_LAYOUTS: &[&[Layout]] = &[Batches::<32>::LAYOUT, Batches::<128>::LAYOUT];

/// What does not depend on it.
pub const LAYOUT: &[Layout] = &[
    Layout {
        name: "folio_batch",
        size: Some(256),
        members: &[
            member("nr", 0, 1),
            member("i", 1, 1),
            member("percpu_pvec_drained", 2, 1),
            member("folios", 8, 248),
        ],
    },
    Layout {
        name: "folio",
        size: None,
        members: &[
            member("flags", 0, 8),
            member("lru", 8, 16),
            member("mlock_count", 16, 4),
            member("mapping", 24, 8),
            member("_mapcount", 48, 4),
            member("_refcount", 52, 4),
            member("memcg_data", 56, 8),
            member("_large_mapcount", 80, 4),
            member("_entire_mapcount", 88, 4),
            member("_nr_pages", 120, 4),
        ],
    },
    Layout {
        name: "page",
        size: Some(64),
        members: &[
            member("flags", 0, 8),
            member("compound_info", 8, 8),
            member("_refcount", 52, 4),
        ],
    },
    Layout {
        name: "ftrace_ops",
        size: None,
        members: &[
            member("func", 0, 8),
            member("flags", 16, 8),
            member("private", 24, 8),
        ],
    },
];

/// The size of the structure `name`, for the module to compare its own with.
///
/// # Panics
///
/// If `layouts` has no size for it; at compile time, where this is for.
pub const fn size_of(layouts: &[Layout], name: &str) -> usize {
    match layout(layouts, name).size {
        Some(size) => size,
        None => panic!("this structure is listed without a size"),
    }
}

/// The offset of a member of the structure `name`, for the module to compare its own with.
///
/// # Panics
///
/// If `layouts` does not have it; at compile time, where this is for.
pub const fn offset_of(layouts: &[Layout], name: &str, path: &str) -> usize {
    let members = layout(layouts, name).members;
    let mut next = 0;
    while next < members.len() {
        if same(members[next].path, path) {
            return members[next].offset;
        }
        next += 1;
    }
    panic!("this member is not listed")
}

const fn layout(layouts: &[Layout], name: &str) -> Layout {
    let mut next = 0;
    while next < layouts.len() {
        if same(layouts[next].name, name) {
            return layouts[next];
        }
        next += 1;
    }
    panic!("this structure is not listed")
}

// `==` on strings is not const.
const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut next = 0;
    while next < one.len() {
        if one[next] != other[next] {
            return false;
        }
        next += 1;
    }
    true
}
