// SPDX-License-Identifier: GPL-2.0

//! What the module loader refuses, before code of the module runs; and that a function has no entry
//! to be replaced at, which a changed copy of the module can only be told.

use crate::untouched::{Before, is_taint, one_line};
use nix::errno::Errno;
use selftests::{
    ensure,
    kallsyms::Kallsyms,
    ktap::{Report, Trouble, Verdict},
    live::MODULE,
    module::Module,
    module_copy::ModuleCopy,
};
use std::collections::BTreeSet;

/// With [`without_pwlocks`].
pub(crate) const POINTS: usize = 8;

/// How the names begin that livepatch looks up, and how they end.
const KLP: &str = ".klp.sym.vmlinux.";
const UNIQUE: &str = ",0";

/// One that the module needs, and has a long name.
const NEEDED: &str = "update_ftrace_direct_add";

/// How what `module!` prints begins.
const OURS: &str = "mm_swap_live: ";

pub(crate) fn run(report: &mut Report, copy: &ModuleCopy) {
    report.test("the build of another kernel is refused", || vermagic(copy));
    report.test("Rust metadata of another build is refused", || {
        metadata(copy)
    });
    report.test("a symbol that the kernel lacks is refused", || {
        klp(
            copy,
            "update_ftrace_direct_adc",
            UNIQUE,
            "not found in symbol table",
        )
    });
    report.test("a symbol that the kernel has twice is refused", || {
        klp(copy, &twice()?, UNIQUE, "unresolvable ambiguity")
    });
    report.test("the second of a symbol that is unique is refused", || {
        klp(copy, NEEDED, ",2", "symbol position 2")
    });
    report.test("a function without ftrace entry is refused", || {
        no_entry(copy)
    });
    report.test("unchanged it loads", || {
        Module::load(MODULE, "")?.unload()?;
        Ok(())
    });
}

/// One line of the loader's for each symbol, and no other.
pub(crate) fn without_pwlocks(copy: &ModuleCopy) -> Verdict {
    let before = Before::now()?;
    let mut messages = copy.refused(Errno::ENOENT)?;

    messages.retain(|message| message.starts_with(OURS) && !is_taint(message));
    ensure!(
        !messages.is_empty()
            && messages
                .iter()
                .all(|message| message.contains("Unknown symbol") && message.contains("pwlocks")),
        "{messages:#?}"
    );
    before.check()
}

fn vermagic(copy: &ModuleCopy) -> Verdict {
    let before = Before::now()?;
    let magic = copy.modinfo("vermagic").ok_or("there is no vermagic")?;
    let other = magic.replacen('7', "6", 1);
    let copy = copy.with_text(&format!("vermagic={magic}"), &format!("vermagic={other}"))?;

    one_line(
        &copy.refused(Errno::ENOEXEC)?,
        OURS,
        &["version magic", &other, "should be", &magic],
    )?;
    before.check()
}

/// The names of Rust symbols have the hash of the crate's build.
fn metadata(copy: &ModuleCopy) -> Verdict {
    let before = Before::now()?;
    let symbols = copy.symbols("_RNvNtCs")?;
    let symbol = symbols
        .iter()
        .find(|name| name.ends_with("_6kernel5print11call_printk"))
        .ok_or_else(|| format!("no printk among {symbols:#?}"))?;
    let (path, hash) = symbol.split_at("_RNvNtCs".len());
    let digit = if hash.starts_with('2') { '3' } else { '2' };
    let other = format!("{path}{digit}{}", &hash[1..]);
    let copy = copy.with_symbol(symbol, &other)?;
    one_line(
        &copy.refused(Errno::ENOENT)?,
        OURS,
        &["Unknown symbol", &other],
    )?;
    before.check()
}

/// Has the module ask livepatch for `name` instead of [`NEEDED`].
fn klp(copy: &ModuleCopy, name: &str, position: &str, complaint: &str) -> Verdict {
    let before = Before::now()?;
    let copy = copy.with_symbol(
        &format!("{KLP}{NEEDED}{UNIQUE}"),
        &format!("{KLP}{name}{position}"),
    )?;

    one_line(
        &copy.refused(Errno::EINVAL)?,
        "livepatch: ",
        &[complaint, &format!("'{name}'")],
    )?;
    before.check()
}

/// A name that the kernel has more than once, and no module.
fn twice() -> Result<String, Trouble> {
    let symbols = Kallsyms::read()?;
    let mut names = BTreeSet::new();

    symbols
        .names_of_the_kernel()
        .find(|name| !names.insert(*name) && name.len() <= NEEDED.len())
        .map(str::to_owned)
        .ok_or_else(|| "each of the kernel's names is unique".into())
}

/// memcpy() is written in assembler and can't be traced; nothing is changed for it to be replaced.
fn no_entry(copy: &ModuleCopy) -> Verdict {
    const FUNCTION: &str = "lru_cache_disable";

    let before = Before::now()?;
    let copy = copy.with_symbol(
        &format!("{KLP}{FUNCTION}{UNIQUE}"),
        &format!("{KLP}memcpy{UNIQUE}"),
    )?;
    one_line(
        &copy.refused(Errno::EINVAL)?,
        OURS,
        &[FUNCTION, "no ftrace entry", "don't use it on this one"],
    )?;
    before.check()
}
