// SPDX-License-Identifier: GPL-2.0

//! The ways to take a lock, as one trait: what holds for one must hold for each.

use crate::datum::Datum;
use kernel::prelude::*;
use pwlocks::{
    cpu::{
        self,
        Cpu, //
    },
    lock::{
        PwLock,
        PwTryLock, //
    },
    new_pw_lock,
    new_pw_trylock,
    owner::Owner, //
};

/// A lock, and how local users and owners take it.
pub(crate) trait Way: Sized + Send + Sync + 'static {
    /// Makes the lock. May sleep.
    fn new() -> Result<Self>;

    /// Visits this CPU's datum; false if that was refused.
    fn local(&self, visit: impl FnOnce(Cpu, &Datum)) -> bool;

    /// Visits the owner's datum; false if that was refused.
    fn by_owner(&self, owner: &Owner<'_>, visit: impl FnOnce(Cpu, &Datum)) -> bool;

    /// Adds up the visits of all CPUs.
    fn total(&self) -> u64;
}

/// `lock_local()` against `lock()`.
pub(crate) struct Plain(PwLock<Datum>);

/// `lock_local_irqsave()` against `lock_irqsave()`.
pub(crate) struct Irqsave(PwLock<Datum>);

/// `try_lock_local()` against `try_lock()`, both of which may be refused.
pub(crate) struct Try(PwTryLock<Datum>);

macro_rules! way {
    ($name:ident, $new:ident, |$lock:ident| $local:expr, |$owner:ident| $by_owner:expr) => {
        impl Way for $name {
            fn new() -> Result<Self> {
                Ok(Self($new!(|_| Datum::new())?))
            }

            fn local(&self, visit: impl FnOnce(Cpu, &Datum)) -> bool {
                let $lock = &self.0;
                let guard = $local;

                if let Some(guard) = &guard {
                    visit(guard.cpu(), guard);
                }
                guard.is_some()
            }

            fn by_owner(&self, $owner: &Owner<'_>, visit: impl FnOnce(Cpu, &Datum)) -> bool {
                let $lock = &self.0;
                let guard = $by_owner;

                if let Some(guard) = &guard {
                    visit(guard.cpu(), guard);
                }
                guard.is_some()
            }

            fn total(&self) -> u64 {
                // SAFETY: The counter is atomic.
                let count = |cpu| unsafe { self.0.peek(cpu, count_of) };

                cpu::possible().map(count).sum()
            }
        }
    };
}

way!(
    Plain,
    new_pw_lock,
    |lock| Some(lock.lock_local()),
    |owner| lock.lock(owner)
);
way!(
    Irqsave,
    new_pw_lock,
    |lock| Some(lock.lock_local_irqsave()),
    |owner| lock.lock_irqsave(owner)
);
way!(Try, new_pw_trylock, |lock| lock.try_lock_local(), |owner| {
    lock.try_lock(owner)
});

/// Reads the visits of a datum that may be changing.
pub(crate) fn count_of(datum: *const Datum) -> u64 {
    // SAFETY: `peek()` hands out live instances, and all fields of a datum are atomic.
    unsafe { &*datum }.count()
}
