// SPDX-License-Identifier: GPL-2.0

//! The LRU drain and the mlock batch over PW locks, on folios of the module's own.
//!
//! The behaviour is that of the kernel's `mm/swap.c` and `mm/mlock.c`, ported in [`mm`]; here is
//! what the port needs to run on any kernel with Rust, without touching that kernel's own lists:
//!
//! - [`folio`]: pages from the page allocator, with flags and counts of our own;
//! - [`nodes`] and [`list`]: LRU lists, one set per NUMA node; [`batches`] and [`bh`]: what is per
//!   CPU;
//! - [`demo`]: these together, the owner of the folios;
//! - [`device`], [`file`], [`handles`], [`ioctl`], [`op`], [`timer`]: the user interface, see
//!   `include/uapi/linux/mm_swap_demo.h`;
//! - [`counts`], [`stats`], [`files`]: where the folios are, to be checked; [`overlap`]: that the
//!   locks keep contexts apart, in a test build.

use kernel::{
    prelude::*,
    sync::Arc, //
};

#[path = "../bindings/bindings.rs"]
mod bindings;

#[path = "../mm/mm.rs"]
mod mm;

mod batches;
mod bh;
mod counts;
#[path = "../debugfs/debugfs.rs"]
mod debugfs;
mod demo;
mod device;
mod file;
mod files;
mod folio;
mod handles;
mod held;
mod ioctl;
mod irq_lock;
mod list;
mod nodes;
mod op;
mod overlap;
mod stats;
mod timer;

use demo::Demo;
use mm::drain::Drain;

module! {
    type: MmSwapDemo,
    name: "mm_swap_demo",
    authors: ["The pwlocks authors"],
    description: "The LRU drain and the mlock batch over pwlocks, on folios of its own",
    license: "GPL",
}

/// What the module has while loaded. It can't be unloaded while a file is open.
#[pin_data(PinnedDrop)]
struct MmSwapDemo {
    #[pin]
    device: device::Device,
    debugfs: debugfs::Dir<files::Shown>,
    drain: Arc<Drain<Demo>>,
}

impl kernel::InPlaceModule for MmSwapDemo {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let demo = Arc::new(Demo::new()?, GFP_KERNEL)?;
            let drain = Arc::pin_init(Drain::new(demo, c"mm_swap_demo"), GFP_KERNEL)?;

            Ok(try_pin_init!(Self {
                debugfs: files::new(drain.clone())?,
                // Once it is there, files can be opened.
                device <- device::Device::new(drain.clone(), module),
                drain,
            }? Error))
        })
    }
}

#[pinned_drop]
impl PinnedDrop for MmSwapDemo {
    fn drop(self: Pin<&mut Self>) {
        // No file is open and none can be opened, so nothing is put into a batch any more. What the
        // files left there goes now, with the last references.
        self.drain.all(true);

        let counts = self.drain.mm().counts();
        let lost = counts.allocated.get() - counts.freed.get();

        if kernel::warn_on!(lost != 0) {
            pr_err!("{lost} folios are lost\n");
        }
    }
}
