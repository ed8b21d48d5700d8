// SPDX-License-Identifier: GPL-2.0

//! What a lock takes up: with `CONFIG_PWLOCKS=n` as much as the kernel's local lock, no more, and
//! there is no key, no spinlock, and nobody to count.

use selftests::{
    ensure, environment,
    kallsyms::Kallsyms,
    kernel_file, kernel_tests,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    realtime,
};
use std::{collections::BTreeMap, process::ExitCode};

/// What only a build with `CONFIG_PWLOCKS=y` has: the wait for a spinlock, and the requesters.
const SYMBOLS: &[&str] = &["pw_spin_wait", "pw_requesters"];

/// What only such a build for a kernel without PREEMPT_RT has: the static key.
const KEY: &str = "pwlocks_key";

/// What only a build with stretched time has.
const STRETCH: &str = "pwlocks_stretch_time";

type Sizes = BTreeMap<String, usize>;

fn main() -> ExitCode {
    let modules = match kernel_tests::load() {
        Ok(modules) => modules,
        Err(trouble) => return nothing_tested("size", trouble),
    };
    let sizes = match sizes() {
        Ok(sizes) => sizes,
        Err(trouble) => return nothing_tested("size", trouble),
    };
    let mut report = Report::begin(3);

    for (name, size) in &sizes {
        report.diagnostic(format_args!("size {name} {size}"));
    }
    report.test("the lock words", || lock_words(&sizes));
    report.test("the symbols", symbols);
    report.test("the mode", mode);
    drop(modules);
    report.end()
}

fn sizes() -> Result<Sizes, Trouble> {
    let text = kernel_file::read(kernel_file::debugfs("pwlocks_test/sizes"))?;

    text.lines()
        .map(|line| {
            let (name, size) = line.split_once(' ')?;
            Some((name.to_owned(), size.parse().ok()?))
        })
        .collect::<Option<_>>()
        .ok_or_else(|| Trouble::fail(format!("sizes are not as documented:\n{text}")))
}

fn lock_words(sizes: &Sizes) -> Verdict {
    let size = |name: &str| {
        sizes
            .get(name)
            .copied()
            .ok_or_else(|| Trouble::fail(format!("no size of {name}")))
    };

    for (ours, bare) in [
        ("PwLock", size("local_lock_t")?),
        ("PwTryLock", size("local_trylock_t")?),
    ] {
        let ours_size = size(ours)?;

        if environment::built_in() {
            ensure!(
                ours_size > bare && ours_size >= size("spinlock_t")?,
                "{ours} takes {ours_size} bytes, which leaves no room for a spinlock"
            );
        } else {
            ensure!(
                ours_size == bare,
                "{ours} takes {ours_size} bytes, the local lock {bare}"
            );
        }
    }
    Ok(())
}

fn symbols() -> Verdict {
    let kallsyms = Kallsyms::read()?;

    // The test has to see the module's symbols at all.
    ensure!(
        kallsyms.has("pwlocks_mode_is_remote"),
        "/proc/kallsyms has no pwlocks_mode_is_remote"
    );
    let built_in = environment::built_in();
    let expected = SYMBOLS.iter().map(|&symbol| (symbol, built_in)).chain([
        (KEY, built_in && !realtime::kernel_is_rt()),
        (STRETCH, environment::stretched()),
    ]);
    for (symbol, expected) in expected {
        let there = kallsyms.has(symbol);
        ensure!(
            there == expected,
            "{symbol} is {}in /proc/kallsyms",
            if there { "" } else { "not " }
        );
    }
    Ok(())
}

fn mode() -> Verdict {
    let mode = kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/mode"))?;
    let reason = kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/reason"))?;

    let built_out = mode == "local" && reason == "built with CONFIG_PWLOCKS=n";
    ensure!(
        built_out != environment::built_in(),
        "the mode is {mode} ({reason})"
    );
    Ok(())
}
