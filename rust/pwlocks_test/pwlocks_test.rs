// SPDX-License-Identifier: GPL-2.0

//! pwlocks_test: tests of the locks and the work dispatcher that have to run in the kernel.
//!
//! debugfs has a file per test, `pwlocks_test/<subject>/<test>`. Writing anything to it runs the
//! test, in the mode in force and in the writer's task and threads of its own; reading it then says
//! `ok`, `SKIP` or `FAIL` and why. Only one test runs at a time. `pwlocks_test/cost/count`
//! counts what lock operations cost, `pwlocks_test/sizes` what they take up; the files of
//! `pwlocks_test/loop_short` and `loop_long` run one of its loops once.
//!
//! Some tests switch the mode and switch it back, or take a CPU down and up again. Nobody else may
//! switch meanwhile. Those of the subject `nesting` make the kernel oops, those of
//! `lockdep` make lockdep report something and stop, and that of `kcsan` has KCSAN report something.

use kernel::prelude::*;

#[path = "../bindings/bindings.rs"]
mod bindings;

#[path = "../debugfs/debugfs.rs"]
mod debugfs;

mod assertion;
mod context;
mod count;
mod datum;
mod exclusion;
mod flip;
mod flip_interrupt;
mod flip_load;
mod flip_token;
mod hardirq;
mod interrupt;
mod kcsan;
mod kthread;
mod lockdep;
mod migration;
mod nesting;
mod nmi;
mod notifier;
mod offline;
mod order;
mod paths;
mod remote;
mod rounds;
mod sizes;
mod suite;
mod switch;
mod timer;
mod touched;
mod trylock;
mod turn;
mod verdict;
mod waiting;
mod way;
mod work;

module! {
    type: PwLocksTest,
    name: "pwlocks_test",
    authors: ["The pwlocks authors"],
    description: "Tests of pwlocks",
    license: "GPL",
}

struct PwLocksTest {
    _suite: suite::Suite,
}

impl kernel::Module for PwLocksTest {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _suite: suite::Suite::new()?,
        })
    }
}
