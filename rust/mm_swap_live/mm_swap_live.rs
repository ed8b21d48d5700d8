// SPDX-License-Identifier: GPL-2.0

//! The LRU drain and the mlock batch of the running kernel, driven by the port in [`mm`].
//!
//! While the mode is remote, the kernel's own `lru_add_drain_all()` and `lru_cache_disable()` are
//! replaced by the port's, over the kernel's own batches, lists and switch: the requester drains
//! other CPUs' batches and nothing is queued on a CPU for it. In local mode, and without this
//! module, nothing is replaced. It follows the mode as that is switched.
//!
//! - [`audited`]: for which kernel all that follows was proven; [`coverage`]: what was;
//! - [`symbols`]: what the kernel does not export; [`kernel_folio`], [`kernel_batches`]: its folios
//!   and batches, as the port wants to see them; [`live`]: these together, the owner of the folios;
//! - [`entry`]: what is called in place of the kernel's functions; [`functions`]: in place of which;
//!   [`replace`]: putting it there, and
//!   [`refusal`]: why that failed; [`inside`]: who is in it;
//! - [`switch`]: the order in which that is done;
//! - [`alternative`]: other ways than to drain isolated CPUs, to be measured;
//! - [`stats`], [`files`]: what was done, for the administrator.

use kernel::{
    prelude::*,
    sync::Arc, //
};

mod alternative;
mod audited;
#[path = "../bindings/bindings.rs"]
mod bindings;
mod coverage;

// On PREEMPT_RT the kernel's own functions fill the batches, and everywhere they move them.
#[allow(dead_code)]
#[path = "../mm/mm.rs"]
mod mm;

#[path = "../debugfs/debugfs.rs"]
mod debugfs;
mod entry;
mod files;
mod functions;
mod inside;
mod kernel_batches;
mod kernel_folio;
mod live;
mod lock;
#[cfg(not(CONFIG_PREEMPT_RT))]
mod lru_gen;
mod refusal;
mod replace;
mod stats;
mod switch;
mod symbols;

use live::Live;
use mm::drain::Drain;
use pwlocks::notifier::Notifier;

module! {
    type: MmSwapLive,
    name: "mm_swap_live",
    authors: ["The pwlocks authors"],
    description: "Remote drains of the running kernel's LRU and mlock batches",
    license: "GPL",
}

/// What the module has while loaded.
struct MmSwapLive {
    // First: while anything is replaced, the drain is in use.
    _follow: Notifier<switch::Follow>,
    _debugfs: debugfs::Dir<files::Shown>,
    _drain: Arc<Drain<Live>>,
}

impl kernel::Module for MmSwapLive {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        audited::check()?;

        let live = Arc::new(Live, GFP_KERNEL)?;
        let drain = Arc::pin_init(Drain::new(live, c"mm_swap_live"), GFP_KERNEL)?;

        Ok(Self {
            _debugfs: files::new(drain.clone())?,
            // Last: from then on it is in use.
            _follow: Notifier::new(switch::Follow::new(drain.clone())?)?,
            _drain: drain,
        })
    }
}
