// SPDX-License-Identifier: GPL-2.0

//! Asking for too much memory.

use crate::open_drained;
use nix::errno::Errno;
use selftests::{
    demo::{Device, Operation, uapi},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    meminfo::Meminfo,
};

/// The module's limit, half of the memory, in KiB.
fn limit_kib() -> Result<u64, Trouble> {
    Ok(Meminfo::read()?.kib("MemTotal")? / 2)
}

/// One call that asks for more than half of the memory.
pub(crate) fn too_much() -> Verdict {
    let largest_kib = (u64::from(uapi::COUNT_MAX) * 4) << uapi::ORDER_MAX;
    if largest_kib <= limit_kib()? {
        return Err(Trouble::skip(
            "this machine has more than one call can ask for",
        ));
    }
    let device = Device::open().doing("open")?;
    let before = device.stats().doing("STATS")?;
    let result = device.alloc(uapi::COUNT_MAX, uapi::ORDER_MAX, uapi::NODE_ANY, 0);
    ensure!(
        result == Err(Errno::ENOMEM),
        "ALLOC of {largest_kib} KiB: {:?}",
        result.map(|handles| handles.len())
    );
    let after = device.stats().doing("STATS")?;
    ensure!(
        after.pages == before.pages
            && after.allocated - after.freed == before.allocated - before.freed,
        "before: {before:?}, after: {after:?}"
    );
    Ok(())
}

/// Two files that ask for a third of the memory each.
pub(crate) fn shared() -> Verdict {
    let third = Meminfo::read()?.kib("MemTotal")? / 3 / (4 << uapi::ORDER_MAX);
    let count = match u32::try_from(third) {
        Ok(count) if count <= uapi::COUNT_MAX => count,
        _ => {
            let reason = "a third of this machine's memory is more than one call can ask for";
            return Err(Trouble::skip(reason));
        }
    };
    let (first, second) = (Device::open().doing("open")?, open_drained()?);
    let alloc = |device: &Device| device.alloc(count, uapi::ORDER_MAX, uapi::NODE_ANY, 0);

    let handles = alloc(&first).doing("ALLOC of a third of the memory")?;
    let refused = alloc(&second);
    let stats = second.stats().doing("STATS")?;
    first.op(Operation::Free, &handles).doing("FREE")?;
    ensure!(
        refused == Err(Errno::ENOMEM),
        "another third: {:?}",
        refused.map(|handles| handles.len())
    );
    ensure!(
        stats.pages == u64::from(count) << uapi::ORDER_MAX,
        "{count} folios of order {} are allocated: {stats:?}",
        uapi::ORDER_MAX
    );
    // The limit is of what is held, not of what was ever asked for.
    let handles = alloc(&second).doing("ALLOC of a third once the first was freed")?;
    second.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}
