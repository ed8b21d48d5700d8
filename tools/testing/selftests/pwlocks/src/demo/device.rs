// SPDX-License-Identifier: GPL-2.0

//! The device, as safe calls.

use super::{Operation, uapi};
use nix::{errno::Errno, libc};
use std::{
    fs::{File, OpenOptions},
    io,
    os::fd::AsRawFd as _,
    ptr,
};

/// Where the device is.
pub const PATH: &str = "/dev/mm_swap_demo";

/// The drains that have no argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// The batches of this CPU (`lru_add_drain()`).
    Local,
    /// Every CPU's; callers at the same time may share a pass (`lru_add_drain_all()`).
    All,
    /// Every online CPU's in a pass of its own.
    AllForce,
}

/// An open file of the device. Closing it gives up its handles.
#[derive(Debug)]
pub struct Device(File);

impl Device {
    /// Opens the device.
    pub fn open() -> Result<Self, Errno> {
        let file = OpenOptions::new().read(true).write(true).open(PATH);

        file.map(Self).map_err(errno)
    }

    /// Another descriptor of the same open file.
    pub fn duplicate(&self) -> Result<Self, Errno> {
        self.0.try_clone().map(Self).map_err(errno)
    }

    /// Allocates `count` folios; `node` and `flags` are `uapi::NODE_ANY` and `uapi::FOLIO_*`.
    pub fn alloc(&self, count: u32, order: u32, node: i32, flags: u32) -> Result<Vec<u64>, Errno> {
        let room = usize::try_from(count).map_err(|_| Errno::EINVAL)?;
        let mut handles = vec![0_u64; room];
        let mut argument = uapi::Alloc {
            count,
            order,
            node,
            flags,
            handles: address(handles.as_mut_ptr()),
            reserved: 0,
        };

        // SAFETY: The kernel writes `count` u64s to `handles`, which is of that length.
        unsafe { self.call(uapi::ALLOC, &mut argument) }?;
        Ok(handles)
    }

    /// Allocates `count` anonymous folios of one page.
    pub fn alloc_pages(&self, count: u32) -> Result<Vec<u64>, Errno> {
        self.alloc(count, 0, uapi::NODE_ANY, 0)
    }

    /// Does `operation` to all `handles`, on the CPU this runs on.
    pub fn op(&self, operation: Operation, handles: &[u64]) -> Result<uapi::Op, Errno> {
        let mut argument = uapi::Op {
            op: operation.number(),
            count: u32::try_from(handles.len()).map_err(|_| Errno::EINVAL)?,
            handles: address(handles.as_ptr()),
            ..uapi::Op::default()
        };

        // SAFETY: The kernel reads `count` u64s from `handles`, which is of that length.
        unsafe { self.call(uapi::OP, &mut argument) }?;
        Ok(argument)
    }

    /// Drains.
    pub fn drain(&self, drain: Drain) -> Result<uapi::Drain, Errno> {
        let request = match drain {
            Drain::Local => uapi::DRAIN,
            Drain::All => uapi::DRAIN_ALL,
            Drain::AllForce => uapi::DRAIN_ALL_FORCE,
        };
        self.drain_request(request, 0)
    }

    /// Drains the batches of `cpu`.
    pub fn drain_cpu(&self, cpu: usize) -> Result<uapi::Drain, Errno> {
        let cpu = u32::try_from(cpu).map_err(|_| Errno::EINVAL)?;

        self.drain_request(uapi::DRAIN_CPU, cpu)
    }

    /// Disables the batches until [`Self::cache_enable`] or the file is closed.
    pub fn cache_disable(&self) -> Result<uapi::Drain, Errno> {
        self.drain_request(uapi::CACHE_DISABLE, 0)
    }

    /// Takes back a [`Self::cache_disable`].
    pub fn cache_enable(&self) -> Result<(), Errno> {
        // SAFETY: The request has no argument.
        unsafe { self.call_address(uapi::CACHE_ENABLE, 0) }
    }

    /// Where a folio is.
    pub fn query(&self, handle: u64) -> Result<uapi::Query, Errno> {
        let mut argument = uapi::Query {
            handle,
            ..uapi::Query::default()
        };

        // SAFETY: The argument is of the type of the request and holds no address.
        unsafe { self.call(uapi::QUERY, &mut argument) }?;
        Ok(argument)
    }

    /// Where the folios of `handles` are.
    pub fn query_all(&self, handles: &[u64]) -> Result<Vec<uapi::Query>, Errno> {
        handles.iter().map(|&handle| self.query(handle)).collect()
    }

    /// The module's counts.
    pub fn stats(&self) -> Result<uapi::Stats, Errno> {
        let mut argument = uapi::Stats::default();

        // SAFETY: The argument is of the type of the request and holds no address.
        unsafe { self.call(uapi::STATS, &mut argument) }?;
        Ok(argument)
    }

    fn drain_request(&self, request: u64, cpu: u32) -> Result<uapi::Drain, Errno> {
        let mut argument = uapi::Drain {
            cpu,
            ..uapi::Drain::default()
        };

        // SAFETY: The argument is of the type of the request and holds no address.
        unsafe { self.call(request, &mut argument) }?;
        Ok(argument)
    }

    /// Makes a request with an argument in memory.
    ///
    /// # Safety
    ///
    /// `argument` must be of the type that `request` says, or the kernel refuse the request; an
    /// address in it must have the room that `argument` says, or not be writable.
    pub unsafe fn call<T>(&self, request: u64, argument: &mut T) -> Result<(), Errno> {
        // SAFETY: By the requirements of this function.
        unsafe { self.call_address(request, address(ptr::from_mut(argument))) }
    }

    /// Makes a request with an argument at an address, good or bad.
    ///
    /// # Safety
    ///
    /// As for [`Self::call`], unless nothing can be written to where `address` points.
    pub unsafe fn call_address(&self, request: u64, address: u64) -> Result<(), Errno> {
        // SAFETY: By the requirements of this function.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), request, address) };

        Errno::result(result).map(drop)
    }
}

/// A pointer as the kernel takes it.
fn address<T>(pointer: *const T) -> u64 {
    pointer as u64
}

fn errno(error: io::Error) -> Errno {
    error.raw_os_error().map_or(Errno::EIO, Errno::from_raw)
}
