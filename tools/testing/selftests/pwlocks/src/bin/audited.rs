// SPDX-License-Identifier: GPL-2.0

//! mm_swap_live.ko loads on the kernel that it was built for after an audit, and on no other: not on
//! one with another release, version string or build id, and not if there was no audit.
//!
//! One kernel is enough for that: what the module was told of another one is text in its file, of
//! which a changed copy is loaded.

use nix::errno::Errno;
use selftests::{
    ensure, kernel_file,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    module::{self, Module},
    module_copy::ModuleCopy,
};
use std::process::ExitCode;

const MODULE: &str = "mm_swap_live";

/// How the messages of the module begin.
const PREFIX: &str = "mm_swap_live: ";

/// The module's file, and what it says it is for.
struct File {
    copy: ModuleCopy,
    release: String,
    version: String,
    build_id: String,
}

fn main() -> ExitCode {
    let (pwlocks, file) = match prepare() {
        Ok(prepared) => prepared,
        Err(trouble) => return nothing_tested("audited", trouble),
    };
    let mut report = Report::begin(5);

    report.test("it is for this kernel, and loads", || loads(&file));
    for (what, text, changed) in [
        ("release", &file.release, other(&file.release)),
        ("version string", &file.version, other(&file.version)),
        ("build id", &file.build_id, other(&file.build_id)),
    ] {
        report.test(&format!("another {what} is refused"), || {
            refused(&file, text, &changed, &["audited for", &changed])
        });
    }
    report.test("none at all is refused", || {
        let none = "\0".repeat(file.release.len());
        refused(&file, &file.release, &none, &["not audited for any kernel"])
    });
    drop(pwlocks);
    report.end()
}

/// Loads what the module needs and reads it.
fn prepare() -> Result<(Module, File), Trouble> {
    if module::is_loaded(MODULE) {
        return Err(Trouble::skip(format!("{MODULE} is loaded; rmmod it first")));
    }
    let pwlocks = Module::need_pwlocks()?;
    Ok((pwlocks, File::parse(ModuleCopy::of(MODULE)?)?))
}

impl File {
    fn parse(copy: ModuleCopy) -> Result<Self, Trouble> {
        let audited = copy.modinfo("audited");
        let audited = audited.ok_or("modinfo of the module does not say what was audited")?;
        let parts = audited.split_once(' ').and_then(|(release, rest)| {
            let (version, build_id) = rest.rsplit_once(", build id ")?;
            Some([release, version, build_id].map(str::to_owned))
        });
        let [release, version, build_id] =
            parts.ok_or_else(|| format!("modinfo: audited={audited}, which can't be read"))?;
        Ok(Self {
            copy,
            release,
            version,
            build_id,
        })
    }
}

/// `text` with its last digit changed.
fn other(text: &str) -> String {
    let place = text.rfind(|c: char| c.is_ascii_digit());
    let (before, after) = text.split_at(place.unwrap_or_default());
    let digit = if after.starts_with('1') { '2' } else { '1' };
    let rest = after.chars().skip(1);
    before.chars().chain([digit]).chain(rest).collect()
}

fn running() -> Result<String, Trouble> {
    kernel_file::read_trimmed("/proc/sys/kernel/osrelease")
}

fn loads(file: &File) -> Verdict {
    let version = kernel_file::read_trimmed("/proc/sys/kernel/version")?;
    ensure!(
        (&file.release, &file.version) == (&running()?, &version),
        "it was audited for {} {}",
        file.release,
        file.version
    );
    let module = Module::load(MODULE, "")
        .map_err(|error| Trouble::fail(format!("insmod: {}", error.desc())))?;
    module.unload()?;
    Ok(())
}

/// The module must be refused with one line that has all of `words`.
fn refused(file: &File, from: &str, to: &str, words: &[&str]) -> Verdict {
    // Debian's builds have the release in a note as well (`CONFIG_BUILD_SALT`), which nobody reads.
    let mut messages = file.copy.with_text(from, to)?.refused(Errno::ENOEXEC)?;
    messages.retain(|message| message.starts_with(PREFIX));
    let [message] = &messages[..] else {
        return Err(format!("its messages are not one: {messages:?}").into());
    };
    let release = running()?;
    let remedy = format!("make audit KERNEL={release}");
    let running = format!("running {release} ");
    for word in words.iter().copied().chain([&*remedy, &*running]) {
        ensure!(message.contains(word), "no {word:?} in {message:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{File, MODULE, other};
    use selftests::module_copy::ModuleCopy;

    #[test]
    fn what_was_audited_is_read() {
        let parse = |content: &[u8]| File::parse(ModuleCopy::new(MODULE, content.to_vec()));
        let file = parse(b"\0audited=7.2.12-rt #1 SMP x (2026-11-04), build id 00ff\0").unwrap();
        assert_eq!(file.release, "7.2.12-rt");
        assert_eq!(file.version, "#1 SMP x (2026-11-04)");
        assert_eq!(file.build_id, "00ff");
        assert!(parse(b"\0audited=7.2.12\0").is_err());
    }

    #[test]
    fn one_digit_is_changed() {
        for (text, changed) in [("7.2.12-rt", "7.2.11-rt"), ("00ff", "01ff"), ("#1", "#2")] {
            assert_eq!(other(text), changed);
        }
    }
}
