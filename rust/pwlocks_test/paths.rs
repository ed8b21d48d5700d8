// SPDX-License-Identifier: GPL-2.0

//! Every way in and out leaves the context as it found it, refused or not.

use crate::{
    context::Context,
    datum::Datum,
    kthread, remote,
    verdict::{
        ensure,
        fail,
        Verdict, //
    },
};
use kernel::{
    new_mutex,
    prelude::*,
    sync::{
        Arc,
        Mutex, //
    },
};
use pwlocks::{
    cpu::Cpu,
    lock::PwTryLock,
    new_pw_trylock,
    owner::Owner, //
};

/// Takes and releases by one path, which may be refused, and checks the context on the way.
macro_rules! path {
    ($what:literal, $take:expr, taken: $taken:literal) => {{
        let context = Context::now();
        let guard = $take;

        ensure!(
            guard.is_some() == $taken,
            "{}: taken is not {}",
            $what,
            $taken
        );
        if $taken {
            ensure!(context.pinned_since(), "{}: not pinned while held", $what);
        } else {
            context.restored(concat!($what, ", before the guard goes"))?;
        }
        drop(guard);
        context.restored($what)?;
    }};
}

/// The local paths on this CPU, then those by an owner token for every CPU.
pub(crate) fn context() -> Verdict {
    let lock = Arc::new(new_pw_trylock!(|_| Datum::new())?, GFP_KERNEL)?;
    let cpus = kthread::online()?;

    for &cpu in &cpus {
        kthread::on(cpu, || local(&lock))??;
    }

    let verdicts = Arc::pin_init(new_mutex!(KVec::<(Cpu, Verdict)>::new()), GFP_KERNEL)?;
    let work = {
        let (lock, verdicts) = (lock.clone(), verdicts.clone());

        remote::work(move |owner| record(&verdicts, owner, by_owner(&lock, owner)))?
    };

    for &cpu in &cpus {
        let context = Context::now();

        work.queue_on(cpu);
        work.flush_on(cpu);
        context.restored("queue_on and flush_on")?;
    }

    let verdicts = core::mem::take(&mut *verdicts.lock());
    ensure!(
        verdicts.len() == cpus.len(),
        "work ran {} times",
        verdicts.len()
    );
    for (cpu, verdict) in verdicts {
        verdict.map_err(|trouble| fail!("for CPU {}: {trouble}", cpu.id()))?;
    }
    Ok(())
}

fn record(verdicts: &Mutex<KVec<(Cpu, Verdict)>>, owner: &Owner<'_>, verdict: Verdict) {
    // Without memory a verdict is missing, which is noticed.
    let _ = verdicts.lock().push((owner.cpu(), verdict), GFP_KERNEL);
}

/// On a CPU that this task is bound to.
fn local(lock: &PwTryLock<Datum>) -> Verdict {
    path!("lock_local", Some(lock.lock_local()), taken: true);
    path!("lock_local_irqsave", Some(lock.lock_local_irqsave()), taken: true);
    path!("try_lock_local", lock.try_lock_local(), taken: true);
    path!("try_lock_local_irqsave", lock.try_lock_local_irqsave(), taken: true);

    let held = lock.lock_local();
    path!("refused try_lock_local", lock.try_lock_local(), taken: false);
    path!("refused try_lock_local_irqsave", lock.try_lock_local_irqsave(), taken: false);
    drop(held);

    let held = lock.lock_local_irqsave();
    path!("try_lock_local refused with interrupts off", lock.try_lock_local(), taken: false);
    drop(held);

    path!("try_lock_local after refusals", lock.try_lock_local(), taken: true);
    Ok(())
}

/// In work for `owner`.
fn by_owner(lock: &PwTryLock<Datum>, owner: &Owner<'_>) -> Verdict {
    path!("lock", lock.lock(owner), taken: true);
    path!("lock_irqsave", lock.lock_irqsave(owner), taken: true);
    path!("try_lock", lock.try_lock(owner), taken: true);

    let held = lock.lock(owner);
    path!("refused try_lock", lock.try_lock(owner), taken: false);
    drop(held);

    path!("try_lock after a refusal", lock.try_lock(owner), taken: true);
    Ok(())
}
