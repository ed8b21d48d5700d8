// SPDX-License-Identifier: GPL-2.0

//! Each reason for mm_swap_live to refuse is brought about on the running kernel. Then insmod, and
//! switching to remote mode with the module loaded, must fail with the right error and one line that
//! names cause and remedy; nothing may be replaced, and the kernel must drain as ever. Without the
//! reason the same must succeed.
//!
//! What is for ever comes last, and only in a guest. Another kernel than the one that was audited
//! is refused as well, which `audited` tests.

mod bpf;
mod cause;
mod in_the_way;
mod kernel_drain;
mod kprobe;
mod livepatch;
mod loader;
mod signature;
mod untouched;

use cause::Cause;
use selftests::{
    ktap::{Report, Trouble, nothing_tested},
    live::MODULE,
    module::{self, Module},
    module_copy::ModuleCopy,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match prepare() {
        Ok(copy) => run(&copy),
        Err(trouble) => nothing_tested("the refusals can be tested", trouble),
    }
}

fn prepare() -> Result<ModuleCopy, Trouble> {
    if module::is_loaded("pwlocks") {
        return Err(Trouble::skip("pwlocks is loaded; rmmod it and its users"));
    }
    ModuleCopy::of(MODULE)
}

fn run(copy: &ModuleCopy) -> ExitCode {
    let causes = Cause::all();
    let mut report = Report::begin(
        loader::POINTS + causes.len() * in_the_way::POINTS + kprobe::POINTS + signature::POINTS,
    );

    report.test("without pwlocks.ko it is refused", || {
        loader::without_pwlocks(copy)
    });
    let pwlocks = match Module::load("pwlocks", "pwlocks=1") {
        Ok(pwlocks) => pwlocks,
        Err(error) => {
            report.diagnostic(format_args!("insmod pwlocks: {error}"));
            return report.end();
        }
    };
    loader::run(&mut report, copy);
    for cause in causes {
        in_the_way::run(&mut report, copy, cause);
    }
    report.test("a kprobe is not in the way, and hit", kprobe::harmless);
    signature::run(&mut report, copy);
    drop(pwlocks);
    report.end()
}
