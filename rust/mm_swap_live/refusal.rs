// SPDX-License-Identifier: GPL-2.0

//! Why a function can't be replaced, and what to do about it: one line in the log.

use crate::symbols;
use core::ptr;
use kernel::prelude::*;

/// Logs why ftrace refused to replace the function `name` at `entry` with `error`.
pub(crate) fn log(name: &str, entry: usize, error: Error) {
    if error == EBUSY {
        busy(name, entry);
    } else if error == ENODEV {
        pr_err!("{name} can't be replaced: ftrace has shut itself down after an error of its own, see the log above; reboot\n");
    } else if error == ENOMEM {
        pr_err!("{name} can't be replaced: out of memory\n");
    } else if error == EINVAL || error == ENOENT {
        pr_err!("{name} can't be replaced: it has no ftrace entry, which a kernel that the module was audited for has; don't use it on this one\n");
    } else {
        pr_err!(
            "{name} can't be replaced: ftrace's error {}\n",
            error.to_errno()
        );
    }
}

/// ftrace returns `EBUSY` for three reasons. Which one it was may have passed by now, so that this
/// may name the wrong one; the function is right in any case.
fn busy(name: &str, entry: usize) {
    // SAFETY: A number of the kernel's that changes in one go.
    let enabled = unsafe { ptr::read_volatile(&raw const symbols::ftrace_enabled) };

    if enabled == 0 {
        pr_err!("{name} can't be replaced: ftrace is off; write 1 to /proc/sys/kernel/ftrace_enabled and try again\n");
        return;
    }

    // SAFETY: Takes any address; task context.
    let location = unsafe { symbols::ftrace_location(entry) };
    // SAFETY: As above.
    let direct = unsafe { symbols::ftrace_find_rec_direct(location) };

    if direct != 0 {
        pr_err!("{name} can't be replaced: a BPF program (fentry, fexit, LSM) or another module is attached to its entry; detach it and try again (bpftool prog, bpftool link)\n");
    } else {
        pr_err!("{name} can't be replaced: a livepatch or a kprobe changes where it goes; disable it and try again (/sys/kernel/livepatch, /sys/kernel/debug/kprobes/list)\n");
    }
}
