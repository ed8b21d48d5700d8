// SPDX-License-Identifier: GPL-2.0

//! Reports of data races by KCSAN (kernel/kcsan/report.c), and which of them are the kernel's own business.
//!
//! The kernel has data races of its own, in any run under load others, which are reported whether our modules
//! are there or not. A report has the stacks of both sides, or of the one that is known: where no function of
//! our modules is in either, it is about code that neither is ours nor was called by it.

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
    let ours = |message: &str| MODULES.iter().any(|module| message.contains(module));
    reports
        .filter(|report| {
            let mut report = messages[report.clone()].iter();
            !report.any(|message| ours(message.as_ref()))
        })
        .collect()
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
