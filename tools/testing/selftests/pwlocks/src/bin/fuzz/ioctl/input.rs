// SPDX-License-Identifier: GPL-2.0

//! One request to the demo's device, right or wrong.

use nix::errno::Errno;
use selftests::{
    bad_requests::Fence,
    demo::{Device, Operation, uapi},
    ktap::Trouble,
};

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Alloc {
        count: u32,
        order: u32,
        node: i32,
        flags: u32,
        reserved: u64,
        /// Where the handles go, if that is a bad address.
        handles: Option<u64>,
    },
    Op {
        op: u32,
        handles: Vec<u64>,
        /// How many there are said to be, if that is wrong.
        count: Option<u32>,
        /// Where they are said to be, if that is a bad address.
        at: Option<u64>,
        reserved: u64,
    },
    /// One of the drains, or CACHE_DISABLE.
    Drain {
        request: u64,
        cpu: u32,
        reserved: u32,
    },
    Enable,
    Query {
        handle: u64,
        reserved: u32,
    },
    Stats,
}

/// Where its structure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Where it should be.
    Writable,
    /// Where no result can be written.
    ReadOnly,
    /// At a bad address.
    Bad(u64),
}

#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) call: Call,
    pub(crate) place: Place,
}

/// What the kernel has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Nothing,
    Handles(Vec<u64>),
    Op(uapi::Op),
    Drain(uapi::Drain),
    Query(uapi::Query),
    Stats(uapi::Stats),
}

impl Call {
    /// Whether the folio of `handle` is given up if it is done.
    pub(crate) fn gives_up(&self, handle: u64) -> bool {
        match self {
            Self::Op {
                op: uapi::OP_FREE,
                handles,
                ..
            } => handles.contains(&handle),
            _ => false,
        }
    }
}

impl Input {
    /// What it is counted as.
    pub(crate) fn kind(&self) -> String {
        match &self.call {
            Call::Alloc { .. } => "ALLOC".to_owned(),
            Call::Op { op, .. } => Operation::ALL
                .into_iter()
                .find(|known| known.number() == *op)
                .map_or("OP unknown".to_owned(), |known| format!("OP {known:?}")),
            Call::Drain { request, .. } => match *request {
                uapi::DRAIN => "DRAIN",
                uapi::DRAIN_CPU => "DRAIN_CPU",
                uapi::DRAIN_ALL => "DRAIN_ALL",
                uapi::DRAIN_ALL_FORCE => "DRAIN_ALL_FORCE",
                _ => "CACHE_DISABLE",
            }
            .to_owned(),
            Call::Enable => "CACHE_ENABLE".to_owned(),
            Call::Query { .. } => "QUERY".to_owned(),
            Call::Stats => "STATS".to_owned(),
        }
    }

    /// Makes the request.
    pub(crate) fn make(&self, device: &Device) -> Result<Result<Answer, Errno>, Trouble> {
        match &self.call {
            &Call::Alloc {
                count,
                order,
                node,
                flags,
                reserved,
                handles,
            } => {
                // For more than the most there need not be room.
                let mut room = vec![0_u64; count.min(uapi::COUNT_MAX) as usize];
                let argument = uapi::Alloc {
                    count,
                    order,
                    node,
                    flags,
                    handles: handles.unwrap_or(room.as_mut_ptr() as u64),
                    reserved,
                };
                let result = self.with(device, uapi::ALLOC, argument)?;
                Ok(result.map(|_| Answer::Handles(room)))
            }
            Call::Op {
                op,
                handles,
                count,
                at,
                reserved,
            } => {
                let argument = uapi::Op {
                    op: *op,
                    count: count.unwrap_or(handles.len() as u32),
                    handles: at.unwrap_or(handles.as_ptr() as u64),
                    reserved: *reserved,
                    ..uapi::Op::default()
                };
                Ok(self.with(device, uapi::OP, argument)?.map(Answer::Op))
            }
            &Call::Drain {
                request,
                cpu,
                reserved,
            } => {
                let argument = uapi::Drain {
                    cpu,
                    reserved,
                    ..uapi::Drain::default()
                };
                Ok(self.with(device, request, argument)?.map(Answer::Drain))
            }
            Call::Enable => Ok(device.cache_enable().map(|()| Answer::Nothing)),
            &Call::Query { handle, reserved } => {
                let argument = uapi::Query {
                    handle,
                    reserved,
                    ..uapi::Query::default()
                };
                Ok(self.with(device, uapi::QUERY, argument)?.map(Answer::Query))
            }
            Call::Stats => {
                let argument = uapi::Stats::default();
                Ok(self.with(device, uapi::STATS, argument)?.map(Answer::Stats))
            }
        }
    }

    /// With the structure in its place; the structure after it, where the kernel could write.
    fn with<T: Copy>(
        &self,
        device: &Device,
        request: u64,
        mut argument: T,
    ) -> Result<Result<T, Errno>, Trouble> {
        let result = match self.place {
            // SAFETY: Of the type of the request. The handles in it have as much room as it says, or
            // can't be written.
            Place::Writable => unsafe { device.call(request, &mut argument) },
            Place::ReadOnly => {
                let fence = Fence::new()?;
                let address = fence.read_only(argument)?;
                // SAFETY: As above, but for the structure, which can't be written.
                unsafe { device.call_address(request, address) }
            }
            // SAFETY: Nothing can be written there.
            Place::Bad(address) => unsafe { device.call_address(request, address) },
        };
        Ok(result.map(|()| argument))
    }
}
