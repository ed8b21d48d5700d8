// SPDX-License-Identifier: GPL-2.0

//! Real-time scheduling: SCHED_FIFO for a thread, and the throttling of it all.

use crate::{doing::Doing as _, kernel_file, ktap::Trouble};
use nix::{errno::Errno, libc};
use std::path::Path;

const RUNTIME: &str = "/proc/sys/kernel/sched_rt_runtime_us";

/// Makes this thread SCHED_FIFO with this priority, 1 to 99.
pub fn fifo(priority: i32) -> Result<(), Trouble> {
    let param = libc::sched_param {
        sched_priority: priority,
    };

    // SAFETY: Reads `param`, and concerns this thread only.
    let result = unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const param) };
    Errno::result(result)
        .map(drop)
        .doing(format_args!("can't make a thread SCHED_FIFO {priority}"))
}

/// Real-time throttling off, until this value is gone.
#[derive(Debug)]
pub struct Unthrottled(String);

impl Unthrottled {
    /// Lets real-time threads take all of a CPU's time.
    pub fn now() -> Result<Self, Trouble> {
        let before = kernel_file::read_trimmed(RUNTIME)?;

        kernel_file::write(RUNTIME, "-1")?;
        Ok(Self(before))
    }
}

impl Drop for Unthrottled {
    fn drop(&mut self) {
        if let Err(trouble) = kernel_file::write(RUNTIME, &self.0) {
            eprintln!("real-time throttling stays off: {trouble:?}");
        }
    }
}

/// Whether the kernel is PREEMPT_RT.
pub fn kernel_is_rt() -> bool {
    Path::new("/sys/kernel/realtime").exists()
        || kernel_file::read("/proc/version").is_ok_and(|version| version.contains("PREEMPT_RT"))
}
