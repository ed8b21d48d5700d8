// SPDX-License-Identifier: GPL-2.0

//! What a CPU executes, counted by the emulator: instructions, and the atomic ones among them.
//!
//! That takes a guest of QEMU's emulator with the plugin of tools/atomics/plugin, which shares a page
//! with the guest. Anywhere else nothing is counted.

use crate::{doing::Doing as _, ktap::Trouble};
use atomic_counts::{Counts, Page, mark};
use nix::sched::sched_getcpu;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Where the PCI devices are.
const DEVICES: &str = "/sys/bus/pci/devices";

/// Vendor and device number of the memory that QEMU shares.
const SHARED_MEMORY: (&str, &str) = ("0x1af4", "0x1110");

/// What was executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// All instructions, a few of this module's own among them.
    pub instructions: u64,
    /// The atomic ones, of which this module has none.
    pub atomics: u64,
}

/// Whether anybody counts.
pub fn is_counted() -> Result<bool, Trouble> {
    Ok(page()?.is_some())
}

/// Does `f` and tells what this CPU executed meanwhile, if it is counted; interrupts and other tasks
/// too. The caller must stay on its CPU.
pub fn during<T>(f: impl FnOnce() -> Result<T, Trouble>) -> Result<(T, Option<Executed>), Trouble> {
    let Some(page) = page()? else {
        return Ok((f()?, None));
    };
    let start = counts(page)?;
    let result = f()?;
    let end = counts(page)?;
    let executed = Executed {
        instructions: end.instructions - start.instructions,
        atomics: end.atomics - start.atomics,
    };

    Ok((result, Some(executed)))
}

/// What this CPU has executed up to now.
#[inline]
fn counts(page: &Page) -> Result<Counts, Trouble> {
    let cpu = sched_getcpu().doing("sched_getcpu")?;
    let slot = page
        .slot(cpu)
        .ok_or_else(|| Trouble::fail(format!("nobody counts for CPU {cpu}")))?;
    let before = slot.read().marks;

    mark();
    let counts = slot.read();
    // Otherwise this is no longer that CPU, or the emulator does not know the mark.
    if counts.marks != before + 1 {
        let marks = counts.marks;
        return Err(format!("CPU {cpu} asked once for its counts, after {before}: {marks}").into());
    }
    Ok(counts)
}

/// The page, which is looked for once.
fn page() -> Result<Option<&'static Page>, Trouble> {
    static PAGE: OnceLock<Result<Option<&'static Page>, Trouble>> = OnceLock::new();

    PAGE.get_or_init(|| match shared_memory(Path::new(DEVICES))? {
        Some(device) => open(&device),
        None => Ok(None),
    })
    .clone()
}

/// The folder of the device, if there is one.
fn shared_memory(devices: &Path) -> Result<Option<PathBuf>, Trouble> {
    // A kernel without PCI, or a machine.
    let Ok(entries) = fs::read_dir(devices) else {
        return Ok(None);
    };
    for entry in entries {
        let device = entry?.path();
        let is = |name: &str, value: &str| {
            fs::read_to_string(device.join(name)).is_ok_and(|text| text.trim() == value)
        };

        if is("vendor", SHARED_MEMORY.0) && is("device", SHARED_MEMORY.1) {
            return Ok(Some(device));
        }
    }
    Ok(None)
}

fn open(device: &Path) -> Result<Option<&'static Page>, Trouble> {
    // Has it answer where its memory is, which is its third region.
    fs::write(device.join("enable"), "1").doing("enabling the shared memory")?;
    let memory = device.join("resource2");
    let file = File::open(&memory).doing(memory.display())?;

    Page::read_only(&file).doing(memory.display())
}

#[cfg(test)]
mod tests {
    use super::{during, shared_memory};
    use std::{env, fs, process};

    #[test]
    fn where_nobody_counts_it_is_done_nevertheless() {
        assert_eq!(during(|| Ok(7)).map(|(value, _)| value), Ok(7));
        assert!(during(|| Err::<(), _>("no".into())).is_err());
    }

    #[test]
    fn the_device_is_known_by_its_numbers() {
        let folder = env::temp_dir().join(format!("executed-{}", process::id()));
        let found = || {
            let device = shared_memory(&folder).unwrap()?;
            Some(device.file_name()?.to_str()?.to_owned())
        };

        assert_eq!(found(), None);
        for (name, vendor, device) in [
            ("0000:00:00.0", "0x8086", "0x1237"),
            ("0000:00:02.0", "0x1af4", "0x1000"),
        ] {
            fs::create_dir_all(folder.join(name)).unwrap();
            fs::write(folder.join(name).join("vendor"), format!("{vendor}\n")).unwrap();
            fs::write(folder.join(name).join("device"), format!("{device}\n")).unwrap();
        }
        assert_eq!(found(), None);
        fs::write(folder.join("0000:00:02.0/device"), "0x1110\n").unwrap();
        assert_eq!(found().as_deref(), Some("0000:00:02.0"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
