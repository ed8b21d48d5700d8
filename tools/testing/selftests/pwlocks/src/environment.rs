// SPDX-License-Identifier: GPL-2.0

//! What the caller says about the modules under test, by environment variables.

use std::{env, path::PathBuf};

/// The folder with the modules' `.ko` files (`PWLOCKS_MODULES`); unset on a machine where they are
/// loaded already.
pub fn modules() -> Option<PathBuf> {
    env::var_os("PWLOCKS_MODULES").map(PathBuf::from)
}

/// What mm_swap_live was built with instead of remote drains, with `ALTERNATIVE=` (`PWLOCKS_ALTERNATIVE`).
pub fn alternative() -> Option<String> {
    text("PWLOCKS_ALTERNATIVE")
}

/// What to load pwlocks with, as `pwlocks=` takes it (`PWLOCKS_PARAM`); unset: nothing.
pub fn param() -> Option<String> {
    text("PWLOCKS_PARAM")
}

/// What is to be measured (`PWLOCKS_SUBJECT`): `stock` or `live`.
pub fn subject() -> Option<String> {
    text("PWLOCKS_SUBJECT")
}

/// Whether the modules were built with `CONFIG_PWLOCKS=y`, the default (`PWLOCKS_CONFIG`).
pub fn built_in() -> bool {
    text("PWLOCKS_CONFIG").is_none_or(|value| value != "n")
}

/// Whether the modules were built with `CONFIG_PWLOCKS_DEFAULT=y` (`PWLOCKS_CONFIG_DEFAULT`).
pub fn on_by_default() -> bool {
    text("PWLOCKS_CONFIG_DEFAULT").is_some_and(|value| value == "y")
}

/// Whether they were built with `CONFIG_PWLOCKS_STRETCH=y` (`PWLOCKS_CONFIG_STRETCH`).
pub fn stretched() -> bool {
    text("PWLOCKS_CONFIG_STRETCH").is_some_and(|value| value == "y")
}

/// The fault that was built in (`PWLOCKS_SABOTAGE`), if any.
pub fn sabotage() -> Option<String> {
    text("PWLOCKS_SABOTAGE")
}

/// Whether tests may have the kernel oops (`PWLOCKS_OOPS`).
pub fn may_oops() -> bool {
    text("PWLOCKS_OOPS").is_some_and(|value| value == "y")
}

/// Whether the machine is used for nothing else and gone afterwards (`PWLOCKS_THROWAWAY`).
pub fn is_throwaway() -> bool {
    text("PWLOCKS_THROWAWAY").is_some_and(|value| value == "y")
}

/// The CPU that the kernel was told to isolate (`PWLOCKS_ISOLATED`), if any.
pub fn isolated() -> Option<usize> {
    text("PWLOCKS_ISOLATED")?.parse().ok()
}

/// The longest time in one mode, in milliseconds, where the mode is to be switched to and fro all
/// the time (`PWLOCKS_FLIP_MS`).
pub fn flip_ms() -> Option<u64> {
    text("PWLOCKS_FLIP_MS")?.parse().ok()
}

/// The folder with the kernel's own selftests of mm (`PWLOCKS_MM_SELFTESTS`), if it is there.
pub fn mm_selftests() -> Option<PathBuf> {
    text("PWLOCKS_MM_SELFTESTS").map(PathBuf::from)
}

/// Whether only that is to be tested which does not take long (`PWLOCKS_QUICK`).
pub fn quick() -> bool {
    text("PWLOCKS_QUICK").is_some_and(|value| value == "y")
}

/// How long a test under load runs, in seconds (`PWLOCKS_SECONDS`).
pub fn seconds() -> Option<u64> {
    text("PWLOCKS_SECONDS")?.parse().ok()
}

/// Where stress-ng is (`PWLOCKS_STRESS_NG`), where it is to be run.
pub fn stress_ng() -> Option<PathBuf> {
    text("PWLOCKS_STRESS_NG").map(PathBuf::from)
}

/// Where oslat of rt-tests is (`PWLOCKS_OSLAT`), if not where the shell would find it.
pub fn oslat() -> PathBuf {
    text("PWLOCKS_OSLAT").map_or_else(|| "oslat".into(), PathBuf::from)
}

/// How often a test repeats what it is about (`PWLOCKS_COUNT`).
pub fn count() -> Option<u64> {
    text("PWLOCKS_COUNT")?.parse().ok()
}

/// What is done at random is to be done as it was with this seed (`PWLOCKS_SEED`).
pub fn seed() -> Option<u64> {
    text("PWLOCKS_SEED")?.parse().ok()
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
