// SPDX-License-Identifier: GPL-2.0

//! Memory before and after, and that the comparison can see a leak of [`VISIBLE_KIB`].

use crate::cycle;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use selftests::{
    demo::{Device, Modules},
    doing::Doing as _,
    ensure,
    held::Held,
    ktap::Verdict,
};

/// What must be seen: 10 KiB, two and a half pages, for each of a hundred times the modules were loaded.
const VISIBLE_KIB: i64 = 1024;

/// What is taken for noise. Half of what must be seen, so that noise the other way can't hide it.
const TOLERANCE_KIB: i64 = VISIBLE_KIB / 2;

/// Loads before the first measurement: what is allocated once, for good, is no leak.
const WARM_UP: u32 = 10;

/// Loads and unloads `count` times, and compares.
pub(crate) fn cycles(count: u64) -> Verdict {
    for _ in 0..WARM_UP {
        cycle::run()?;
    }
    let before = Held::now()?;
    for _ in 0..count {
        cycle::run()?;
    }
    let after = Held::now()?;

    println!("# held, in KiB, before: {before:?}, after {count} times: {after:?}");
    for (what, before, after) in [
        ("pages", before.pages, after.pages),
        ("slab", before.slab, after.slab),
        ("per-CPU memory", before.percpu, after.percpu),
    ] {
        ensure!(
            after - before < TOLERANCE_KIB,
            "{what} grew from {before} to {after} KiB in {count} times"
        );
    }
    Ok(())
}

/// As many pages as must be seen, held by the demo on purpose.
pub(crate) fn pages_are_seen() -> Verdict {
    let modules = Modules::need()?;
    let device = Device::open().doing("open")?;
    // The first times shrink what the boot has left, which would hide growth.
    Held::now()?;
    let before = Held::now()?;
    device
        .alloc_pages((VISIBLE_KIB / 4) as u32)
        .doing("ALLOC")?;
    let during = Held::now()?;

    drop(device);
    println!("# held, in KiB, before: {before:?}, with {VISIBLE_KIB} KiB more: {during:?}");
    ensure!(
        during.pages - before.pages >= TOLERANCE_KIB,
        "{VISIBLE_KIB} KiB of pages were allocated, {} KiB were seen",
        during.pages - before.pages
    );
    modules.unload().doing("rmmod")
}

/// As much slab memory, in pipes: more than 1 KiB each.
pub(crate) fn slab_is_seen() -> Verdict {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).doing("getrlimit")?;
    let pipes = usize::try_from(VISIBLE_KIB).unwrap_or(0);
    let wanted = 2 * pipes as u64 + 100;
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(wanted), hard.max(wanted)).doing("setrlimit")?;

    let before = Held::now()?;
    let held: Vec<_> = (0..pipes)
        .map(|_| nix::unistd::pipe())
        .collect::<Result<_, _>>()
        .doing("pipe")?;
    let during = Held::now()?;
    drop(held);
    println!("# held, in KiB, before: {before:?}, with {pipes} pipes: {during:?}");
    ensure!(
        during.slab - before.slab >= TOLERANCE_KIB,
        "{pipes} pipes were made, {} KiB of slab memory were seen",
        during.slab - before.slab
    );
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).doing("setrlimit")
}
