// SPDX-License-Identifier: GPL-2.0

//! Random requests with exactly one mistake each, so that the error to expect is known.

use super::{Argument, Case, Fence, bad_addresses};
use crate::{
    demo::{
        Operation,
        uapi::{self, Alloc, Drain, Op, Query},
    },
    random,
};
use fastrand::Rng;
use nix::errno::Errno;

/// What a mistake can be made with.
#[derive(Debug)]
pub struct Material<'a> {
    /// Memory that can't be read or written.
    pub fence: &'a Fence,
    /// Handles of the file that makes the requests.
    pub own: &'a [u64],
    /// Handles that were this file's.
    pub freed: &'a [u64],
    /// Handles of another file.
    pub foreign: &'a [u64],
}

const DRAINS: [u64; 5] = [
    uapi::DRAIN,
    uapi::DRAIN_CPU,
    uapi::DRAIN_ALL,
    uapi::DRAIN_ALL_FORCE,
    uapi::CACHE_DISABLE,
];

/// One more request with a mistake.
pub fn next(rng: &mut Rng, material: &Material) -> Case {
    match rng.u32(..10) {
        0..2 => alloc(rng, material),
        2..4 => op(rng, material),
        4..6 => handle(rng, material),
        6 => drain(rng),
        7 => query(rng, material),
        8 => argument_address(rng, material),
        _ => unknown(rng),
    }
}

fn alloc(rng: &mut Rng, material: &Material) -> Case {
    // Not writable, so that the kernel writes nowhere should it make no mistake of ours out.
    let mut alloc = Alloc {
        count: rng.u32(1..=40),
        order: rng.u32(..=uapi::ORDER_MAX),
        node: uapi::NODE_ANY,
        flags: rng.u32(..=uapi::FOLIO_ALLOC_FLAGS),
        handles: material.fence.untouchable(),
        reserved: 0,
    };
    let mut expected = Errno::EINVAL;
    let mistake = match rng.u32(..7) {
        0 => {
            alloc.count = 0;
            "ALLOC of none"
        }
        1 => {
            alloc.count = rng.u32(uapi::COUNT_MAX + 1..);
            "ALLOC of too many"
        }
        2 => {
            alloc.order = rng.u32(uapi::ORDER_MAX + 1..);
            "ALLOC of too high an order"
        }
        3 => {
            // No kernel has that many nodes.
            alloc.node = *rng
                .choice(&[i32::MIN, -2, 100_000, i32::MAX])
                .unwrap_or(&-2);
            "ALLOC on a node that doesn't exist"
        }
        4 => {
            alloc.flags |= 1 << rng.u32(5..32);
            "ALLOC with unknown flags"
        }
        5 => {
            alloc.reserved = 1 << rng.u32(..64);
            "ALLOC with reserved bits"
        }
        _ => {
            let size = alloc.count as usize * size_of::<u64>();
            alloc.handles = *rng
                .choice(&bad_addresses(material.fence, size))
                .unwrap_or(&0);
            expected = Errno::EFAULT;
            "ALLOC with a bad address"
        }
    };
    Case {
        mistake,
        request: uapi::ALLOC,
        argument: Argument::Alloc(alloc),
        expected,
    }
}

fn good_op(rng: &mut Rng, handles: &[u64]) -> Op {
    let operation = Operation::ALL[rng.usize(..Operation::ALL.len())];

    Op {
        op: operation.number(),
        count: handles.len() as u32,
        ..Op::default()
    }
}

fn op(rng: &mut Rng, material: &Material) -> Case {
    let count = rng.usize(1..=20);
    let handles = random::some_of(rng, material.own, count);
    let mut op = good_op(rng, &handles);
    let (mistake, expected) = match rng.u32(..5) {
        0 => {
            let any = rng.u32(uapi::OP_MAX + 1..);
            op.op = *rng
                .choice(&[0, uapi::OP_MAX + 1, any, u32::MAX])
                .unwrap_or(&0);
            ("an unknown operation", Errno::EINVAL)
        }
        1 => {
            op.count = 0;
            ("OP on no folio", Errno::EINVAL)
        }
        2 => {
            op.count = rng.u32(uapi::COUNT_MAX + 1..);
            ("OP on too many folios", Errno::EINVAL)
        }
        3 => {
            op.reserved = 1 << rng.u32(..64);
            ("OP with reserved bits", Errno::EINVAL)
        }
        _ => {
            let size = handles.len() * size_of::<u64>();
            op.handles = *rng
                .choice(&bad_addresses(material.fence, size))
                .unwrap_or(&0);
            return Case {
                mistake: "OP with a bad address",
                request: uapi::OP,
                argument: Argument::OpAt(op),
                expected: Errno::EFAULT,
            };
        }
    };
    Case {
        mistake,
        request: uapi::OP,
        argument: Argument::Op(op, handles),
        expected,
    }
}

