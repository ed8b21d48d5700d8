// SPDX-License-Identifier: GPL-2.0

//! Work items that ran on CPUs for a drain.

use selftests::{
    cpulist, ensure,
    ktap::{Trouble, Verdict},
    live::{KERNEL_WORK, MODULE, Setting},
    trace::Trace,
    works,
};

/// A trace of them, from a moment on.
pub(crate) struct Works {
    trace: Trace,
    cpus: Vec<usize>,
}

impl Works {
    pub(crate) fn begin() -> Result<Self, Trouble> {
        Ok(Self {
            trace: Trace::begin("pwlocks_live_drain", &[works::EVENT])?,
            cpus: cpulist::read("online")?,
        })
    }

    /// The stock kernel has queued some, or the check would be worth nothing, and the module none.
    pub(crate) fn check(&self, setting: Setting) -> Verdict {
        let mut stock = 0;
        let mut ours = Vec::new();

        for &cpu in &self.cpus {
            for event in self.trace.events_on(cpu)? {
                stock += u64::from(event.contains(KERNEL_WORK));
                if is_ours(&event) {
                    ours.push(event);
                }
            }
        }
        println!(
            "# {setting}: {stock} works of the kernel's, {} of the module's",
            ours.len()
        );
        match setting {
            Setting::Stock | Setting::Off => ensure!(stock > 0, "no CPU ran drain work"),
            Setting::On => ensure!(stock == 0, "{stock} works drained the CPU they ran on"),
            Setting::Flipping => {}
        }
        if setting == Setting::On {
            ensure!(ours.is_empty(), "works of the module ran: {ours:#?}");
        }
        Ok(())
    }
}

/// Whether it is a work of the module's that drains batches: that for buffer heads may run.
fn is_ours(event: &str) -> bool {
    event.contains(MODULE) && !event.contains("BhWork")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn works() {
        // As mangled by rustc, but for the hashes and the crate's name in each path.
        let event = "workqueue_execute_start: work struct 0: function \
                     _RINvNtC7pwlocks9workqueue3runINtNtB4_4work6QueuedINtNtNtC2mm5drain9DrainWork\
                     NtNtB15_4live4LiveEEE [mm_swap_live]";
        assert!(is_ours(event));
        assert!(!is_ours(&event.replace("mm_swap_live", "mm_swap_demo")));
        assert!(!is_ours(&event.replace("9DrainWork", "6BhWork")));
    }
}
