// SPDX-License-Identifier: GPL-2.0

//! debugfs: the mode, why, and what was done for each CPU.

use crate::debugfs::Dir;
use crate::{
    bindings,
    cpu,
    mode, //
};
use kernel::{
    fmt,
    prelude::*, //
};

/// Makes the files of /sys/kernel/debug/pwlocks/. May sleep; `ENOMEM` if there is no memory.
pub(crate) fn new() -> Result<Dir<()>> {
    Dir::new(
        c"pwlocks",
        (),
        &[
            (c"mode", |(), f| {
                f.write_str(if mode::is_remote() {
                    "remote\n"
                } else {
                    "local\n"
                })
            }),
            (c"reason", |(), f| {
                writeln!(f, "{}", mode::reason().as_str())
            }),
            (c"cpus", |(), f| show_cpus(f)),
        ],
    )
}

/// One line per possible CPU, in the order of [`cpu::possible`].
fn show_cpus(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "{:>5} {:>12} {:>12} {:>12}",
        "cpu", "remote", "queued", "waited"
    )?;
    for cpu in cpu::possible() {
        let mut stats = bindings::pw_stats {
            remote: 0,
            queued: 0,
            waited: 0,
        };

        // SAFETY: A possible CPU's number, and `stats` is ours.
        unsafe { bindings::pwlocks_stats_read(cpu.id(), &mut stats) };
        writeln!(
            f,
            "{:>5} {:>12} {:>12} {:>12}",
            cpu.id(),
            stats.remote,
            stats.queued,
            stats.waited
        )?;
    }
    Ok(())
}
