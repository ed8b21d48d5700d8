// SPDX-License-Identifier: GPL-2.0

//! The kernel's fault injection: one allocation of this thread fails, the one with a given number.
//!
//! The thread's fail-nth counts down by one with each allocation that may fail; the one that makes it
//! zero is the one that does (`lib/fault-inject.c`). Which may is set for all threads at once.
//!
//! Exempt are the fields of a module's tracepoints. With one of these missing the kernel warns by itself
//! (`event_define_fields()`), loads the module nevertheless, and drops a reference too many when it is
//! unloaded (`event_file_put()`), where it warns again: seen on 7.2.12, whose `event_create_dir()` takes the
//! reference only after that. What comes then says nothing about the module.

use selftests::{
    ensure,
    kallsyms::Kallsyms,
    kernel_setting::KernelSetting,
    kmsg,
    ktap::{Trouble, Verdict},
};
use std::{
    cell::RefCell,
    fs::{File, OpenOptions},
    os::unix::fs::FileExt as _,
};

const FAIL_NTH: &str = "/proc/thread-self/fail-nth";

/// Slab objects and pages fail, single pages as well, also where the allocation could wait for
/// memory, and without a stack in the log for each.
///
/// Pages that user space or vmalloc() is to have stay exempt (`ignore-gfp-highmem`): the copy of a
/// module's file alone takes hundreds, which would come before anything of the module's own.
const SETTINGS: [(&str, &str); 5] = [
    ("/sys/kernel/debug/failslab/ignore-gfp-wait", "N"),
    ("/sys/kernel/debug/failslab/verbose", "0"),
    ("/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N"),
    ("/sys/kernel/debug/fail_page_alloc/min-order", "0"),
    ("/sys/kernel/debug/fail_page_alloc/verbose", "0"),
];

/// The function under which nothing fails, and where its code is told from the other callers' on the stack.
const EXEMPT: &str = "event_define_fields";
const EXEMPT_FROM: [&str; 2] = [
    "/sys/kernel/debug/failslab/reject-start",
    "/sys/kernel/debug/fail_page_alloc/reject-start",
];
const EXEMPT_TO: [&str; 2] = [
    "/sys/kernel/debug/failslab/reject-end",
    "/sys/kernel/debug/fail_page_alloc/reject-end",
];

/// Makes allocations fail.
pub(crate) trait Faults {
    /// Has the allocation fail that is number `nth` from now on, the first being 1.
    fn fail(&self, nth: u32) -> Verdict;

    /// Has no further one fail. How far the count has come down: 0 if one has failed.
    fn end(&self) -> Result<u32, Trouble>;

    /// Checks that nobody has complained since the last time.
    fn check_log(&self) -> Verdict;
}

/// Fault injection for the thread that made this, until it is gone.
#[derive(Debug)]
pub(crate) struct Injection {
    fail_nth: File,
    log: RefCell<kmsg::Mark>,
    _settings: Vec<KernelSetting>,
}

impl Injection {
    /// Sets it up, with no fault to come. Fails, and does not skip, where the kernel has none: a test
    /// of what happens without memory that runs with memory has tested nothing.
    pub(crate) fn prepare() -> Result<Self, Trouble> {
        let missing = |cause: &dyn std::fmt::Debug| {
            Trouble::fail(format!(
                "this kernel injects no faults, which takes CONFIG_FAILSLAB, CONFIG_FAIL_PAGE_ALLOC, \
                 CONFIG_FAULT_INJECTION_DEBUG_FS and CONFIG_FAULT_INJECTION_STACKTRACE_FILTER: {cause:?}"
            ))
        };
        let fail_nth = OpenOptions::new()
            .read(true)
            .write(true)
            .open(FAIL_NTH)
            .map_err(|error| missing(&error))?;
        let exempt = Kallsyms::read()?
            .code_of(EXEMPT)
            .ok_or_else(|| Trouble::fail(format!("/proc/kallsyms has no code of {EXEMPT}()")))?;
        let settings = SETTINGS
            .map(|(path, value)| (path, value.to_owned()))
            .into_iter()
            .chain(EXEMPT_FROM.map(|path| (path, exempt.start.to_string())))
            .chain(EXEMPT_TO.map(|path| (path, exempt.end.to_string())))
            .map(|(path, value)| KernelSetting::set(path, &value))
            .collect::<Result<_, _>>()
            .map_err(|trouble| missing(&trouble))?;

        Ok(Self {
            fail_nth,
            log: RefCell::new(kmsg::Mark::now()?),
            _settings: settings,
        })
    }

    fn write(&self, nth: u32) -> Verdict {
        // In one write: the kernel takes each for a number of its own.
        let text = nth.to_string();
        let length = self.fail_nth.write_at(text.as_bytes(), 0)?;

        if length == text.len() {
            return Ok(());
        }
        Err(format!("{FAIL_NTH} took {length} bytes of {text}").into())
    }
}

impl Faults for Injection {
    fn fail(&self, nth: u32) -> Verdict {
        self.write(nth)
    }

    fn end(&self) -> Result<u32, Trouble> {
        let mut text = [0; 16];
        let length = self.fail_nth.read_at(&mut text, 0)?;

        self.write(0)?;
        parse(&text[..length])
            .ok_or_else(|| Trouble::fail(format!("{FAIL_NTH} is no number: {text:?}")))
    }

    fn check_log(&self) -> Verdict {
        let complaints = self.log.borrow_mut().splats()?;

        ensure!(complaints.is_empty(), "{complaints:#?}");
        Ok(())
    }
}

fn parse(text: &[u8]) -> Option<u32> {
    std::str::from_utf8(text).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn numbers_as_the_kernel_writes_them() {
        assert_eq!(parse(b"0\n"), Some(0));
        assert_eq!(parse(b"4294967295\n"), Some(u32::MAX));
        assert_eq!(parse(b""), None);
    }
}
