// SPDX-License-Identifier: GPL-2.0

//! What the kernel has and does not export.
//!
//! The names are those of the livepatch ELF format (`Documentation/livepatch/module-elf-format.rst`):
//! `scripts/klp_link` turns them into what the module loader resolves against kallsyms, and the
//! loader refuses the module if one is missing or, as the trailing 0 says, not unique. A call is a
//! direct one, as if the function were exported.

#![allow(
    non_upper_case_globals,
    // Only the addresses of what has no C layout are used.
    improper_ctypes
)]

use crate::{
    audited::BUILD_ID_SIZE,
    kernel_batches::{
        CpuFbatches,
        MlockFbatch, //
    },
    kernel_folio::KernelFolio,
    mm::{
        batch::FolioBatch,
        cache::CacheSwitch, //
    },
};
use core::ffi::c_void;
use kernel::{
    bindings,
    ffi::c_int, //
};

/// `move_fn_t` of `mm/swap.c`: what happens to one folio of a batch, under its list's lock.
pub(crate) type MoveFn = unsafe extern "C" fn(*mut bindings::lruvec, *mut KernelFolio);

extern "C" {
    /// The LRU batches; a per-CPU symbol. `mm/swap.c`
    #[link_name = ".klp.sym.vmlinux.cpu_fbatches,0"]
    pub(crate) static cpu_fbatches: CpuFbatches;

    /// The mlock batches; a per-CPU symbol. `mm/mlock.c`
    #[link_name = ".klp.sym.vmlinux.mlock_fbatch,0"]
    pub(crate) static mlock_fbatch: MlockFbatch;

    /// Who has batching turned off. `mm/swap.c`
    #[link_name = ".klp.sym.vmlinux.lru_disable_count,0"]
    pub(crate) static lru_disable_count: CacheSwitch;

    /// Does `move_fn` to each folio and puts the references. `mm/swap.c`
    #[link_name = ".klp.sym.vmlinux.folio_batch_move_lru,0"]
    pub(crate) fn folio_batch_move_lru(batch: *mut FolioBatch<KernelFolio>, move_fn: MoveFn);

    /// Does what the slots of an mlock batch ask for and puts the references. Interrupts are on
    /// afterwards. `mm/mlock.c`
    #[link_name = ".klp.sym.vmlinux.mlock_folio_batch,0"]
    pub(crate) fn mlock_folio_batch(batch: *mut FolioBatch<KernelFolio>);

    #[link_name = ".klp.sym.vmlinux.lru_add,0"]
    pub(crate) fn lru_add(lruvec: *mut bindings::lruvec, folio: *mut KernelFolio);

    #[link_name = ".klp.sym.vmlinux.lru_move_tail,0"]
    pub(crate) fn lru_move_tail(lruvec: *mut bindings::lruvec, folio: *mut KernelFolio);

    #[link_name = ".klp.sym.vmlinux.lru_deactivate_file,0"]
    pub(crate) fn lru_deactivate_file(lruvec: *mut bindings::lruvec, folio: *mut KernelFolio);

    #[link_name = ".klp.sym.vmlinux.lru_deactivate,0"]
    pub(crate) fn lru_deactivate(lruvec: *mut bindings::lruvec, folio: *mut KernelFolio);

    #[link_name = ".klp.sym.vmlinux.lru_lazyfree,0"]
    pub(crate) fn lru_lazyfree(lruvec: *mut bindings::lruvec, folio: *mut KernelFolio);

    #[link_name = ".klp.sym.vmlinux.lru_activate,0"]
    pub(crate) fn lru_activate(lruvec: *mut bindings::lruvec, folio: *mut KernelFolio);

    /// Whether `cpu` has buffer heads in its LRU; `dummy` is ignored. `fs/buffer.c`
    #[link_name = ".klp.sym.vmlinux.has_bh_in_lru,0"]
    pub(crate) fn has_bh_in_lru(cpu: c_int, dummy: *mut c_void) -> bool;

    /// Empties this CPU's buffer-head LRU. `fs/buffer.c`
    #[link_name = ".klp.sym.vmlinux.invalidate_bh_lrus_cpu,0"]
    pub(crate) fn invalidate_bh_lrus_cpu();

    /// Which build this is. `lib/buildid.c`
    #[link_name = ".klp.sym.vmlinux.vmlinux_build_id,0"]
    pub(crate) static vmlinux_build_id: [u8; BUILD_ID_SIZE];
}

