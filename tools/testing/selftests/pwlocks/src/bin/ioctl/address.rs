// SPDX-License-Identifier: GPL-2.0

//! Handles that can't be written to where the user wants them.

use nix::errno::Errno;
use selftests::{
    bad_requests::{Fence, bad_addresses},
    demo::{Device, check_stats, uapi},
    doing::Doing as _,
    ensure,
    ktap::Verdict,
};

/// ALLOC takes its folios back when it can't say their handles.
pub(crate) fn alloc() -> Verdict {
    let device = Device::open().doing("open")?;
    let fence = Fence::new()?;
    let before = device.stats().doing("STATS")?;

    for order in 0..=uapi::ORDER_MAX {
        for handles in bad_addresses(&fence, 100 * size_of::<u64>()) {
            let mut argument = uapi::Alloc {
                count: 100,
                order,
                node: uapi::NODE_ANY,
                handles,
                ..uapi::Alloc::default()
            };
            // SAFETY: Where `handles` points nothing can be written, but for the bytes before the
            // untouchable page, which are nobody's.
            let result = unsafe { device.call(uapi::ALLOC, &mut argument) };
            ensure!(
                result == Err(Errno::EFAULT),
                "ALLOC with handles at {handles:#x}: {result:?}"
            );
        }
    }
    let after = device.stats().doing("STATS")?;
    check_stats(&after)?;
    ensure!(
        after.pages == before.pages
            && after.allocated - after.freed == before.allocated - before.freed,
        "before: {before:?}, after: {after:?}"
    );
    Ok(())
}
