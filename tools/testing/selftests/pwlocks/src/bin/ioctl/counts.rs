// SPDX-License-Identifier: GPL-2.0

//! The limits of counts, from both sides.

use nix::errno::Errno;
use selftests::{
    demo::{Device, Operation, uapi},
    doing::Doing as _,
    ensure,
    ktap::Verdict,
};

/// As many CACHE_DISABLE as one file may have, and one more; closing the file takes them back.
pub(crate) fn disable() -> Verdict {
    let (device, other) = (Device::open().doing("open")?, Device::open().doing("open")?);
    let before = other.stats().doing("STATS")?.cache_disabled;

    for time in 1..=uapi::DISABLE_MAX {
        device
            .cache_disable()
            .doing(format_args!("CACHE_DISABLE, time {time}"))?;
    }
    let result = device.cache_disable();
    ensure!(
        result == Err(Errno::EINVAL),
        "one CACHE_DISABLE too many: {result:?}"
    );
    let result = other.cache_enable();
    ensure!(
        result == Err(Errno::EINVAL),
        "CACHE_ENABLE of another file's CACHE_DISABLE: {result:?}"
    );
    let most = other.stats().doing("STATS")?.cache_disabled;
    drop(device);
    let after = other.stats().doing("STATS")?.cache_disabled;
    ensure!(
        most - before == u64::from(uapi::DISABLE_MAX) && after == before,
        "CACHE_DISABLE in force before, then, and after the close: {before}, {most}, {after}"
    );
    Ok(())
}

/// As many handles as one call may name, forward and back.
pub(crate) fn most() -> Verdict {
    let device = Device::open().doing("open")?;
    let handles = device
        .alloc_pages(uapi::COUNT_MAX)
        .doing("ALLOC of the most")?;
    let added = device
        .op(Operation::LruAdd, &handles)
        .doing("LRU_ADD of the most")?;
    let freed = device
        .op(Operation::Free, &handles)
        .doing("FREE of the most")?;

    ensure!(
        added.done == uapi::COUNT_MAX && freed.done == uapi::COUNT_MAX,
        "added: {added:?}, freed: {freed:?}"
    );
    Ok(())
}
