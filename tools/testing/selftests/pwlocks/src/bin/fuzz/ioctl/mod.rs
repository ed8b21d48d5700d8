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

/// Folios that are looked at before and after a request.
const LOOKED_AT: usize = 3;

/// One episode.
pub(crate) fn run(rng: &mut Source, tally: &mut Tally) -> Verdict {
    let mut bench = Bench::new()?;

    for number in 0..Subject::Ioctl.inputs() {
        rng.begin(number);
        if rng.u32(..4) == 0 {
            bench.one_mistake(rng, tally)?;
            continue;
        }
        let input = make::next(rng, &bench.model, &bench.fence);
        bench
            .try_out(rng, &input, tally)
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
}

impl Bench {
    fn new() -> Result<Self, Trouble> {
        let device = Device::open().doing("open")?;
        let other = Device::open().doing("open")?;
        let nodes = kernel_file::read_trimmed("/sys/devices/system/node/has_memory")?;
        let nodes = cpulist::parse(&nodes).ok_or("not a list of nodes")?;
        let number = |number: usize| number.try_into().unwrap_or(0);
        let mut model = Model {
            foreign: other.alloc_pages(8).doing("ALLOC")?,
            freed: device.alloc_pages(8).doing("ALLOC")?,
            nodes: nodes.into_iter().map(|node| number(node) as i32).collect(),
            cpus: cpulist::read("online")?.into_iter().map(number).collect(),
            ..Model::default()
        };

        device.op(Operation::Free, &model.freed).doing("FREE")?;
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
            device,
            other,
            fence: Fence::new()?,
            model,
        })
    }

    /// A request with one mistake, and its error.
    fn one_mistake(&mut self, rng: &mut Rng, tally: &mut Tally) -> Verdict {
        let own = self.model.own();
        if own.is_empty() || self.model.disabled > 0 {
            // What some of them take for a mistake is none then.
            return Ok(());
        }
        let material = Material {
            fence: &self.fence,
            own: &own,
            freed: &self.model.freed,
            foreign: &self.model.foreign,
        };
        let case = bad_requests::next(rng, &material);
        let looked_at = random::some_of(rng, &own, LOOKED_AT);
        let before = Seen::now(&self.device, &looked_at)?;
        let result = case.call(&self.device);
        let after = Seen::now(&self.device, &looked_at)?;

        tally.add(Subject::Ioctl, case.mistake, Fate::of(&result));
        ensure!(
            result == Err(case.expected) && before == after,
            "{result:?} for {case:#x?}, and {before:?} became {after:?}"
        );
        Ok(())
    }

    /// Any request, and what must become of it.
    fn try_out(&mut self, rng: &mut Rng, input: &Input, tally: &mut Tally) -> Verdict {
        let looked_at = random::some_of(rng, &self.model.own(), LOOKED_AT);
        let before = Seen::now(&self.device, &looked_at)?;
        let answer = input.make(&self.device)?;
        let mut noted = self.model.clone();
        let is_done = !matches!(Expected::of(input, &self.model), Expected::Refused(_));
        if is_done {
            noted.note(&input.call, answer.as_ref().ok());
        }
        let left: Vec<_> = looked_at
            .into_iter()
            .filter(|handle| noted.folios.contains_key(handle))
            .collect();
        let after = Seen::now(&self.device, &left)?;

        tally.add(Subject::Ioctl, &input.kind(), Fate::of(&answer));
        effect::check(input, &self.model, &before, &answer, &after)?;
        self.model = noted;
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
