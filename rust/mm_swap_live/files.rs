// SPDX-License-Identifier: GPL-2.0

//! debugfs: what is replaced, and what was done for whom.
//!
//! Programs read these: see Documentation/admin-guide/pwlocks.rst for the format.

use crate::{
    debugfs::Dir,
    functions::{
        DRAINS,
        USERS, //
    },
    live::Live,
    mm::{
        drain::Drain,
        Mm, //
    },
    stats, //
};
use kernel::{
    fmt,
    prelude::*,
    sync::Arc, //
};
use pwlocks::cpu;

/// What the files show.
pub(crate) type Shown = Arc<Drain<Live>>;

/// Makes the files of /sys/kernel/debug/mm_swap_live/. May sleep; `ENOMEM` if there is no memory.
pub(crate) fn new(drain: Shown) -> Result<Dir<Shown>> {
    Dir::new(
        c"mm_swap_live",
        drain,
        &[
            (c"cpus", |_, f| cpus(f)),
            (c"functions", |_, f| functions(f)),
            (c"drains", |drain, f| drains(drain, f)),
        ],
    )
}

/// One line per possible CPU, in ascending order.
fn cpus(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    writeln!(
        f,
        "{:>5} {:>12} {:>12} {:>12} {:>12}",
        "cpu", "remote", "folios", "avoided", "longest"
    )?;
    for cpu in cpu::possible() {
        let stats = stats::read(cpu);

        writeln!(
            f,
            "{:>5} {:>12} {:>12} {:>12} {:>12}",
            cpu.id(),
            stats.remote,
            stats.folios,
            stats.avoided,
            stats.longest
        )?;
    }
    Ok(())
}

/// One line per function that is or would be replaced: its name, how, and by what.
fn functions(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for function in [DRAINS, USERS].into_iter().flatten() {
        match function.replaced_by() {
            Some(by) => writeln!(f, "{} ftrace-direct-jump {by}", function.name())?,
            None => writeln!(f, "{} no -", function.name())?,
        }
    }
    Ok(())
}

/// What was drained, and how.
fn drains(drain: &Drain<Live>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    drain.show(f)?;
    writeln!(f, "cache_disabled {}", drain.mm().cache().count())
}
