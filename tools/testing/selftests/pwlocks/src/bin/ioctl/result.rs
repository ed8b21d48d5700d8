// SPDX-License-Identifier: GPL-2.0

//! A result that can't be written: EFAULT, and what was asked for has been done.

use nix::errno::Errno;
use selftests::{
    bad_requests::Fence,
    demo::{Device, Operation, is_batched, is_listed, uapi},
    doing::Doing as _,
    ensure,
    ktap::Verdict,
    pin::Pinned,
};

/// Each request that has a result, with its structure in memory that can only be read.
pub(crate) fn read_only() -> Verdict {
    // One CPU: what is put into its batch is drained from its batch.
    let _here = Pinned::to(0)?;
    let device = Device::open().doing("open")?;
    let handles = device.alloc_pages(2).doing("ALLOC")?;
    let call = |request, address: u64| {
        // SAFETY: The structure there is of the request's type and can't be written.
        unsafe { device.call_address(request, address) }
    };

    let (op, query, stats, drain) = (Fence::new()?, Fence::new()?, Fence::new()?, Fence::new()?);
    let argument = op.read_only(uapi::Op {
        op: Operation::LruAdd.number(),
        count: 2,
        handles: handles.as_ptr() as u64,
        ..uapi::Op::default()
    })?;
    let result = call(uapi::OP, argument);
    ensure!(result == Err(Errno::EFAULT), "OP: {result:?}");
    for folio in device.query_all(&handles).doing("QUERY")? {
        ensure!(
            is_batched(&folio, uapi::BATCH_LRU_ADD),
            "LRU_ADD was not done: {folio:?}"
        );
    }
    let argument = query.read_only(uapi::Query {
        handle: handles[0],
        ..uapi::Query::default()
    })?;
    let result = call(uapi::QUERY, argument);
    ensure!(result == Err(Errno::EFAULT), "QUERY: {result:?}");
    let result = call(uapi::STATS, stats.read_only(uapi::Stats::default())?);
    ensure!(result == Err(Errno::EFAULT), "STATS: {result:?}");
    let result = call(uapi::DRAIN, drain.read_only(uapi::Drain::default())?);
    ensure!(result == Err(Errno::EFAULT), "DRAIN: {result:?}");
    for folio in device.query_all(&handles).doing("QUERY")? {
        ensure!(is_listed(&folio), "DRAIN was not done: {folio:?}");
    }
    device.op(Operation::Free, &handles).doing("FREE")?;
    Ok(())
}
