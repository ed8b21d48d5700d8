// SPDX-License-Identifier: GPL-2.0

//! Guards of several locks, released in any order.

use crate::{
    context::Context,
    datum::Datum,
    kthread,
    verdict::{
        ensure,
        Verdict, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock, //
};

/// Takes two locks, one in the other, both ways to take and both orders to release.
///
/// Of two irqsave guards the inner one goes first, as it does for spinlocks: the outer one
/// restores the interrupts that it found enabled.
pub(crate) fn release_order() -> Verdict {
    let a = new_pw_trylock!(|_| Datum::new(), "pwlocks_test_a")?;
    let b = new_pw_trylock!(|_| Datum::new(), "pwlocks_test_b")?;
    let c = new_pw_trylock!(|_| Datum::new(), "pwlocks_test_c")?;

    macro_rules! case {
        ($what:literal, $($guard:ident = $lock:ident.$take:ident()),+; drop $($first:ident),+) => {
            let context = Context::now();
            $(let $guard = $lock.$take();)+
            ensure!(context.pinned_since(), "{}: not pinned with all held", $what);
            $(ensure!($guard.visit(), "{}: a datum was not alone", $what);)+
            $(drop($first);)+
            context.restored($what)?;
            is_free(&a, $what)?;
            is_free(&b, $what)?;
            is_free(&c, $what)?;
        };
    }

    kthread::on(Cpu::current(), || {
        case!("inner first", x = a.lock_local(), y = b.lock_local(); drop y, x);
        case!("outer first", x = a.lock_local(), y = b.lock_local(); drop x, y);
        case!(
            "three, the middle one first",
            x = a.lock_local(), y = b.lock_local(), z = c.lock_local();
            drop y, x, z
        );
        case!(
            "irqsave inside, outer first",
            x = a.lock_local(), y = b.lock_local_irqsave();
            drop x, y
        );
        case!(
            "irqsave outside, outer first",
            x = a.lock_local_irqsave(), y = b.lock_local();
            drop x, y
        );
        case!(
            "irqsave in irqsave, inner first",
            x = a.lock_local_irqsave(), y = b.lock_local_irqsave();
            drop y, x
        );
        Ok(())
    })?
}

/// Fails unless this CPU's instance can be taken.
fn is_free(lock: &PwTryLock<Datum>, after: &str) -> Verdict {
    ensure!(
        lock.try_lock_local().is_some(),
        "after {after}: a lock is still held"
    );
    Ok(())
}
