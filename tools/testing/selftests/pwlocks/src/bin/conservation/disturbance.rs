// SPDX-License-Identifier: GPL-2.0

//! What goes on beside the workers: CPUs go down and up, and everybody's batches are drained.

use fastrand::Rng;
use nix::errno::Errno;
use selftests::{
    demo::{Device, Drain},
    doing::Doing as _,
    hotplug::Offline,
    ktap::Verdict,
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

/// Takes one CPU after the other down, and up again after a moment, until `stop`.
pub(crate) fn hotplug(
    cpus: &[usize],
    rng: &mut Rng,
    cycles: &mut BTreeMap<usize, u64>,
    stop: &AtomicBool,
) -> Verdict {
    while !cpus.is_empty() {
        let mut order = cpus.to_vec();
        rng.shuffle(&mut order);
        for cpu in order {
            if stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let offline = Offline::take(cpu)?;
            thread::sleep(Duration::from_millis(rng.u64(..10)));
            drop(offline);
            *cycles.entry(cpu).or_default() += 1;
            thread::sleep(Duration::from_millis(rng.u64(..30)));
        }
    }
    Ok(())
}

/// Drains the batches of CPUs that may be going down or coming up, until `stop`.
pub(crate) fn drain(cpus: usize, rng: &mut Rng, stop: &AtomicBool) -> Verdict {
    let device = Device::open().doing("open")?;

    while !stop.load(Ordering::Relaxed) {
        let cpu = rng.usize(..cpus);
        match rng.u32(..4) {
            0 => device.drain(Drain::All).map(drop),
            1 => device.drain(Drain::AllForce).map(drop),
            _ => match device.drain_cpu(cpu) {
                Err(Errno::ENODEV) => Ok(()),
                result => result.map(drop),
            },
        }
        .doing("a drain beside the workers")?;
        thread::sleep(Duration::from_micros(rng.u64(..500)));
    }
    Ok(())
}
