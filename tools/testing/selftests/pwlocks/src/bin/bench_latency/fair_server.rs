// SPDX-License-Identifier: GPL-2.0

//! The scheduler's fair server: the share of a CPU's time that it gives to the other processes while a
//! real-time one wants to run.

use selftests::{kernel_file, ktap::Trouble, realtime::Unthrottled};

/// The share of `cpu`, in words.
pub fn text(cpu: usize) -> Result<String, Trouble> {
    let read = |name| kernel_file::read_trimmed(path(cpu, name));

    Ok(format!("{} of {} ns", read("runtime")?, read("period")?))
}

/// No such share, and no other bound on real-time processes, until this value is gone.
#[derive(Debug)]
pub struct Unserved {
    runtime: String,
    before: String,
    _unthrottled: Unthrottled,
}

impl Unserved {
    /// For `cpu`.
    pub fn now(cpu: usize) -> Result<Self, Trouble> {
        let unthrottled = Unthrottled::now()?;
        let runtime = path(cpu, "runtime");
        let before = kernel_file::read_trimmed(&runtime)?;

        kernel_file::write(&runtime, "0")?;
        Ok(Self {
            runtime,
            before,
            _unthrottled: unthrottled,
        })
    }
}

impl Drop for Unserved {
    fn drop(&mut self) {
        if let Err(trouble) = kernel_file::write(&self.runtime, &self.before) {
            eprintln!("a CPU stays without a share for others: {trouble:?}");
        }
    }
}

fn path(cpu: usize, name: &str) -> String {
    kernel_file::debugfs(&format!("sched/fair_server/cpu{cpu}/{name}"))
}
