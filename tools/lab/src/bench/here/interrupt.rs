// SPDX-License-Identifier: GPL-2.0

//! Interrupts of devices, as far as they come in on a CPU that is to be isolated.

use std::fmt;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use guest_plan::cpulist;

/// The folder with a folder for each interrupt.
const FOLDER: &str = "proc/irq";

/// Files of an interrupt: on which CPUs it may come in, and on which of them it does.
const ALLOWED: &str = "smp_affinity_list";
const EFFECTIVE: &str = "effective_affinity_list";

/// An interrupt that has a handler and that an administrator can have come in on another CPU.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Interrupt {
    /// Its number.
    pub number: u32,
    /// Who handles it.
    pub handlers: Vec<String>,
}

impl Interrupt {
    /// Those that come in on `cpu`, by their numbers. `root` is where the machine's files are.
    ///
    /// Not those that the kernel itself has spread over the CPUs, one for the requests of each: nobody else
    /// can move them, and on a CPU that makes no request there is none.
    pub fn on(root: &Path, cpu: usize) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(root.join(FOLDER))? {
            let entry = entry?;
            // Beside them there is default_smp_affinity.
            let Ok(number) = entry.file_name().to_string_lossy().parse() else {
                continue;
            };
            match look(&entry.path(), number, cpu) {
                Ok(interrupt) => found.extend(interrupt),
                // It has gone meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        found.sort();
        Ok(found)
    }
}

/// The interrupt of a folder, if it is one of those.
fn look(folder: &Path, number: u32, cpu: usize) -> io::Result<Option<Interrupt>> {
    let has_cpu = |name| -> io::Result<bool> {
        let cpus = cpulist::parse(&fs::read_to_string(folder.join(name))?);
        Ok(cpus.is_some_and(|cpus| cpus.contains(&cpu)))
    };
    let can_be_moved = fs::metadata(folder.join(ALLOWED))?.permissions().mode() & 0o200 != 0;
    // One that was moved comes in where it did once more, which the latter still says until then.
    let comes_in = has_cpu(ALLOWED)? && has_cpu(EFFECTIVE)?;
    if !can_be_moved || !comes_in {
        return Ok(None);
    }
    // Each handler has a folder of its name.
    let mut handlers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            handlers.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    handlers.sort();
    Ok((!handlers.is_empty()).then_some(Interrupt { number, handlers }))
}

impl fmt::Display for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.number, self.handlers.join(", "))
    }
}

#[cfg(test)]
pub mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

    use super::{ALLOWED, EFFECTIVE, Interrupt};

    /// Files of an interrupt that comes in on `effective`, below `root`.
    pub fn put(root: &Path, number: u32, handler: &str, effective: &str, mode: u32) {
        let folder = root.join(format!("proc/irq/{number}"));
        fs::create_dir_all(folder.join(handler)).unwrap();
        fs::write(folder.join(EFFECTIVE), effective).unwrap();
        let allowed = folder.join(ALLOWED);
        fs::write(&allowed, "0-3\n").unwrap();
        fs::set_permissions(&allowed, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn those_are_found_that_come_in_there_and_can_be_moved() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        put(root, 25, "virtio0-requests", "3\n", 0o644);
        put(root, 9, "acpi", "2-3\n", 0o644);
        put(root, 24, "virtio0-config", "0\n", 0o644);
        // As the kernel has spread them, one that nobody handles, one that has not begun, one just moved.
        put(root, 30, "nvme0q4", "3\n", 0o444);
        put(root, 31, "", "3\n", 0o644);
        put(root, 32, "ttyS9", "\n", 0o644);
        put(root, 33, "eth0", "3\n", 0o644);
        fs::write(root.join("proc/irq/33").join(ALLOWED), "0-2\n").unwrap();
        fs::write(root.join("proc/irq/default_smp_affinity"), "f\n").unwrap();
        let on = |cpu| {
            let found = Interrupt::on(root, cpu).unwrap();
            let found = found.iter().map(ToString::to_string);
            found.collect::<Vec<_>>().join("; ")
        };
        assert_eq!(on(3), "9 (acpi); 25 (virtio0-requests)");
        assert_eq!(on(0), "24 (virtio0-config)");
        assert_eq!(on(1), "");
    }
}
