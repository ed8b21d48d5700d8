// SPDX-License-Identifier: GPL-2.0

//! One life of the modules.

use selftests::{
    cpulist,
    demo::{Device, Modules, Operation, uapi},
    doing::Doing as _,
    ktap::Verdict,
    pin::Pinned,
};

/// Loads both modules, leaves folios everywhere, and unloads them.
pub(crate) fn run() -> Verdict {
    let modules = Modules::need()?;
    let device = Device::open().doing("open")?;

    leave_folios(&device)?;
    drop(device);
    modules.unload().doing("rmmod")
}

/// Puts folios into several batches of every CPU, large ones and more than a batch of small ones
/// onto lists.
pub(crate) fn leave_folios(device: &Device) -> Verdict {
    for cpu in cpulist::read("online")? {
        let _there = Pinned::to(cpu)?;
        let small = device.alloc_pages(40).doing("ALLOC")?;
        let large = device
            .alloc(2, uapi::ORDER_MAX, uapi::NODE_ANY, 0)
            .doing("ALLOC of large folios")?;

        device.op(Operation::LruAdd, &small).doing("LRU_ADD")?;
        device.op(Operation::LruAdd, &large).doing("LRU_ADD")?;
        device
            .op(Operation::Activate, &small[..10])
            .doing("ACTIVATE")?;
        device
            .op(Operation::MoveTail, &small[10..20])
            .doing("MOVE_TAIL")?;
        device.op(Operation::Mlock, &small[20..25]).doing("MLOCK")?;
        device.op(Operation::BhAdd, &small[..3]).doing("BH_ADD")?;
    }
    Ok(())
}
