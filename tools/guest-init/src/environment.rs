// SPDX-License-Identifier: GPL-2.0

//! What steps in a guest find in their environment.

use std::collections::BTreeMap;

use guest_plan::plan::{MODULES_DIR, PROGRAMS_DIR};

/// The environment every step gets, given the kernel command line.
///
/// `pwlocks=` on the command line becomes `PWLOCKS_PARAM`, which the programs hand on to insmod.
pub fn base_environment(cmdline: &str) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> = [
        ("PATH", format!("{PROGRAMS_DIR}:/bin:/sbin")),
        ("HOME", "/root".to_owned()),
        ("TERM", "linux".to_owned()),
        ("RUST_BACKTRACE", "1".to_owned()),
        ("PWLOCKS_MODULES", MODULES_DIR.to_owned()),
        // What is done to a guest is gone with it.
        ("PWLOCKS_THROWAWAY", "y".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let mode = cmdline
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("pwlocks="))
        .next_back();
    if let Some(mode) = mode {
        environment.insert("PWLOCKS_PARAM".to_owned(), mode.to_owned());
    }
    environment
}

#[cfg(test)]
mod tests {
    use super::base_environment;

    #[test]
    fn the_last_pwlocks_on_the_command_line_is_the_mode() {
        let environment = base_environment("console=ttyS0 pwlocks=0 quiet pwlocks=auto\n");
        assert_eq!(environment["PWLOCKS_PARAM"], "auto");
    }

    #[test]
    fn no_pwlocks_on_the_command_line_means_no_mode() {
        assert!(!base_environment("pwlocks.pwlocks=1 quiet").contains_key("PWLOCKS_PARAM"));
    }
}
