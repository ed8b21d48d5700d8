// SPDX-License-Identifier: GPL-2.0

//! Whose a handle is, and for how long.

use crate::open_drained;
use nix::errno::Errno;
use selftests::{
    demo::{Device, Drain, Operation, check_stats},
    doing::Doing as _,
    ensure,
    ktap::Verdict,
};

/// Descriptors of one open file share its handles, until the last is closed.
pub(crate) fn duplicate() -> Verdict {
    let device = Device::open().doing("open")?;
    let handles = device.alloc_pages(3).doing("ALLOC")?;
    let duplicate = device.duplicate().doing("dup")?;

    drop(device);
    duplicate
        .query_all(&handles)
        .doing("QUERY by a duplicate")?;
    let result = Device::open().doing("open")?.query(handles[0]);
    ensure!(
        result == Err(Errno::EPERM),
        "QUERY by another open file: {result:?}"
    );
    duplicate.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}

/// A file closed with folios alone, in batches and on lists frees them all.
pub(crate) fn close() -> Verdict {
    let (device, other) = (Device::open().doing("open")?, open_drained()?);
    let before = other.stats().doing("STATS")?;
    let handles = device.alloc_pages(30).doing("ALLOC")?;

    device
        .op(Operation::LruAdd, &handles[..10])
        .doing("LRU_ADD")?;
    device.drain(Drain::All).doing("DRAIN_ALL")?;
    device
        .op(Operation::MlockNew, &handles[10..20])
        .doing("MLOCK_NEW")?;
    device.op(Operation::BhAdd, &handles[..2]).doing("BH_ADD")?;
    let during = other.stats().doing("STATS")?;
    drop(device);
    other.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
    let after = other.stats().doing("STATS")?;
    check_stats(&after)?;
    ensure!(
        during.pages - before.pages == 30 && during.files == before.files,
        "30 folios are allocated: before {before:?}, now {during:?}"
    );
    ensure!(
        after.pages == before.pages && after.files == before.files - 1,
        "the file was closed: before {before:?}, now {after:?}"
    );
    Ok(())
}
