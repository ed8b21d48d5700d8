// SPDX-License-Identifier: GPL-2.0

//! Reports of data races by KCSAN (kernel/kcsan/report.c), and which of them are the kernel's own business.
//!
//! The kernel has data races of its own, in any run under load others, which are reported whether our modules
//! are there or not. A report has the stacks of both sides, or of the one that is known: where no function of
//! our modules is in either, it is about code that neither is ours nor was called by it. What an interrupt came
//! upon has not called its handler, and does not count.

use std::ops::Range;

/// Our modules, as they are named behind a function in a stack.
const MODULES: [&str; 5] = [
    "[pwlocks]",
    "[mm_swap_demo]",
    "[mm_swap_live]",
    "[kmalloc_bench]",
    "[pwlocks_test]",
];

/// How a report begins, after a line of [`RULE`], with which it ends.
const START: &str = "BUG: KCSAN: ";
const RULE: &str = "=====";

/// How a device's interrupt, or one of a timer or another CPU, enters the kernel: what is below in a stack was
/// interrupted. Exceptions (`asm_exc_`), like a page fault, are of the code's own making.
const INTERRUPTS: [&str; 2] = ["asm_sysvec_", "asm_common_interrupt"];

/// Whether a report has begun in `messages` and not ended.
pub fn is_cut_off(messages: &[impl AsRef<str>]) -> bool {
    let mut backwards = messages.iter().rev().map(AsRef::as_ref);
    // With what ends a report the next one may begin.
    let last = backwards.find(|message| message.starts_with(START) || message.starts_with(RULE));
    last.is_some_and(|message| message.starts_with(START))
}

/// Where in `messages`, without time stamps, reports are in which nothing of our modules appears; a report
/// without an end, which may have been to come, is none of them.
pub fn of_the_kernel(messages: &[impl AsRef<str>]) -> Vec<Range<usize>> {
    let is_rule = |at: &usize| messages[*at].as_ref().starts_with(RULE);
    let starts = (0..messages.len()).filter(|&at| messages[at].as_ref().starts_with(START));
    let reports = starts.filter_map(|start| {
        let end = (start..messages.len()).find(is_rule)?;
        let before = start.checked_sub(1).filter(is_rule);
        Some(before.unwrap_or(start)..end + 1)
    });
    reports
        .filter(|report| !is_ours(&messages[report.clone()]))
        .collect()
}

/// Whether a function of our modules is in a stack of `report`, and not only interrupted.
fn is_ours(report: &[impl AsRef<str>]) -> bool {
    let is_in_module = |frame: &str| MODULES.iter().any(|module| frame.contains(module));
    let is_entry = |frame: &str| INTERRUPTS.iter().any(|entry| frame.starts_with(entry));
    // Parts are separated by empty lines, and a stack is in one.
    report
        .split(|line| line.as_ref().trim().is_empty())
        .any(|part| {
            let frames = part.iter().map(|line| line.as_ref().trim());
            let by_interrupt = frames.clone().position(is_entry).unwrap_or(part.len());
            frames.take(by_interrupt).any(is_in_module)
        })
}

#[cfg(test)]
mod tests {
    use super::{is_cut_off, of_the_kernel};

    const OWN: [&str; 11] = [
        "==================================================================",
        "BUG: KCSAN: data-race in lru_gen_add_folio / shrink_one",
        "",
        "write to 0xffff888012345678 of 8 bytes by task 80 on cpu 1:",
        "lru_gen_add_folio+0x3a1/0x5c0",
        "",
        "read to 0xffff888012345678 of 8 bytes by task 41 on cpu 0:",
        "shrink_one+0x91/0x2f0",
        "",
        "Reported by Kernel Concurrency Sanitizer on:",
        "==================================================================",
    ];

    /// The report with a function of a module under the one that races.
    fn called_by(frame: &'static str) -> Vec<&'static str> {
        let mut report = OWN.to_vec();
        report.insert(5, frame);
        report
    }

    #[test]
    fn a_report_without_our_modules_is_the_kernels() {
        let whole = 0..11;
        assert_eq!(of_the_kernel(&OWN), [whole]);
        let other = called_by("reads_block+0x1/0x2 [ext4]");
        let both: Vec<_> = ["brd: module loaded"]
            .into_iter()
            .chain(OWN)
            .chain(other)
            .collect();
        assert_eq!(of_the_kernel(&both), [1..12, 12..24]);
    }

    #[test]
    fn a_report_with_one_of_them_is_not() {
        for frame in [
            "_RNvNtC12mm_swap_live7replace+0x1/0x2 [mm_swap_live]",
            "pwlocks_lock_owner+0x1/0x2 [pwlocks]",
        ] {
            assert_eq!(of_the_kernel(&called_by(frame)), []);
        }
    }

    #[test]
    fn what_was_interrupted_does_not_count() {
        const OURS: &str = " _RNvNtC12mm_swap_live7replace+0x1/0x2 [mm_swap_live]";
        const TIMER: &str = " asm_sysvec_apic_timer_interrupt+0x16/0x20";
        const DEVICE: &str = " asm_common_interrupt+0x26/0x40";
        const FAULT: &str = " asm_exc_page_fault+0x22/0x30";
        let with = |first: &[&'static str], second: &[&'static str]| {
            let mut report = OWN.to_vec();
            report.splice(8..8, second.iter().copied());
            report.splice(5..5, first.iter().copied());
            report
        };
        let whole = 0..13;
        let whole = std::slice::from_ref(&whole);
        for entry in [TIMER, DEVICE] {
            assert_eq!(of_the_kernel(&with(&[entry, OURS], &[])), whole);
            assert_eq!(of_the_kernel(&with(&[], &[entry, OURS])), whole);
            // In the handler, and in the other stack.
            assert_eq!(of_the_kernel(&with(&[OURS, entry], &[])), []);
            assert_eq!(of_the_kernel(&with(&[entry, OURS], &[OURS])), []);
            assert_eq!(of_the_kernel(&with(&[entry], &[OURS])), []);
        }
        assert_eq!(of_the_kernel(&with(&[FAULT, OURS], &[])), []);
    }

    #[test]
    fn what_is_cut_off_or_another_report_is_not() {
        assert_eq!(of_the_kernel(&OWN[..10]), []);
        assert!(is_cut_off(&OWN[..10]) && is_cut_off(&OWN[..2]));
        assert!(!is_cut_off(&OWN) && !is_cut_off(&OWN[..1]) && !is_cut_off(&OWN[2..]));
        let mut kasan = OWN.to_vec();
        kasan[1] = "BUG: KASAN: slab-use-after-free in f+0x1/0x2";
        assert_eq!(of_the_kernel(&kasan), []);
        assert_eq!(of_the_kernel(&[""; 0]), []);
    }
}
