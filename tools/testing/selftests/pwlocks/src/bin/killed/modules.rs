// SPDX-License-Identifier: GPL-2.0

//! Loads and unloads the modules.

use crate::role::Participant;
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{doing::Doing as _, ktap::Trouble, module, our_modules::MODULES};
use std::{ffi::CString, thread, time::Duration};

/// How long they are left as they are, at most.
const LONGEST_MS: u64 = 30;

/// The benchmark is asked for fewer objects than 2 to the power of this.
const MOST_OBJECTS_BITS: u32 = 15;

pub(crate) struct Loader;

impl Participant for Loader {
    fn act(&mut self, rng: &mut Rng) -> Result<bool, Trouble> {
        let mut name = MODULES[rng.usize(..MODULES.len())];
        if name != "kmalloc_bench" && !module::is_loaded("pwlocks") {
            // The others need it, and the kernel would name each symbol that it does not find.
            name = "pwlocks";
        }
        let params = params(name, rng);
        // One that is used stays, so most are loaded more often than not.
        let unload = rng.bool();
        let pause = Duration::from_millis(rng.u64(..LONGEST_MS));
        let done = match module::is_loaded(name) {
            true if unload => unloaded(name)?,
            true => false,
            false => loaded(name, &params)?,
        };

        thread::sleep(pause);
        Ok(done)
    }
}

fn params(name: &str, rng: &mut Rng) -> String {
    match name {
        "pwlocks" => ["", "pwlocks=0", "pwlocks=1", "pwlocks=auto"][rng.usize(..4)].to_owned(),
        // Now and then long enough to be killed in the midst of it, but not as a rule: nothing else is
        // loaded meanwhile, and those who use the demo wait for that.
        "kmalloc_bench" => format!(
            "iterations={} rounds=3",
            1_u32 << rng.u32(..MOST_OBJECTS_BITS)
        ),
        _ => String::new(),
    }
}

fn loaded(name: &str, params: &str) -> Result<bool, Trouble> {
    let argument = CString::new(params).doing("parameters")?;

    match module::load(name, &argument) {
        Ok(()) => Ok(true),
        // One that it needs is not there, or goes; it is going itself; it came meanwhile, by somebody
        // who was killed since; mm_swap_live is for another kernel, or there is none.
        Err(
            Errno::ENOENT
            | Errno::ENODEV
            | Errno::EBUSY
            | Errno::EAGAIN
            | Errno::EEXIST
            | Errno::ENOEXEC,
        ) => Ok(false),
        Err(error) => Err(error).doing(format_args!("insmod {name} {params}")),
    }
}

fn unloaded(name: &str) -> Result<bool, Trouble> {
    match module::unload(name) {
        Ok(()) => Ok(true),
        // Somebody uses it; it has gone meanwhile; it is still coming.
        Err(Errno::EAGAIN | Errno::EBUSY | Errno::ENOENT) => Ok(false),
        Err(error) => Err(error).doing(format_args!("rmmod {name}")),
    }
}
