// SPDX-License-Identifier: GPL-2.0

//! Random requests with the shape of right ones, each field of which may be wrong.

use super::{
    input::{Call, Input, Place},
    model::Model,
};
use fastrand::Rng;
use selftests::{
    bad_requests::{Fence, bad_addresses},
    demo::{Operation, uapi},
    random,
};

/// Folios a file has at most.
const FOLIOS: usize = 300;
/// Folios in one request at most: more than a batch.
const AT_ONCE: u32 = 40;
/// Folios in every other request at most: it is done the sooner.
const FEW: u32 = 4;
/// CACHE_DISABLE in force at most: batches are to be used most of the time.
const DISABLED: u32 = 2;
/// One field in so many is wrong.
const WRONG: u32 = 12;

const DRAINS: [u64; 4] = [
    uapi::DRAIN,
    uapi::DRAIN_CPU,
    uapi::DRAIN_ALL,
    uapi::DRAIN_ALL_FORCE,
];

/// One more request.
pub(crate) fn next(rng: &mut Rng, model: &Model, fence: &Fence) -> Input {
    let call = match rng.u32(..40) {
        0..6 => alloc(rng, model, fence),
        6..27 => op(rng, model, fence),
        27..33 => drain(rng, model),
        // It waits for a grace period, and takes as long as twenty others.
        33 => disable(rng, model),
        34..36 => Call::Enable,
        36..38 => query(rng, model),
        _ => Call::Stats,
    };

    Input {
        call,
        place: place(rng, fence),
    }
}

fn is_wrong(rng: &mut Rng) -> bool {
    rng.u32(..WRONG) == 0
}

/// How many folios a request is about.
fn how_many(rng: &mut Rng) -> u32 {
    let most = if rng.bool() { FEW } else { AT_ONCE };

    rng.u32(1..=most)
}

fn place(rng: &mut Rng, fence: &Fence) -> Place {
    match rng.u32(..2 * WRONG) {
        0 => Place::ReadOnly,
        1 => Place::Bad(bad_address(rng, fence, size_of::<uapi::Op>())),
        _ => Place::Writable,
    }
}

fn bad_address(rng: &mut Rng, fence: &Fence, size: usize) -> u64 {
    let all = bad_addresses(fence, size);

    all[rng.usize(..all.len())]
}

/// A number near one at which something changes, or any.
fn odd_number(rng: &mut Rng) -> u32 {
    const NEAR: [u32; 7] = [0, 1, 31, 64, uapi::COUNT_MAX, 1 << 31, u32::MAX];

    match rng.u32(..3) {
        0 => rng.u32(..),
        _ => NEAR[rng.usize(..NEAR.len())].wrapping_add(rng.u32(..3)),
    }
}

/// No bits, or sometimes some that must not be.
fn reserved(rng: &mut Rng) -> u64 {
    match is_wrong(rng) {
        true => rng.u64(..) >> rng.u32(..64),
        false => 0,
    }
}

fn alloc(rng: &mut Rng, model: &Model, fence: &Fence) -> Call {
    if model.folios.len() + AT_ONCE as usize > FOLIOS {
        return some_freed(rng, model);
    }
    let mut count = how_many(rng);
    if is_wrong(rng) {
        // One in between would be right, and take all memory.
        count = odd_number(rng);
        if (AT_ONCE..=uapi::COUNT_MAX).contains(&count) {
            count = 0;
        }
    }
    let order = match rng.u32(..8) {
        0 => rng.u32(..=uapi::ORDER_MAX),
        1 if is_wrong(rng) => odd_number(rng),
        _ => 0,
    };
    let node = match rng.u32(..4) {
        0 => model.nodes[rng.usize(..model.nodes.len())],
        1 if is_wrong(rng) => odd_number(rng) as i32,
        _ => uapi::NODE_ANY,
    };
    let flags = match is_wrong(rng) {
        true => rng.u32(..),
        false => rng.u32(..) & rng.u32(..=uapi::FOLIO_ALLOC_FLAGS),
    };
    let size = count.min(AT_ONCE) as usize * size_of::<u64>();

    Call::Alloc {
        count,
        order,
        node,
        flags,
        reserved: reserved(rng),
        handles: is_wrong(rng).then(|| bad_address(rng, fence, size.max(2))),
    }
}

