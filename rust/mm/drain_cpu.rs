// SPDX-License-Identifier: GPL-2.0

//! The drain of one CPU's batches.
//!
//! Each batch is taken out under its lock, a copy of at most 31 pointers, and moved after the lock
//! is released. So a CPU that adds folios while another one drains it waits for the copy, not for
//! the move. What makes that safe to rely on is told in [`super::drain`].

use super::{
    batch::{
        FolioBatch,
        Kind, //
    },
    storage::{
        Batches,
        InHand, //
    },
    Mm,
};
use pwlocks::{
    barrier::{
        smp_rmb,
        smp_wmb, //
    },
    cpu::Cpu,
    owner::Owner,
    stretch::stretch_time, //
};

/// The CPU's batches are not ours to lock: see
/// [`PerCpuLock::lock`](pwlocks::lock::PerCpuLock::lock).
struct Refused;

/// Takes everything out of `batch`, whose lock the caller holds, into `taken`. Returns the number of
/// folios.
#[inline(always)]
fn take_out<M: Mm>(
    mm: &M,
    kind: Kind,
    batch: &mut FolioBatch<M::Folio>,
    taken: &mut FolioBatch<M::Folio>,
) -> usize {
    if mm.moves_locked() {
        let len = batch.len();

        if len != 0 {
            mm.move_batch(kind, batch);
        }
        len
    } else {
        batch.take_into(taken)
    }
}

/// Moves what `take` takes out of each batch that does not look empty to `peek_len`, and returns the
/// number of folios. `hand` is locked.
///
/// With the hand locked nobody else takes anything out, so a batch that looks empty needs no lock to
/// be passed over: what was put into it is still there, or was moved by who had the hand before.
#[inline]
fn drain<M: Mm>(
    mm: &M,
    hand: &mut InHand,
    kinds: &[Kind],
    peek_len: impl Fn(Kind) -> usize,
    mut take: impl FnMut(Kind, &mut FolioBatch<M::Folio>) -> Result<usize, Refused>,
) -> Result<usize, Refused> {
    // Made here, once: not while the batch's owner waits.
    let mut taken = FolioBatch::new();
    let mut folios = 0;

    let done = kinds.iter().try_for_each(|&kind| {
        if peek_len(kind) == 0 {
            return Ok(());
        }
        if !hand.is_busy() {
            hand.set(true);
            // `needs_drain()` looks at the batches first: where it finds this one empty it must
            // find the hand full. That it may be full before is for the batch's lock to be held
            // for less.
            smp_wmb();
        }
        folios += take(kind, &mut taken)?;
        if !taken.is_empty() {
            stretch_time();
            mm.move_batch(kind, &mut taken);
        }
        Ok(())
    });

    if hand.is_busy() {
        // Whoever sees the hand empty must see the folios on their lists.
        smp_wmb();
        hand.set(false);
    }
    done.map(|()| folios)
}

/// Drains the batches of the CPU the caller runs on (`lru_add_drain()`).
///
/// On return, whatever the caller had put into batches while on this CPU is where it belongs.
/// Context: task, also atomic (PREEMPT_RT: may sleep).
pub(crate) fn lru_add_drain<M: Mm>(mm: &M) {
    drain_local(mm, &Kind::ALL);
}

/// [`lru_add_drain`] for some kinds of batch, in that order.
///
/// Mostly there is nothing to drain, and that is seen without the lock. Where the task moves to
/// another CPU meanwhile, the one that was looked at is the one that was to be drained.
#[inline(always)]
pub(crate) fn drain_local<M: Mm>(mm: &M, kinds: &'static [Kind]) {
    if holds_any(mm, Cpu::current(), kinds) {
        drain_local_locked(mm, kinds);
    }
}

/// Apart, so that what it needs is not set up where it isn't called.
#[inline(never)]
fn drain_local_locked<M: Mm>(mm: &M, kinds: &'static [Kind]) {
    let batches = mm.batches();
    let mut hand = batches.in_hand_local();
    // The hand's lock pins us, so "local" stays the same CPU throughout.
    let cpu = Cpu::current();

    let peek_len = |kind| batches.peek_len(cpu, kind);

    let _: Result<usize, Refused> = drain(mm, &mut hand, kinds, peek_len, |kind, taken| {
        Ok(match kind {
            Kind::MoveTail => take_out(mm, kind, &mut batches.lock_irq_local(), taken),
            Kind::Mlock => take_out(mm, kind, &mut batches.mlock_local(), taken),
            _ => take_out(mm, kind, batches.lock_local().batch(kind), taken),
        })
    });
}

/// Drains the batches of the CPU that `owner` names (`lru_add_drain_cpu()`, `mlock_drain_cpu()`).
///
/// Returns `false` if they are not ours to lock, in local mode on a worker whose CPU went down: the
/// hotplug callback drains them. Context: task.
#[must_use]
pub(crate) fn lru_add_drain_cpu<M: Mm>(mm: &M, owner: &Owner<'_>) -> bool {
    let batches = mm.batches();
    let Some(mut hand) = batches.in_hand(owner) else {
        return false;
    };

    #[cfg(SABOTAGE_DEAD_CPU_UNLOCKED)]
    let mut hand = stretch(hand, owner);

    let peek_len = |kind| batches.peek_len(owner.cpu(), kind);

    let drained = drain(mm, &mut hand, &Kind::ALL, peek_len, |kind, taken| {
        Ok(match kind {
            Kind::MoveTail => {
                let mut batch = batches.lock_irq(owner).ok_or(Refused)?;

                take_out(mm, kind, &mut batch, taken)
            }
            Kind::Mlock => {
                let mut batch = batches.mlock(owner).ok_or(Refused)?;

                take_out(mm, kind, &mut batch, taken)
            }
            _ => {
                let mut batches = batches.lock(owner).ok_or(Refused)?;

                take_out(mm, kind, batches.batch(kind), taken)
            }
        })
    });

    if let Ok(folios) = drained {
        mm.drained(owner, folios);
    }
    drained.is_ok()
}

/// Lingers in a dead CPU's drain, which looks busy from outside, so that a drain of all comes
/// along. With the lock really held this would have to be a busy wait, but the sabotage is that it
/// is not.
#[cfg(SABOTAGE_DEAD_CPU_UNLOCKED)]
fn stretch<G: core::ops::DerefMut<Target = InHand>>(mut hand: G, owner: &Owner<'_>) -> G {
    use kernel::time::{
        delay::fsleep,
        Delta, //
    };

    if owner.is_dead() {
        hand.set(true);
        fsleep(Delta::from_millis(300));
    }
    hand
}

/// Returns whether there is something to drain on `cpu`: in a batch, or in the hand of a drain that
/// is not done with it.
///
/// Looks without a lock. What was put into a batch before the caller's last full barrier is seen.
pub(crate) fn needs_drain<M: Mm>(mm: &M, cpu: Cpu) -> bool {
    holds_any(mm, cpu, &Kind::ALL)
}

/// [`needs_drain`] for some kinds of batch; the hand may be full of another kind.
#[inline(always)]
fn holds_any<M: Mm>(mm: &M, cpu: Cpu, kinds: &[Kind]) -> bool {
    let batches = mm.batches();

    if kinds.iter().any(|&kind| batches.peek_len(cpu, kind) != 0) {
        return true;
    }
    // Pairs with the beginning of `drain()`.
    smp_rmb();
    if batches.peek_in_hand(cpu) {
        return true;
    }
    // Pairs with the end of `drain()`.
    smp_rmb();
    false
}
