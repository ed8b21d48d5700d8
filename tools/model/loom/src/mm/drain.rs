// SPDX-License-Identifier: GPL-2.0

//! The drain of all CPUs: how callers share a pass is rust/mm/drain.rs's own (build.rs), and a pass is
//! what it is in remote mode with all CPUs online.

use super::drain_cpu::{lru_add_drain, lru_add_drain_cpu, needs_drain};
use super::storage::Memory;
use crate::barrier::smp_mb;
use crate::cpu::{CPUS, Cpu};
use crate::owner::Owner;
use crate::sync::Mutex;
#[allow(unused_imports)]
use crate::sync::atomic::{Acquire, Atomic, Full, Relaxed};
use std::sync::Arc;

/// What a drain did.
#[allow(dead_code)]
#[derive(Default)]
pub(crate) struct Pass {
    pub(crate) shared: bool,
    pub(crate) drained: u32,
}

/// What is counted elsewhere.
#[derive(Default)]
struct Count;

impl Count {
    fn add(&self, _n: u64) {}
}

/// Some of these are counted, whichever the source has.
#[allow(dead_code)]
#[derive(Default)]
struct Counts {
    requests: Count,
    shared: Count,
    passes: Count,
}

/// What the shared functions are methods of.
pub(crate) struct Drain {
    mm: Arc<Memory>,
    generation: Atomic,
    queued: Mutex<()>,
    counts: Counts,
}

impl Drain {
    pub(crate) fn new() -> Self {
        Self {
            mm: Arc::new(Memory::new()),
            generation: Atomic::new(0),
            queued: Mutex::new(()),
            counts: Counts::default(),
        }
    }

    pub(crate) fn mm(&self) -> &Memory {
        &self.mm
    }

    fn pass(&self, _queued: &mut ()) -> Pass {
        let mut pass = Pass::default();
        for cpu in (0..CPUS).map(Cpu::new) {
            if needs_drain(&*self.mm, cpu) {
                assert!(lru_add_drain_cpu(&*self.mm, &Owner::of_requester(cpu)));
                pass.drained += 1;
            }
        }
        pass
    }

    fn count(&self, pass: Pass) -> Pass {
        pass
    }
}

include!(concat!(env!("OUT_DIR"), "/pass.rs"));