/// A handle that the file doesn't have, and the error for it.
fn bad_handle(rng: &mut Rng, material: &Material) -> (&'static str, u64, Errno) {
    match rng.u32(..3) {
        0 => {
            let handle = *rng.choice(material.foreign).unwrap_or(&u64::MAX);
            ("another file's handle", handle, Errno::EPERM)
        }
        1 => {
            let handle = *rng.choice(material.freed).unwrap_or(&u64::MAX);
            ("a handle that was freed", handle, Errno::EINVAL)
        }
        _ => {
            // The module gives no such large ones: it would have to have made 2^62.
            let handle = rng.u64(1 << 62..);
            ("a handle that never was", handle, Errno::EINVAL)
        }
    }
}

fn handle(rng: &mut Rng, material: &Material) -> Case {
    let count = rng.usize(1..=20);
    let mut handles = random::some_of(rng, material.own, count);
    let mut op = good_op(rng, &handles);
    let place = rng.usize(..handles.len());
    let (mistake, expected) = if handles.len() > 1 && rng.u32(..4) == 0 {
        handles[place] = handles[(place + 1) % handles.len()];
        op.op = uapi::OP_FREE;
        ("FREE of a folio twice", Errno::EINVAL)
    } else {
        let (mistake, handle, expected) = bad_handle(rng, material);
        handles[place] = handle;
        (mistake, expected)
    };
    Case {
        mistake,
        request: uapi::OP,
        argument: Argument::Op(op, handles),
        expected,
    }
}

fn drain(rng: &mut Rng) -> Case {
    let request = *rng.choice(&DRAINS).unwrap_or(&uapi::DRAIN);
    let mut drain = Drain::default();
    let mistake = if rng.bool() {
        drain.reserved = 1 << rng.u32(..32);
        "a drain with reserved bits"
    } else if request == uapi::DRAIN_CPU {
        // No kernel for x86-64 has as many.
        drain.cpu = rng.u32(8192..);
        "DRAIN_CPU of a CPU that can't be"
    } else {
        drain.cpu = rng.u32(1..);
        "a drain that takes no CPU with one"
    };
    Case {
        mistake,
        request,
        argument: Argument::Drain(drain),
        expected: Errno::EINVAL,
    }
}

fn query(rng: &mut Rng, material: &Material) -> Case {
    let mut query = Query {
        handle: *rng.choice(material.own).unwrap_or(&0),
        ..Query::default()
    };
    let (mistake, expected) = if rng.u32(..4) == 0 {
        query.reserved = 1 << rng.u32(..32);
        ("QUERY with reserved bits", Errno::EINVAL)
    } else {
        let (mistake, handle, expected) = bad_handle(rng, material);
        query.handle = handle;
        (mistake, expected)
    };
    Case {
        mistake,
        request: uapi::QUERY,
        argument: Argument::Query(query),
        expected,
    }
}

/// A request whose structure can't be read.
fn argument_address(rng: &mut Rng, material: &Material) -> Case {
    let requests = [uapi::ALLOC, uapi::OP, uapi::QUERY, uapi::STATS];
    let all: Vec<_> = requests.into_iter().chain(DRAINS).collect();
    let request = *rng.choice(&all).unwrap_or(&uapi::OP);
    let address = bad_addresses(material.fence, size_of::<Op>());

    if rng.u32(..10) == 0 {
        return Case {
            mistake: "CACHE_ENABLE without CACHE_DISABLE",
            request: uapi::CACHE_ENABLE,
            argument: Argument::Number(*rng.choice(&address).unwrap_or(&0)),
            expected: Errno::EINVAL,
        };
    }
    Case {
        mistake: "a structure at a bad address",
        request,
        argument: Argument::Number(*rng.choice(&address).unwrap_or(&0)),
        expected: Errno::EFAULT,
    }
}

/// A request that is none of the device's.
fn unknown(rng: &mut Rng) -> Case {
    // In the order of the bits: number, type, size, direction.
    let number = rng.u64(..256);
    let magic = *rng.choice(b"pPq\0\xff").unwrap_or(&b'p');
    let size = rng.u64(..0x4000);
    let direction = rng.u64(..4);
    let request = number | (u64::from(magic) << 8) | (size << 16) | (direction << 30);
    let known = DRAINS.contains(&request)
        || [
            uapi::ALLOC,
            uapi::OP,
            uapi::CACHE_ENABLE,
            uapi::QUERY,
            uapi::STATS,
        ]
        .contains(&request);

    Case {
        mistake: "an unknown request",
        request: if known { 0 } else { request },
        argument: Argument::Number(0),
        expected: Errno::ENOTTY,
    }
}

#[cfg(test)]
mod tests {
    use super::{Argument, Fence, Material, next};
    use fastrand::Rng;

    #[test]
    fn few_folios_are_enough_to_free_one_twice() {
        let fence = Fence::new().unwrap();
        let material = Material {
            fence: &fence,
            own: &[16, 32, 48],
            freed: &[64],
            foreign: &[80],
        };
        let mut rng = Rng::with_seed(1);
        let mut twice = 0;
        for _ in 0..10_000 {
            let case = next(&mut rng, &material);
            if let (Argument::Op(_, handles), "FREE of a folio twice") =
                (case.argument, case.mistake)
            {
                let (mut distinct, all) = (handles.clone(), handles.len());
                distinct.sort_unstable();
                distinct.dedup();
                assert!(distinct.len() < all);
                twice += 1;
            }
        }
        assert!(twice > 0);
    }
}
