// SPDX-License-Identifier: GPL-2.0

//! The demo's ioctls.
//!
//! Some requests are those of [`bad_requests`], with one mistake each; the others are made by
//! [`make`], and [`expected`] says what must become of them.

mod effect;
mod expected;
mod input;
mod make;
mod model;

use crate::{
    source::Source,
    subject::Subject,
    tally::{Fate, Tally},
};
use effect::Seen;
use expected::Expected;
use fastrand::Rng;
use input::{Call, Input, Place};
use model::Model;
use selftests::{
    bad_requests::{self, Fence, Material},
    cpulist,
    demo::{Device, Drain, Operation, check_stats, uapi},
    doing::Doing as _,
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    random,
};
use std::collections::BTreeSet;

/// Folios that are looked at before and after a request.
const LOOKED_AT: usize = 3;
/// Requests after which these are others. What is seen after one is what is there before the next.
const LOOKED_AT_FOR: u64 = 8;

/// One episode.
pub(crate) fn run(rng: &mut Source, tally: &mut Tally) -> Verdict {
    let mut bench = Bench::new()?;

    for number in 0..Subject::Ioctl.inputs() {
        rng.begin(number);
        if number % LOOKED_AT_FOR == 0 || bench.seen.folios.is_empty() {
            bench.look_at_others(rng)?;
        }
        if rng.u32(..4) == 0 {
            bench.one_mistake(rng, tally)?;
            continue;
        }
        let input = make::next(rng, &bench.model, &bench.fence);
        bench
            .try_out(&input, tally)
            .map_err(|trouble| Trouble::fail(format!("input {number}, {input:x?}: {trouble:?}")))?;
    }
    bench.end()
}

/// Two open files: the one that makes the requests, and another.
struct Bench {
    device: Device,
    other: Device,
    fence: Fence,
    model: Model,
    /// As it was after the last request.
    seen: Seen,
}

impl Bench {
    fn new() -> Result<Self, Trouble> {
        let device = Device::open().doing("open")?;
        let other = Device::open().doing("open")?;
        let nodes = kernel_file::read_trimmed("/sys/devices/system/node/has_memory")?;
        let nodes = cpulist::parse(&nodes).ok_or("not a list of nodes")?;
        let number = |number: usize| number.try_into().unwrap_or(0);
        let freed = device.alloc_pages(8).doing("ALLOC")?;
        let mut model = Model {
            foreign: other.alloc_pages(8).doing("ALLOC")?,
            freed: BTreeSet::from_iter(freed.iter().copied()),
            nodes: nodes.into_iter().map(|node| number(node) as i32).collect(),
            cpus: cpulist::read("online")?.into_iter().map(number).collect(),
            ..Model::default()
        };

        device.op(Operation::Free, &freed).doing("FREE")?;
        // A request with one mistake needs something else to be right.
        let first = Input {
            call: Call::Alloc {
                count: 20,
                order: 0,
                node: uapi::NODE_ANY,
                flags: 0,
                reserved: 0,
                handles: None,
            },
            place: Place::Writable,
        };
        let answer = first.make(&device)?.doing("ALLOC")?;
        model.note(&first.call, Some(&answer));
        Ok(Self {
            seen: Seen::now(&device, &[])?,
            device,
            other,
            fence: Fence::new()?,
            model,
        })
    }

    /// Chooses other folios to look at.
    fn look_at_others(&mut self, rng: &mut Rng) -> Verdict {
        let handles = random::some_of(rng, &self.model.own(), LOOKED_AT);
        let now = Seen::now(&self.device, &handles)?;

        ensure!(
            now.stats == self.seen.stats,
            "{:?} became {:?} with no request in between",
            self.seen.stats,
            now.stats
        );
        for folio in &now.folios {
            effect::check_against(folio, self.model.folios.get(&folio.handle))?;
        }
        self.seen = now;
        Ok(())
    }

    /// A request with one mistake, and its error.
    fn one_mistake(&mut self, rng: &mut Rng, tally: &mut Tally) -> Verdict {
        let own = self.model.own();
        if own.is_empty() || self.model.disabled > 0 {
            // What some of them take for a mistake is none then.
            return Ok(());
        }
        let freed: Vec<_> = self.model.freed.iter().copied().collect();
        let material = Material {
            fence: &self.fence,
            own: &own,
            freed: &freed,
            foreign: &self.model.foreign,
        };
        let case = bad_requests::next(rng, &material);
        let result = case.call(&self.device);
        let before = &self.seen;
        let after = Seen::now(&self.device, &before.handles())?;

        tally.add(Subject::Ioctl, case.mistake, Fate::of(&result));
        ensure!(
            result == Err(case.expected) && *before == after,
            "{result:?} for {case:#x?}, and {before:?} became {after:?}"
        );
        Ok(())
    }

    /// Any request, and what must become of it.
    fn try_out(&mut self, input: &Input, tally: &mut Tally) -> Verdict {
        let expected = Expected::of(input, &self.model);
        let answer = input.make(&self.device)?;
        let mut left = self.seen.handles();
        if !matches!(expected, Expected::Refused(_)) {
            left.retain(|&handle| !input.call.gives_up(handle));
        }
        let after = Seen::now(&self.device, &left)?;

        tally.add(Subject::Ioctl, &input.kind(), Fate::of(&answer));
        effect::check(
            input,
            &expected,
            &mut self.model,
            &self.seen,
            &answer,
            &after,
        )?;
        self.seen = after;
        Ok(())
    }

    /// Every folio is where it should be, and the closed files' go.
    fn end(self) -> Verdict {
        for _ in 0..self.model.disabled {
            self.device.cache_enable().doing("CACHE_ENABLE")?;
        }
        self.device
            .drain(Drain::AllForce)
            .doing("DRAIN_ALL_FORCE")?;
        let seen = Seen::now(&self.device, &self.model.own())?;

        check_stats(&seen.stats)?;
        for folio in &seen.folios {
            effect::check_against(folio, self.model.folios.get(&folio.handle))?;
        }
        let alive = self.model.folios.len() + self.model.foreign.len();
        ensure!(
            seen.stats.allocated == alive as u64,
            "{alive} folios have handles: {:?}",
            seen.stats
        );
        drop(self.device);
        let after = Seen::now(&self.other, &self.model.foreign)?;
        ensure!(
            after.stats.allocated == self.model.foreign.len() as u64,
            "the file was closed: {:?}",
            after.stats
        );
        Ok(())
    }
}
