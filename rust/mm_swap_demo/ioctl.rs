// SPDX-License-Identifier: GPL-2.0

//! The ioctls: arguments are checked here, see include/uapi/linux/mm_swap_demo.h.

use crate::{
    bindings,
    bindings::{
        mm_swap_demo_alloc as Alloc,
        mm_swap_demo_drain as DrainArgs,
        mm_swap_demo_op as OpArgs,
        mm_swap_demo_query as Query,
        mm_swap_demo_stats as Stats, //
    },
    file::File,
    held::Held,
    mm::{
        drain::Pass,
        drain_cpu::lru_add_drain,
        folio::Listed as _,
        Mm, //
    },
    nodes::Node,
    op::Op,
    stats,
};
use kernel::{
    ioctl::{
        _IO,
        _IOR,
        _IOW,
        _IOWR, //
    },
    prelude::*,
    transmute::{
        AsBytes,
        FromBytes, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    },
};
use pwlocks::cpu::Cpu;

const MAGIC: u32 = bindings::MM_SWAP_DEMO_IOC_MAGIC as u32;
const ALLOC: u32 = _IOW::<Alloc>(MAGIC, 0xc0);
const OP: u32 = _IOWR::<OpArgs>(MAGIC, 0xc1);
const DRAIN: u32 = _IOWR::<DrainArgs>(MAGIC, 0xc2);
const DRAIN_CPU: u32 = _IOWR::<DrainArgs>(MAGIC, 0xc3);
const DRAIN_ALL: u32 = _IOWR::<DrainArgs>(MAGIC, 0xc4);
const DRAIN_ALL_FORCE: u32 = _IOWR::<DrainArgs>(MAGIC, 0xc5);
const CACHE_DISABLE: u32 = _IOWR::<DrainArgs>(MAGIC, 0xc6);
const CACHE_ENABLE: u32 = _IO(MAGIC, 0xc7);
const QUERY: u32 = _IOWR::<Query>(MAGIC, 0xc8);
const STATS: u32 = _IOR::<Stats>(MAGIC, 0xc9);

/// A structure of the user interface.
///
/// Implementations are integers without padding in between, so any bytes are one.
macro_rules! plain {
    ($($ty:ty),* $(,)?) => {$(
        // SAFETY: Integers only.
        unsafe impl FromBytes for $ty {}
        // SAFETY: Integers only, and no padding.
        unsafe impl AsBytes for $ty {}
    )*};
}

plain!(Alloc, OpArgs, DrainArgs, Query, Stats);

/// Reads an argument.
fn read<T: FromBytes>(arg: UserPtr) -> Result<T> {
    UserSlice::new(arg, size_of::<T>()).reader().read()
}

/// Writes a result.
fn write<T: AsBytes>(arg: UserPtr, value: &T) -> Result {
    UserSlice::new(arg, size_of::<T>()).writer().write(value)
}

/// Does what `cmd` says for `file`. Task context, may sleep.
pub(crate) fn ioctl(file: &File, cmd: u32, arg: usize) -> Result<isize> {
    let arg = UserPtr::from_addr(arg);

    match cmd {
        ALLOC => alloc(file, read(arg)?)?,
        OP => op(file, arg)?,
        DRAIN => drain(file, arg, || {
            lru_add_drain(file.demo());
            Ok(Pass::default())
        })?,
        DRAIN_CPU => drain_cpu(file, arg)?,
        DRAIN_ALL => drain(file, arg, || Ok(file.drain().all(false)))?,
        DRAIN_ALL_FORCE => drain(file, arg, || Ok(file.drain().all(true)))?,
        CACHE_DISABLE => drain(file, arg, || cache_disable(file))?,
        CACHE_ENABLE => cache_enable(file)?,
        QUERY => query(file, arg)?,
        STATS => write(arg, &stats::read(file.drain()))?,
        _ => return Err(ENOTTY),
    }
    Ok(0)
}

/// Checks the number of handles of a call.
fn check_count(count: u32) -> Result<usize> {
    if !(1..=bindings::MM_SWAP_DEMO_COUNT_MAX).contains(&count) {
        return Err(EINVAL);
    }
    Ok(count as usize)
}