extern "C" {
    /// Whether ftrace may change the kernel's text. `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.ftrace_enabled,0"]
    pub(crate) static ftrace_enabled: c_int;

    /// Returns the address of the ftrace entry of the function at `ip`, or 0. `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.ftrace_location,0"]
    pub(crate) fn ftrace_location(ip: usize) -> usize;

    /// Returns what the ftrace entry at `ip` calls directly, or 0. `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.ftrace_find_rec_direct,0"]
    pub(crate) fn ftrace_find_rec_direct(ip: usize) -> usize;

    /// Makes an empty hash, or null. May sleep. `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.alloc_ftrace_hash,0"]
    pub(crate) fn alloc_ftrace_hash(size_bits: c_int) -> *mut bindings::ftrace_hash;

    /// Adds what the ftrace entry at `ip` is to call; null without memory. May sleep.
    /// `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.add_ftrace_hash_entry_direct,0"]
    pub(crate) fn add_ftrace_hash_entry_direct(
        hash: *mut bindings::ftrace_hash,
        ip: usize,
        direct: usize,
    ) -> *mut c_void;

    /// `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.free_ftrace_hash,0"]
    pub(crate) fn free_ftrace_hash(hash: *mut bindings::ftrace_hash);

    /// Has the ftrace entries in `hash` call what it says, all or none. 0, `-EINVAL` if one calls
    /// something already, `-EBUSY`, `-ENODEV`, `-ENOMEM`. May sleep. `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.update_ftrace_direct_add,0"]
    pub(crate) fn update_ftrace_direct_add(
        ops: *mut bindings::ftrace_ops,
        hash: *mut bindings::ftrace_hash,
    ) -> c_int;

    /// Undoes the former; on return nobody uses `ops`. May sleep. `kernel/trace/ftrace.c`
    #[link_name = ".klp.sym.vmlinux.update_ftrace_direct_del,0"]
    pub(crate) fn update_ftrace_direct_del(
        ops: *mut bindings::ftrace_ops,
        hash: *mut bindings::ftrace_hash,
    ) -> c_int;
}

#[cfg(not(CONFIG_PREEMPT_RT))]
extern "C" {
    /// The static keys of the multi-generational LRU, of which this is the first,
    /// `LRU_GEN_CORE`. `mm/vmscan.c`
    #[link_name = ".klp.sym.vmlinux.lru_gen_caps,0"]
    pub(crate) static lru_gen_caps: bindings::static_key;

    /// Tells the working set's estimate of a folio that has become active. `mm/workingset.c`
    #[link_name = ".klp.sym.vmlinux.workingset_activation,0"]
    pub(crate) fn workingset_activation(folio: *const KernelFolio);
}

/// The functions that are replaced, for their addresses; they are not called.
pub(crate) mod replaced {
    extern "C" {
        #[link_name = ".klp.sym.vmlinux.lru_add_drain_all,0"]
        pub(crate) fn lru_add_drain_all();

        #[link_name = ".klp.sym.vmlinux.lru_cache_disable,0"]
        pub(crate) fn lru_cache_disable();
    }
    #[cfg(HAVE_lru_cache_drain_for_folio)]
    extern "C" {
        #[link_name = ".klp.sym.vmlinux.lru_cache_drain_for_folio,0"]
        pub(crate) fn lru_cache_drain_for_folio();
    }
    #[cfg(not(CONFIG_PREEMPT_RT))]
    extern "C" {
        #[link_name = ".klp.sym.vmlinux.__folio_batch_add_and_move,0"]
        pub(crate) fn folio_batch_add_and_move();

        #[link_name = ".klp.sym.vmlinux.folio_mark_accessed,0"]
        pub(crate) fn folio_mark_accessed();

        #[link_name = ".klp.sym.vmlinux.lru_add_drain_cpu,0"]
        pub(crate) fn lru_add_drain_cpu();

        #[link_name = ".klp.sym.vmlinux.mlock_folio,0"]
        pub(crate) fn mlock_folio();

        #[link_name = ".klp.sym.vmlinux.mlock_new_folio,0"]
        pub(crate) fn mlock_new_folio();

        #[link_name = ".klp.sym.vmlinux.munlock_folio,0"]
        pub(crate) fn munlock_folio();

        #[link_name = ".klp.sym.vmlinux.mlock_drain_local,0"]
        pub(crate) fn mlock_drain_local();

        #[link_name = ".klp.sym.vmlinux.mlock_drain_remote,0"]
        pub(crate) fn mlock_drain_remote();
    }
}
