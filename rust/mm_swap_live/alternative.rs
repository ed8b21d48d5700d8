// SPDX-License-Identifier: GPL-2.0

//! What else could be done for an isolated CPU than to have others drain it, built by
//! `make ALTERNATIVE=<name>` to be measured beside it (`make bench`), and for nothing else.
//!
//! - `bypass`: an isolated CPU leaves no folio in a batch. It empties the batch under its own lock
//!   with each folio, as with batching off (`lru_cache_disable()`), and nobody has to come. Keeps the
//!   promises of [`crate::mm::drain`]; each folio takes the list's lock for itself.
//! - `skip`: other CPUs pass an isolated one by. Breaks promise 1: what is in its batches stays there
//!   until it drains them itself. A CPU that goes down is drained.
//!
//! Without `ALTERNATIVE` these functions are constants, and nothing is left of them.

use pwlocks::cpu::Cpu;

/// Whether the CPU is one that `nohz_full=` or `isolcpus=nohz` names.
#[cfg(any(ALTERNATIVE_BYPASS, ALTERNATIVE_SKIP))]
fn is_isolated(cpu: Cpu) -> bool {
    // SAFETY: Takes any possible CPU.
    unsafe { crate::bindings::mm_swap_live_is_isolated(cpu.id()) }
}

/// Returns whether this CPU, which the caller is pinned to, leaves no folio in a batch.
#[inline(always)]
pub(crate) fn bypasses() -> bool {
    #[cfg(ALTERNATIVE_BYPASS)]
    return is_isolated(Cpu::current());
    #[cfg(not(ALTERNATIVE_BYPASS))]
    false
}

/// Returns whether this CPU takes the batches of `cpu` for empty.
#[inline(always)]
pub(crate) fn passes_by(_cpu: Cpu) -> bool {
    #[cfg(ALTERNATIVE_SKIP)]
    return _cpu != Cpu::current() && _cpu.is_online() && is_isolated(_cpu);
    #[cfg(not(ALTERNATIVE_SKIP))]
    false
}
