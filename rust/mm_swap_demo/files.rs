// SPDX-License-Identifier: GPL-2.0

//! debugfs: where the folios are, one `name value` per line.

use crate::{
    debugfs::Dir,
    demo::Demo,
    mm::{
        batch::Kind,
        drain::Drain,
        storage::Batches,
        Mm, //
    },
    stats,
};
use kernel::{
    fmt,
    prelude::*,
    sync::Arc, //
};
use pwlocks::cpu;

/// What the files show.
pub(crate) type Shown = Arc<Drain<Demo>>;

/// Makes the files of /sys/kernel/debug/mm_swap_demo/. May sleep; `ENOMEM` if there is no memory.
pub(crate) fn new(drain: Shown) -> Result<Dir<Shown>> {
    Dir::new(
        c"mm_swap_demo",
        drain,
        &[
            (c"lists", |drain, f| lists(drain, f)),
            (c"batches", |drain, f| batches(drain, f)),
            (c"drains", |drain, f| drains(drain, f)),
            (c"conservation", |drain, f| conservation(drain, f)),
        ],
    )
}

/// The length of each list, by node.
fn lists(drain: &Drain<Demo>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const NAMES: [&str; 5] = [
        "inactive_anon",
        "active_anon",
        "inactive_file",
        "active_file",
        "unevictable",
    ];

    for (node, lens) in drain.mm().nodes().lens().enumerate() {
        for (name, len) in NAMES.iter().zip(lens) {
            writeln!(f, "node{node}_{name} {len}")?;
        }
    }
    Ok(())
}

/// The used slots of each batch, by possible CPU.
fn batches(drain: &Drain<Demo>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let demo = drain.mm();

    for cpu in cpu::possible() {
        for kind in Kind::ALL {
            let name = match kind {
                Kind::LruAdd => "lru_add",
                Kind::DeactivateFile => "lru_deactivate_file",
                Kind::Deactivate => "lru_deactivate",
                Kind::Lazyfree => "lru_lazyfree",
                Kind::Activate => "lru_activate",
                Kind::MoveTail => "lru_move_tail",
                Kind::Mlock => "mlock",
            };
            let len = demo.batches().peek_len(cpu, kind);

            writeln!(f, "cpu{}_{name} {len}", cpu.id())?;
        }
        writeln!(f, "cpu{}_bh {}", cpu.id(), demo.bh().peek_len(cpu))?;
    }
    Ok(())
}

/// What was drained, and how.
fn drains(drain: &Drain<Demo>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let stats = stats::read(drain);

    drain.show(f)?;
    writeln!(f, "cache_disabled {}", stats.cache_disabled)?;
    writeln!(f, "overlaps {}", stats.overlaps)
}

/// allocated = listed + batched + isolated + freed, when nothing runs.
fn conservation(drain: &Drain<Demo>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let stats = stats::read(drain);

    writeln!(f, "allocated {}", stats.allocated)?;
    writeln!(f, "listed {}", stats.listed)?;
    writeln!(f, "batched {}", stats.batched)?;
    writeln!(f, "isolated {}", stats.isolated)?;
    writeln!(f, "freed {}", stats.freed)?;
    writeln!(f, "in_hand {}", stats.in_hand)?;
    writeln!(f, "slots {}", stats.slots)?;
    writeln!(f, "bh_slots {}", stats.bh_slots)?;
    writeln!(f, "pages {}", stats.pages)?;
    writeln!(f, "files {}", stats.files)
}
