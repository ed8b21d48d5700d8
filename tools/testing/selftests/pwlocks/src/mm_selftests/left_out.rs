// SPDX-License-Identifier: GPL-2.0

//! Programs that don't run, and why.

use super::COMMANDS;
use crate::{doing::Doing as _, ensure, ktap::Verdict};
use std::{fs, path::Path};

const HUGETLB: &str = "hugetlb's pages are never in a batch";
const LAYOUT: &str = "it is about mappings or page tables, whatever pages they have";
const POISONS: &str = "it takes pages out of use until the next boot";
const NOT_IN_DEBIAN: &str = "it needs what Debian's kernels are built without";

const LEFT_OUT: &[(&str, &str)] = &[
    (
        "folio_split_race_test",
        "it is not done after 200 s where the CPUs are emulated",
    ),
    ("gup_longterm", NOT_IN_DEBIAN),
    ("gup_test", NOT_IN_DEBIAN),
    ("hmm-tests", NOT_IN_DEBIAN),
    ("hugetlb-madvise", HUGETLB),
    ("hugetlb-mmap", HUGETLB),
    ("hugetlb-mremap", HUGETLB),
    ("hugetlb-read-hwpoison", HUGETLB),
    ("hugetlb-shm", HUGETLB),
    ("hugetlb-soft-offline", HUGETLB),
    ("hugetlb-vmemmap", HUGETLB),
    ("hugetlb_dio", HUGETLB),
    ("hugetlb_fault_after_madv", HUGETLB),
    ("hugetlb_madv_vs_map", HUGETLB),
    ("map_fixed_noreplace", LAYOUT),
    ("mdwe_test", LAYOUT),
    ("memory-failure", POISONS),
    (
        "mremap_test",
        "it maps more than these guests have, several times",
    ),
    ("mseal_test", LAYOUT),
    ("pfnmap", LAYOUT),
    ("pkey_sighandler_tests_64", LAYOUT),
    ("protection_keys_64", LAYOUT),
    (
        "split_huge_page_test",
        "what it splits is not always all that it should, on the stock kernel",
    ),
    ("thuge-gen", HUGETLB),
    (
        "uffd-unit-tests",
        "it finds corrupted memory on the stock kernel where the CPUs are emulated",
    ),
    ("uffd-wp-mremap", LAYOUT),
    ("va_high_addr_switch", LAYOUT),
    ("write_to_hugetlbfs", HUGETLB),
];

/// Whether each program in `folder` runs, or is left out for a reason: a kernel may have new ones.
pub fn all_considered(folder: &Path) -> Verdict {
    let mut unknown = Vec::new();

    for program in fs::read_dir(folder).doing(format_args!("list {}", folder.display()))? {
        let name = program?.file_name().to_string_lossy().into_owned();
        if !runs(&name) && !LEFT_OUT.iter().any(|(program, _)| *program == name) {
            unknown.push(name);
        }
    }
    ensure!(
        unknown.is_empty(),
        "neither run nor left out for a reason: {}",
        unknown.join(", ")
    );
    for (program, reason) in LEFT_OUT {
        println!("# left out: {program}: {reason}");
    }
    Ok(())
}

fn runs(name: &str) -> bool {
    COMMANDS.iter().any(|command| command.program() == name)
}

#[cfg(test)]
mod tests {
    use super::{LEFT_OUT, all_considered, runs};
    use crate::mm_selftests::COMMANDS;
    use std::{env, fs, process};

    #[test]
    fn none_is_both_run_and_left_out() {
        for (program, _) in LEFT_OUT {
            assert!(!runs(program), "{program}");
        }
    }

    #[test]
    fn a_new_one_is_noticed() {
        let folder = env::temp_dir().join(format!("mm-selftests-{}", process::id()));
        fs::create_dir(&folder).unwrap();
        for program in [COMMANDS[0].program(), LEFT_OUT[0].0] {
            fs::write(folder.join(program), "").unwrap();
        }
        let before = all_considered(&folder);
        fs::write(folder.join("brand-new"), "").unwrap();
        let after = all_considered(&folder);
        fs::remove_dir_all(&folder).unwrap();
        assert!(before.is_ok() && after.is_err());
    }
}
