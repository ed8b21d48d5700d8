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
use core::ops::DerefMut;
use pwlocks::{
    barrier::{
        smp_rmb,
        smp_wmb, //
    },
    cpu::Cpu,
    owner::Owner, //
};

/// The CPU's batches are not ours to lock: see
/// [`PerCpuLock::lock`](pwlocks::lock::PerCpuLock::lock).
struct Refused;

/// Takes everything out of `batch`, whose lock the caller holds. `None` if there is nothing.
#[inline]
fn take_out<M: Mm>(
    hand: &mut InHand,
    batch: &mut FolioBatch<M::Folio>,
) -> Option<FolioBatch<M::Folio>> {
    if batch.is_empty() {
        return None;
    }
    hand.set(true);
    // `needs_drain()` looks at the batches first: where it finds this one empty it must find the
    // hand full.
    smp_wmb();
    Some(batch.take())
}

/// Moves what `take` returns for each kind of batch. `hand` is locked.
///
/// With the hand locked nobody else takes anything out, so a batch that looks empty needs no lock to
/// be passed over: what was put into it is still there, or was moved by who had the hand before.
#[inline]
fn drain<M: Mm>(
    mm: &M,
    mut hand: impl DerefMut<Target = InHand>,
    kinds: &[Kind],
    mut take: impl FnMut(Kind, &mut InHand) -> Result<Option<FolioBatch<M::Folio>>, Refused>,
) -> Result<(), Refused> {
    let done = kinds.iter().try_for_each(|&kind| {
        if let Some(mut batch) = take(kind, &mut hand)? {
            mm.move_batch(kind, &mut batch);
        }
        Ok(())
    });

    if hand.is_busy() {
        // Whoever sees the hand empty must see the folios on their lists.
        smp_wmb();
        hand.set(false);
    }
    done
}

/// Drains the batches of the CPU the caller runs on (`lru_add_drain()`).
///
/// On return, whatever the caller had put into batches while on this CPU is where it belongs.
/// Context: task, also atomic (PREEMPT_RT: may sleep).
pub(crate) fn lru_add_drain<M: Mm>(mm: &M) {
    drain_local(mm, &Kind::ALL);
}

/// [`lru_add_drain`] for some kinds of batch, in that order.
#[inline]
pub(crate) fn drain_local<M: Mm>(mm: &M, kinds: &[Kind]) {
    let batches = mm.batches();
    let hand = batches.in_hand_local();
    // The hand's lock pins us, so "local" stays the same CPU throughout.
    let cpu = Cpu::current();

    let _: Result<(), Refused> = drain(mm, hand, kinds, |kind, hand| {
        if batches.peek_len(cpu, kind) == 0 {
            return Ok(None);
        }
        Ok(match kind {
            Kind::MoveTail => take_out::<M>(hand, &mut batches.lock_irq_local()),
            Kind::Mlock => take_out::<M>(hand, &mut batches.mlock_local()),
            _ => take_out::<M>(hand, batches.lock_local().batch(kind)),
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
    let Some(hand) = batches.in_hand(owner) else {
        return false;
    };

    #[cfg(SABOTAGE_DEAD_CPU_UNLOCKED)]
    let hand = stretch(hand, owner);

    drain(mm, hand, &Kind::ALL, |kind, hand| {
        if batches.peek_len(owner.cpu(), kind) == 0 {
            return Ok(None);
        }
        Ok(match kind {
            Kind::MoveTail => {
                let mut batch = batches.lock_irq(owner).ok_or(Refused)?;

                take_out::<M>(hand, &mut batch)
            }
            Kind::Mlock => {
                let mut batch = batches.mlock(owner).ok_or(Refused)?;

                take_out::<M>(hand, &mut batch)
            }
            _ => {
                let mut batches = batches.lock(owner).ok_or(Refused)?;

                take_out::<M>(hand, batches.batch(kind))
            }
        })
    })
    .is_ok()
}

/// Lingers in a dead CPU's drain, which looks busy from outside, so that a drain of all comes
/// along. With the lock really held this would have to be a busy wait, but the sabotage is that it
/// is not.
#[cfg(SABOTAGE_DEAD_CPU_UNLOCKED)]
fn stretch<G: DerefMut<Target = InHand>>(mut hand: G, owner: &Owner<'_>) -> G {
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
    let batches = mm.batches();

    if Kind::ALL
        .iter()
        .any(|&kind| batches.peek_len(cpu, kind) != 0)
    {
        return true;
    }
    // Pairs with `take_out()`.
    smp_rmb();
    if batches.peek_in_hand(cpu) {
        return true;
    }
    // Pairs with the end of `drain()`.
    smp_rmb();
    false
}
