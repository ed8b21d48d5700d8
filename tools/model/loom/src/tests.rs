// SPDX-License-Identifier: GPL-2.0

//! The promises of rust/mm/drain.rs, and that each barrier is there for one of them.

use crate::barrier::{Barrier, leave_out};
use crate::cpu::Cpu;
use crate::mm::drain::Drain;
use crate::mm::drain_cpu::{lru_add_drain, lru_add_drain_cpu, needs_drain};
use crate::mm::storage::Memory;
use crate::observed::be_second_thread;
use crate::owner::Owner;
use loom::thread;
use std::sync::Arc;

const FIRST: u32 = 1;

fn drain_remotely(mm: &Memory, cpu: usize) {
    assert!(lru_add_drain_cpu(mm, &Owner::of_requester(Cpu::new(cpu))));
}

/// Who finds nothing to drain on a CPU finds its folios on their lists.
fn looked_at_during_a_drain() {
    loom::model(|| {
        let mm = Arc::new(Memory::new());
        mm.push(FIRST);
        let drain = thread::spawn({
            let mm = mm.clone();
            move || {
                be_second_thread();
                drain_remotely(&mm, 0)
            }
        });
        if !needs_drain(&*mm, Cpu::new(0)) {
            assert!(mm.is_listed(FIRST), "overlooked");
        }
        drain.join().unwrap();
    });
}

/// A local drain does not overtake a remote one.
fn local_drain_during_a_remote_one() {
    loom::model(|| {
        let mm = Arc::new(Memory::new());
        let drain = thread::spawn({
            let mm = mm.clone();
            move || {
                be_second_thread();
                drain_remotely(&mm, 0)
            }
        });
        mm.push(FIRST);
        lru_add_drain(&*mm);
        assert!(mm.is_listed(FIRST), "overtaken");
        drain.join().unwrap();
    });
}

/// Who drains all CPUs, or shares a pass of another, has what was in a batch before moved.
fn shared_pass() {
    loom::model(|| {
        let drain = Arc::new(Drain::new());
        let other = thread::spawn({
            let drain = drain.clone();
            move || {
                be_second_thread();
                Cpu::new(1).migrate();
                drain.all(false);
            }
        });
        drain.mm().push(FIRST);
        // Or its own drain of the CPU it is on would do.
        Cpu::new(1).migrate();
        drain.all(false);
        assert!(drain.mm().is_listed(FIRST), "forgotten");
        other.join().unwrap();
    });
}

#[test]
fn what_a_drain_has_in_hand_is_seen() {
    looked_at_during_a_drain();
}

#[test]
#[should_panic(expected = "overlooked")]
fn what_a_drain_has_in_hand_is_not_seen_without_the_write_barrier() {
    leave_out(Barrier::Write);
    looked_at_during_a_drain();
}

#[test]
#[should_panic(expected = "overlooked")]
fn what_a_drain_has_in_hand_is_not_seen_without_the_read_barrier() {
    leave_out(Barrier::Read);
    looked_at_during_a_drain();
}

#[test]
fn a_local_drain_waits_for_a_remote_one() {
    local_drain_during_a_remote_one();
}

#[test]
#[should_panic(expected = "overtaken")]
fn a_local_drain_overtakes_a_remote_one_without_the_write_barrier() {
    leave_out(Barrier::Write);
    local_drain_during_a_remote_one();
}

#[test]
#[should_panic(expected = "overtaken")]
fn a_local_drain_overtakes_a_remote_one_without_the_read_barrier() {
    leave_out(Barrier::Read);
    local_drain_during_a_remote_one();
}

#[test]
fn a_pass_may_be_shared() {
    shared_pass();
}

#[test]
#[should_panic(expected = "forgotten")]
fn a_shared_pass_forgets_folios_without_the_full_barriers() {
    leave_out(Barrier::Full);
    shared_pass();
}
