// SPDX-License-Identifier: GPL-2.0

//! What a built module says about itself.

use std::fs;
use std::path::Path;

use object::{Object, ObjectSection, ObjectSymbol};

/// What the symbols of a module start with that livepatch is to resolve.
const LIVEPATCH_PREFIX: &str = ".klp.";

/// The parts of a module that matter here.
#[derive(Debug, Eq, PartialEq)]
pub struct ModuleFile {
    /// The kernel release it was built for: the first word of its vermagic.
    pub release: String,
    /// A symbol that livepatch is to resolve without the module loader being told so, because
    /// scripts/klp_link has not been run on the module.
    pub not_linked: Option<String>,
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
        let not_linked = file
            .symbols()
            .filter(|symbol| symbol.is_undefined())
            .filter_map(|symbol| symbol.name().ok())
            .find(|name| name.starts_with(LIVEPATCH_PREFIX))
            .map(str::to_owned);
        Ok(Self {
            release,
            not_linked,
        })
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
    use crate::assembled;

    #[test]
    fn a_module_without_its_last_step_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.ko");
        let info = ".section .modinfo, \"a\"\n.asciz \"vermagic=7.2.12 SMP\"\n.text\ncall kfree\n";
        let symbol = ".klp.sym.vmlinux.lru_add_drain_cpu,0";
        for (call, not_linked) in [("", None), (symbol, Some(symbol.to_owned()))] {
            let call = match call {
                "" => String::new(),
                symbol => format!("call \"{symbol}\"\n"),
            };
            assembled::object(&format!("{info}{call}"), &path);
            let module = ModuleFile::read(&path).unwrap();
            assert_eq!(module.release, "7.2.12");
            assert_eq!(module.not_linked, not_linked);
        }
    }

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
