// SPDX-License-Identifier: GPL-2.0

//! The mode by way of modprobe: `pwlocks.pwlocks=1` on the kernel command line, on a kernel that
//! isolates no CPU, so that nothing else asks for remote mode.

use selftests::{
    cpulist, ensure, environment, kernel_file,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    module::{self, Module},
};
use std::process::{Command, ExitCode};

/// What has to be on the command line.
const ARGUMENT: &str = "pwlocks.pwlocks=1";

/// By its path: this program has the same name.
const MODPROBE: &str = "/sbin/modprobe";

fn main() -> ExitCode {
    if let Err(trouble) = suitable() {
        return nothing_tested("modprobe", trouble);
    }
    let mut report = Report::begin(5);

    report.test("modprobe reads the command line", || {
        modprobe(&["pwlocks"])?;
        is_in_mode("1", "pwlocks= asks for it")?;
        modprobe(&["-r", "pwlocks"])
    });
    report.test("also for a module that another one needs", || {
        modprobe(&["mm_swap_demo"])?;
        is_in_mode("1", "pwlocks= asks for it")?;
        modprobe(&["-r", "mm_swap_demo"])?;
        ensure!(!module::is_loaded("pwlocks"), "pwlocks is still loaded");
        Ok(())
    });
    report.test("its own argument counts more", || {
        modprobe(&["pwlocks", "pwlocks=off"])?;
        is_in_mode("0", "pwlocks= asks for it")?;
        modprobe(&["-r", "pwlocks"])
    });
    report.test("it fails where the module refuses", || {
        ensure!(
            modprobe(&["pwlocks", "pwlocks=2"]).is_err(),
            "pwlocks=2 is accepted"
        );
        ensure!(!module::is_loaded("pwlocks"), "it is loaded");
        Ok(())
    });
    report.test("insmod does not read the command line", || {
        let loaded = Module::load("pwlocks", "")
            .map_err(|error| Trouble::fail(format!("insmod: {}", error.desc())))?;
        is_in_mode("0", "auto: no CPU is isolated")?;
        drop(loaded);
        Ok(())
    });
    report.end()
}

/// Skips where the answers would say nothing.
fn suitable() -> Verdict {
    let cmdline = kernel_file::read("/proc/cmdline")?;

    if !cmdline.split_whitespace().any(|word| word == ARGUMENT) {
        return Err(Trouble::skip(format!(
            "{ARGUMENT} is not on the command line"
        )));
    }
    if module::is_loaded("pwlocks") {
        return Err(Trouble::skip("pwlocks is loaded; rmmod it first"));
    }
    if !environment::built_in() || environment::on_by_default() {
        return Err(Trouble::skip("the build decides the mode here"));
    }
    if !cpulist::read("nohz_full")?.is_empty() || !cpulist::read("isolated")?.is_empty() {
        return Err(Trouble::skip("pwlocks=auto is remote mode here"));
    }
    Ok(())
}

fn modprobe(arguments: &[&str]) -> Verdict {
    let output = Command::new(MODPROBE).args(arguments).output()?;

    ensure!(
        output.status.success(),
        "modprobe {}: {}: {}",
        arguments.join(" "),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn is_in_mode(expected: &str, why: &str) -> Verdict {
    let mode = module::parameter("pwlocks", "pwlocks")?;
    ensure!(mode == expected, "sysfs shows mode {mode}, not {expected}");
    let reason = kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/reason"))?;
    ensure!(
        reason == why,
        "debugfs shows reason {reason:?}, not {why:?}"
    );
    Ok(())
}
