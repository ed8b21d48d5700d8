// SPDX-License-Identifier: GPL-2.0

//! The pseudo file systems that the test programs use.

use std::fs;
use std::io;

use nix::mount::{MsFlags, mount};

const FILE_SYSTEMS: [(&str, &str); 7] = [
    ("proc", "/proc"),
    ("sysfs", "/sys"),
    ("devtmpfs", "/dev"),
    ("debugfs", "/sys/kernel/debug"),
    ("tracefs", "/sys/kernel/tracing"),
    ("tmpfs", "/tmp"),
    // Where the C library has POSIX shared memory.
    ("tmpfs", "/dev/shm"),
];

/// Mounts them all.
pub fn mount_all() -> io::Result<()> {
    for (kind, target) in FILE_SYSTEMS {
        // Those below /sys exist as soon as sysfs does and cannot be made.
        if !fs::exists(target)? {
            fs::create_dir_all(target)?;
        }
        mount(
            Some(kind),
            target,
            Some(kind),
            MsFlags::empty(),
            None::<&str>,
        )
        .map_err(|error| io::Error::other(format!("mount {kind} on {target}: {error}")))?;
    }
    Ok(())
}