fn some_freed(rng: &mut Rng, model: &Model) -> Call {
    Call::Op {
        op: uapi::OP_FREE,
        handles: random::some_of(rng, &model.own(), 2 * AT_ONCE as usize),
        count: None,
        at: None,
        reserved: 0,
    }
}

fn op(rng: &mut Rng, model: &Model, fence: &Fence) -> Call {
    let op = match is_wrong(rng) {
        true => odd_number(rng),
        false => Operation::ALL[rng.usize(..Operation::ALL.len())].number(),
    };
    let count = how_many(rng) as usize;
    let mut handles = random::some_of(rng, &model.own(), count);
    if rng.bool() && !handles.is_empty() {
        // Twice is right but for FREE.
        handles.push(handles[rng.usize(..handles.len())]);
    }
    if is_wrong(rng) {
        let place = rng.usize(..=handles.len());
        handles.insert(place, odd_handle(rng, model));
    }
    // One in between would have the kernel read what was not meant for it.
    let count = is_wrong(rng).then(|| match rng.bool() {
        true => 0,
        false => rng.u32(uapi::COUNT_MAX + 1..),
    });
    let size = handles.len() * size_of::<u64>();

    Call::Op {
        op,
        at: (is_wrong(rng) && size > 0).then(|| bad_address(rng, fence, size)),
        handles,
        count,
        reserved: reserved(rng),
    }
}

/// A handle that is not this file's, most likely.
fn odd_handle(rng: &mut Rng, model: &Model) -> u64 {
    let own = model.own();
    let any = rng.u64(..);

    match rng.u32(..5) {
        0 => rng.choice(&model.freed).copied(),
        1 => rng.choice(&model.foreign).copied(),
        2 => rng.choice(own).map(|handle| handle ^ (1 << rng.u32(..64))),
        3 => Some(rng.u64(..4)),
        _ => None,
    }
    .unwrap_or(any)
}

fn drain(rng: &mut Rng, model: &Model) -> Call {
    let request = DRAINS[rng.usize(..DRAINS.len())];
    let cpu = match (is_wrong(rng), request) {
        (true, _) => odd_number(rng),
        (false, uapi::DRAIN_CPU) => model.cpus[rng.usize(..model.cpus.len())],
        (false, _) => 0,
    };

    Call::Drain {
        request,
        cpu,
        reserved: reserved(rng) as u32,
    }
}

fn disable(rng: &mut Rng, model: &Model) -> Call {
    if model.disabled >= DISABLED {
        return Call::Enable;
    }
    Call::Drain {
        request: uapi::CACHE_DISABLE,
        cpu: 0,
        reserved: reserved(rng) as u32,
    }
}

fn query(rng: &mut Rng, model: &Model) -> Call {
    let handle = match is_wrong(rng) {
        true => odd_handle(rng, model),
        false => rng.choice(model.own()).unwrap_or(0),
    };

    Call::Query {
        handle,
        reserved: reserved(rng) as u32,
    }
}

#[cfg(test)]
mod tests {
    use super::next;
    use crate::ioctl::{
        expected::Expected,
        input::{Answer, Call},
        model::Model,
    };
    use selftests::{bad_requests::Fence, demo::uapi, random};

    #[test]
    fn right_and_wrong_ones_and_none_that_takes_much_memory() {
        let fence = Fence::new().unwrap();
        let mut rng = random::source(1, 0);
        let mut model = Model {
            nodes: vec![0],
            cpus: vec![0],
            foreign: vec![1 << 40],
            ..Model::default()
        };
        let (mut done, mut refused, mut last) = (0, 0, 100);

        for _ in 0..5000 {
            let input = next(&mut rng, &model, &fence);
            if let Expected::Refused(_) = Expected::of(&input, &model) {
                refused += 1;
                continue;
            }
            done += 1;
            let answer = if let Call::Alloc { count, .. } = input.call {
                last += u64::from(count);
                Answer::Handles((last - u64::from(count)..last).collect())
            } else {
                Answer::Nothing
            };
            model.note(&input.call, Some(&answer));
            let pages: u64 = model.folios.values().map(|folio| 1 << folio.order).sum();
            assert!(pages < 300 << uapi::ORDER_MAX, "{input:?}");
        }
        assert!(done > 1000 && refused > 1000, "{done} {refused}");
    }
}
