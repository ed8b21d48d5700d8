// SPDX-License-Identifier: GPL-2.0

//! /dev/mm_swap_demo.
//!
//! C header: [`include/linux/miscdevice.h`](srctree/include/linux/miscdevice.h)

use crate::{
    demo::Demo,
    file::File,
    mm::drain::Drain, //
};
use kernel::{
    bindings::{
        file_operations,
        miscdevice, //
    },
    error::to_result,
    miscdevice::MiscDeviceOptions,
    prelude::*,
    sync::Arc,
    types::Opaque, //
};

/// The registered device.
///
/// [`kernel::miscdevice::MiscDeviceRegistration`] would leave two things unset that matter: the
/// owner of the file operations, without which the module could be unloaded under an open file, and
/// the mode. So it is only used for what it fills in.
///
/// # Invariants
///
/// `misc` is registered from construction to drop, with `fops` for its operations.
#[pin_data(PinnedDrop)]
pub(crate) struct Device {
    #[pin]
    misc: Opaque<miscdevice>,
    _fops: KBox<file_operations>,
    drain: Arc<Drain<Demo>>,
}

// SAFETY: Devices may be unregistered from any task.
unsafe impl Send for Device {}

// SAFETY: A shared `Device` only gives access to `drain`.
unsafe impl Sync for Device {}

impl Device {
    /// Registers the device. Files can be opened from then on. May sleep.
    pub(crate) fn new(
        drain: Arc<Drain<Demo>>,
        module: &'static ThisModule,
    ) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let mut misc = MiscDeviceOptions {
                name: c"mm_swap_demo",
            }
            .into_raw::<File>();
            // SAFETY: The operations are a constant.
            let mut fops = unsafe { *misc.fops };

            fops.owner = module.as_ptr();

            let fops = KBox::new(fops, GFP_KERNEL)?;

            misc.fops = &*fops;
            misc.mode = 0o600;
            Ok(try_pin_init!(Self {
                _fops: fops,
                drain,
                // Last: a file may be opened at once.
                misc <- Opaque::try_ffi_init(move |slot: *mut miscdevice| {
                    // SAFETY: `slot` is valid for writes.
                    unsafe { slot.write(misc) };
                    // SAFETY: It is initialised, does not move, and drop unregisters it.
                    to_result(unsafe { kernel::bindings::misc_register(slot) })
                }),
            }? Error))
        })
    }

    /// Returns the device that `misc` is part of.
    ///
    /// # Safety
    ///
    /// `misc` must be the one of a live `Device`.
    pub(crate) unsafe fn from_misc<'a>(misc: *mut miscdevice) -> &'a Self {
        let misc: *mut Opaque<miscdevice> = misc.cast();

        // SAFETY: By the function's requirements it is that field of a live `Device`.
        unsafe { &*kernel::container_of!(misc, Self, misc) }
    }

    /// Returns what all files share.
    pub(crate) fn drain(&self) -> &Arc<Drain<Demo>> {
        &self.drain
    }
}

#[pinned_drop]
impl PinnedDrop for Device {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariants it is registered.
        unsafe { kernel::bindings::misc_deregister(self.misc.get()) };
    }
}
