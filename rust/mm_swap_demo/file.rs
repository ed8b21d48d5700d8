// SPDX-License-Identifier: GPL-2.0

//! An open file of the device, and what it owns.

use crate::{
    demo::Demo,
    device::Device,
    handles::Handles,
    ioctl,
    mm::{
        drain::Drain,
        Mm, //
    }, //
};
use kernel::{
    fs,
    miscdevice::{
        MiscDevice,
        MiscDeviceRegistration, //
    },
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};

/// An open file.
#[pin_data(PinnedDrop)]
pub(crate) struct File {
    drain: Arc<Drain<Demo>>,
    #[pin]
    handles: Mutex<Handles>,
    /// The `CACHE_DISABLE` it has in force.
    #[pin]
    disabled: Mutex<u32>,
}

impl File {
    fn new(drain: Arc<Drain<Demo>>) -> impl PinInit<Self> {
        pin_init!(Self {
            drain,
            handles <- new_mutex!(Handles::new()),
            disabled <- new_mutex!(0),
        })
    }

    /// Returns what all files share.
    pub(crate) fn drain(&self) -> &Arc<Drain<Demo>> {
        &self.drain
    }

    /// Returns the folios.
    pub(crate) fn demo(&self) -> &Demo {
        self.drain.mm()
    }

    /// Returns the handles. Lock it for looking them up only, not for what is done to the folios.
    pub(crate) fn handles(&self) -> &Mutex<Handles> {
        &self.handles
    }

    /// Returns the number of `CACHE_DISABLE` that the file has in force.
    pub(crate) fn disabled(&self) -> &Mutex<u32> {
        &self.disabled
    }
}

#[pinned_drop]
impl PinnedDrop for File {
    fn drop(self: Pin<&mut Self>) {
        let demo = self.demo();
        let disabled = *self.disabled.lock();

        for _ in 0..disabled {
            self.drain.cache_enable();
        }
        // What a batch still refers to lives on until that is drained, as a file's pages do.
        self.handles.lock().drain(|folio| demo.put(folio));
        demo.counts().files.sub(1);
    }
}

#[vtable]
impl MiscDevice for File {
    type Ptr = Pin<KBox<Self>>;

    fn open(_file: &fs::File, misc: &MiscDeviceRegistration<Self>) -> Result<Self::Ptr> {
        // SAFETY: The only misc device with these operations is the one in a `Device`.
        let device = unsafe { Device::from_misc(misc.as_raw()) };

        let file = KBox::pin_init(Self::new(device.drain().clone()), GFP_KERNEL)?;

        // Drop takes it off, so not before there is something to drop.
        file.demo().counts().files.add(1);
        Ok(file)
    }

    fn ioctl(this: Pin<&Self>, _file: &fs::File, cmd: u32, arg: usize) -> Result<isize> {
        ioctl::ioctl(&this, cmd, arg)
    }
}
