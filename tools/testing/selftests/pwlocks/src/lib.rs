// SPDX-License-Identifier: GPL-2.0

//! What the selftest programs of pwlocks share.
//!
//! Each program in `src/bin/` tests one subject on the running kernel, prints KTAP on stdout and
//! exits with 0, 1, or 4 if all of it was skipped ([`ktap`]). A program loads the modules it needs
//! unless they are there already, and unloads what it loaded ([`module`]).

pub mod as_found;
pub mod bad_requests;
pub mod bench;
pub mod bounded;
pub mod cpu_table;
pub mod cpulist;
pub mod cross_calls;
pub mod demo;
pub mod demonstration;
pub mod doing;
pub mod drop_caches;
pub mod environment;
pub mod executed;
pub mod flipper;
pub mod held;
pub mod home_cpu;
pub mod hotplug;
pub mod interrupts;
pub mod kallsyms;
pub mod kernel_file;
pub mod kernel_setting;
pub mod kernel_tests;
pub mod khugepaged;
pub mod kmsg;
pub mod ktap;
pub mod live;
pub mod lockdep;
pub mod meminfo;
pub mod memory;
pub mod memory_block;
pub mod mempolicy;
pub mod mm_selftests;
pub mod mode_values;
pub mod module;
pub mod module_copy;
pub mod our_modules;
pub mod page_flags;
pub mod pin;
pub mod pw_counts;
pub mod random;
pub mod realtime;
pub mod repeat;
pub mod sign_of_life;
pub mod stress;
pub mod tasks;
pub mod trace;
pub mod triggers;
pub mod tsc;
pub mod vmstat;
pub mod works;
