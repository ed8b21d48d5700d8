// SPDX-License-Identifier: GPL-2.0

//! What steps find in their environment, beside what the plan says.

use nix::unistd::geteuid;
use selftests::{environment, ktap::Trouble};
use std::{collections::BTreeMap, env, path::Path};

/// Where Debian has insmod and the like.
const SYSTEM: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// The folder with the programs, which is that of this one, the folder with the modules, which the caller
/// names (`PWLOCKS_MODULES`), and nothing of the user's.
pub fn of_steps() -> Result<BTreeMap<String, String>, Trouble> {
    if !geteuid().is_root() {
        return Err("only root can load modules".into());
    }
    let program = env::current_exe()?;
    let programs = program.parent().unwrap_or(Path::new("/")).display();
    let modules = environment::modules()
        .ok_or_else(|| Trouble::fail("PWLOCKS_MODULES names no folder with modules"))?;
    let variables = [
        ("PATH", format!("{programs}:{SYSTEM}")),
        ("HOME", "/root".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("RUST_BACKTRACE", "1".to_owned()),
        ("PWLOCKS_MODULES", modules.display().to_string()),
    ];

    Ok(variables
        .map(|(name, value)| (name.to_owned(), value))
        .into())
}