fn alloc(file: &File, args: Alloc) -> Result {
    let count = check_count(args.count)?;

    if args.order > bindings::MM_SWAP_DEMO_ORDER_MAX
        || args.flags & !bindings::MM_SWAP_DEMO_FOLIO_ALLOC_FLAGS != 0
        || args.reserved != 0
    {
        return Err(EINVAL);
    }

    let node = match args.node {
        bindings::MM_SWAP_DEMO_NODE_ANY => None,
        id => Some(Node::new(id).ok_or(EINVAL)?),
    };
    let demo = file.demo();
    let mut folios = Held::with_capacity(file.drain(), count)?;
    let mut handles = KVVec::<u64>::with_capacity(count, GFP_KERNEL)?;

    // Before the first page, so that nobody is driven out of memory for a call that fails.
    demo.reserve((count as i64) << args.order)?;
    for done in 0..count {
        match demo.allocate(args.order, node, args.flags) {
            Ok(folio) => folios.push(folio),
            Err(error) => {
                demo.unreserve(((count - done) as i64) << args.order);
                return Err(error);
            }
        }
    }

    let mut table = file.handles().lock();

    table.reserve(count)?;
    while let Some(folio) = folios.pop() {
        match table.insert(folio) {
            Ok(handle) => handles.push(handle, GFP_KERNEL)?,
            // Not reached, as there is room.
            Err(folio) => demo.put(folio),
        }
    }
    drop(table);

    let mut user = UserSlice::new(UserPtr::from_addr(args.handles as usize), count * 8).writer();

    user.write_slice(AsBytes::as_bytes(&*handles))
        .inspect_err(|_| {
            // Nobody was told of the handles. Should somebody have guessed and freed some, no harm.
            let mut table = file.handles().lock();

            for handle in handles {
                let _ = table.remove(&[handle], &mut folios);
            }
        })
}

/// Reads the handles of a call.
fn read_handles(addr: u64, count: usize) -> Result<KVVec<u64>> {
    let mut handles = KVVec::with_capacity(count, GFP_KERNEL)?;
    let mut user = UserSlice::new(UserPtr::from_addr(addr as usize), count * 8).reader();

    for _ in 0..count {
        handles.push(user.read()?, GFP_KERNEL)?;
    }
    Ok(handles)
}

fn op(file: &File, arg: UserPtr) -> Result {
    let mut args: OpArgs = read(arg)?;
    let op = Op::new(args.op).ok_or(EINVAL)?;
    let count = check_count(args.count)?;

    if args.reserved != 0 {
        return Err(EINVAL);
    }

    let handles = read_handles(args.handles, count)?;
    let mut folios = Held::with_capacity(file.drain(), count)?;

    if let Op::Free = op {
        file.handles().lock().remove(&handles, &mut folios)?;
        drop(folios);
        args.done = args.count;
    } else {
        // The references keep the folios while the handles may be given up meanwhile.
        file.handles().lock().hold(&handles, &mut folios)?;
        args.done = op.run(file.drain(), folios)?;
    }
    args.cpu = Cpu::current().id();
    args.seq = file.demo().counts().events();
    write(arg, &args)
}

/// Has `how` drain, which names no CPU, and reports what that did.
fn drain(file: &File, arg: UserPtr, how: impl FnOnce() -> Result<Pass>) -> Result {
    let args: DrainArgs = read(arg)?;

    if args.cpu != 0 || args.reserved != 0 {
        return Err(EINVAL);
    }
    drain_and_report(file, arg, args, how)
}

fn drain_cpu(file: &File, arg: UserPtr) -> Result {
    let args: DrainArgs = read(arg)?;

    if args.reserved != 0 {
        return Err(EINVAL);
    }

    let cpu = Cpu::new(args.cpu).ok_or(EINVAL)?;

    drain_and_report(file, arg, args, || file.drain().cpu(cpu))
}

fn drain_and_report(
    file: &File,
    arg: UserPtr,
    args: DrainArgs,
    how: impl FnOnce() -> Result<Pass>,
) -> Result {
    let begin = file.demo().counts().events();
    let pass = how()?;

    write(
        arg,
        &DrainArgs {
            shared: pass.shared.into(),
            works: pass.works,
            queued: pass.queued,
            bh_queued: pass.bh_queued,
            seq_begin: begin,
            seq_end: file.demo().counts().events(),
            ..args
        },
    )
}

fn cache_disable(file: &File) -> Result<Pass> {
    let mut disabled = file.disabled().lock();

    if *disabled == bindings::MM_SWAP_DEMO_DISABLE_MAX {
        return Err(EINVAL);
    }
    *disabled += 1;
    drop(disabled);
    Ok(file.drain().cache_disable())
}

fn cache_enable(file: &File) -> Result {
    let mut disabled = file.disabled().lock();

    *disabled = disabled.checked_sub(1).ok_or(EINVAL)?;
    file.drain().cache_enable();
    Ok(())
}

fn query(file: &File, arg: UserPtr) -> Result {
    let mut args: Query = read(arg)?;

    if args.reserved != 0 {
        return Err(EINVAL);
    }

    let mut table = file.handles().lock();
    let folio = table.get(args.handle)?;

    args.flags = folio.flags();
    args.order = folio.order();
    args.node = folio.node();
    args.list = folio.links.list();
    args.mlock_count = if args.list == bindings::MM_SWAP_DEMO_LIST_UNEVICTABLE {
        folio.mlock_count()
    } else {
        0
    };
    args.batches = folio.batches();
    args.refs = folio.refs() as u32;
    args.batched_seq = folio.batched_seq();
    args.listed_seq = folio.listed_seq();
    drop(table);
    write(arg, &args)
}
