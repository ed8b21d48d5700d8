// SPDX-License-Identifier: GPL-2.0

//! What a built module says about itself.

use std::fs;
use std::path::Path;

use object::{Object, ObjectSection};

/// The parts of a module's `.modinfo` that matter here.
#[derive(Debug, Eq, PartialEq)]
pub struct ModuleFile {
    /// The kernel release it was built for: the first word of its vermagic.
    pub release: String,
}

impl ModuleFile {
    /// Reads the module at `path`.
    pub fn read(path: &Path) -> Result<Self, String> {
        let explain = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let bytes = fs::read(path).map_err(|error| explain(&error))?;
        let file = object::File::parse(&*bytes).map_err(|error| explain(&error))?;
        let section = file
            .section_by_name(".modinfo")
            .ok_or_else(|| explain(&"has no .modinfo section, so it is no kernel module"))?;
        let info = section.data().map_err(|error| explain(&error))?;
        let release = release_in(info).ok_or_else(|| explain(&"has no vermagic"))?;
        Ok(Self { release })
    }
}

/// The release in the NUL-separated `name=value` entries of a `.modinfo` section.
fn release_in(info: &[u8]) -> Option<String> {
    let mut entries = info.split(|byte| *byte == 0);
    let vermagic = entries.find_map(|entry| entry.strip_prefix(b"vermagic="))?;
    let release = vermagic.split(|byte| *byte == b' ').next()?;
    Some(String::from_utf8_lossy(release).into_owned())
}

#[cfg(test)]
mod tests {
    use super::{ModuleFile, release_in};

    #[test]
    fn the_release_is_the_first_word_of_the_vermagic() {
        let info =
            b"license=GPL\0vermagic=7.2.12+deb13-rt-amd64 SMP preempt_rt mod_unload \0name=x\0";
        assert_eq!(release_in(info).as_deref(), Some("7.2.12+deb13-rt-amd64"));
        assert_eq!(release_in(b"license=GPL\0"), None);
    }

    #[test]
    fn a_program_is_no_module() {
        let own = std::env::current_exe().unwrap();
        let message = ModuleFile::read(&own).unwrap_err();
        assert!(message.contains("no .modinfo section"), "{message}");
    }
}
