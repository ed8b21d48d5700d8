// SPDX-License-Identifier: GPL-2.0

//! One bad request, and the error it must get.

use crate::demo::{Device, uapi};
use nix::errno::Errno;

/// What a request is made with.
#[derive(Debug, Clone)]
pub enum Argument {
    /// For folios that there is no room for.
    Alloc(uapi::Alloc),
    /// With the handles whose address is put in.
    Op(uapi::Op, Vec<u64>),
    /// With the bad address that it has.
    OpAt(uapi::Op),
    /// For all the drains.
    Drain(uapi::Drain),
    /// For one folio.
    Query(uapi::Query),
    /// A number, or an address at which nothing can be written.
    Number(u64),
}

/// A request that must be refused.
#[derive(Debug, Clone)]
pub struct Case {
    /// The kind of mistake.
    pub mistake: &'static str,
    /// Its number.
    pub request: u64,
    /// Its argument.
    pub argument: Argument,
    /// The error.
    pub expected: Errno,
}

impl Case {
    /// Makes the request.
    pub fn call(&self, device: &Device) -> Result<(), Errno> {
        match self.argument.clone() {
            // SAFETY: The module refuses this, or finds no writable memory at the address in it.
            Argument::Alloc(mut alloc) => unsafe { device.call(self.request, &mut alloc) },
            Argument::Op(mut op, handles) => {
                op.handles = handles.as_ptr() as u64;
                // SAFETY: The structure is of the request's type and the handles are only read.
                unsafe { device.call(self.request, &mut op) }
            }
            // SAFETY: The structure is of the request's type and the handles are only read.
            Argument::OpAt(mut op) => unsafe { device.call(self.request, &mut op) },
            // SAFETY: The structure is of the request's type and holds no address.
            Argument::Drain(mut drain) => unsafe { device.call(self.request, &mut drain) },
            // SAFETY: The structure is of the request's type and holds no address.
            Argument::Query(mut query) => unsafe { device.call(self.request, &mut query) },
            // SAFETY: Nothing can be written there.
            Argument::Number(number) => unsafe { device.call_address(self.request, number) },
        }
    }
}
