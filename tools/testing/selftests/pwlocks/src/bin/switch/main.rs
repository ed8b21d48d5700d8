// SPDX-License-Identifier: GPL-2.0

//! The switch: which values `pwlocks=` takes, at load time and after, what they mean on this kernel,
//! and where that shows.

mod behaviour;
mod run_time;
mod signals;

use nix::errno::Errno;
use selftests::{
    cpulist, ensure, environment, kernel_file, kmsg,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    module::{self, Module},
};
use std::{env, fs, process::ExitCode};

/// What the module's message about a refused value lists.
const ACCEPTED: &str = "0, 1, off, on, n, y, auto";

const LOCAL: &[&str] = &["0", "off", "n", "N"];
const REMOTE: &[&str] = &["1", "on", "y", "Y"];
const REFUSED: &[&str] = &[
    "2", "-1", "01", "00", "1x", "yes", "no", "true", "false", "On", "OFF", "Auto", "AUTO",
    "autox", "",
];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [option, writes] = arguments.as_slice() {
        return match writes.parse() {
            Ok(writes) if option == signals::WRITER => signals::write_on(writes),
            _ => ExitCode::FAILURE,
        };
    }
    if module::is_loaded("pwlocks") {
        return nothing_tested(
            "switch",
            Trouble::skip("pwlocks is loaded, and this loads it in each mode; rmmod it first"),
        );
    }
    if !module::file("pwlocks").is_some_and(|file| file.exists()) {
        return nothing_tested(
            "switch",
            Trouble::skip("PWLOCKS_MODULES names no folder with pwlocks.ko"),
        );
    }

    let mut report =
        Report::begin(LOCAL.len() + REMOTE.len() + REFUSED.len() + 5 + run_time::points());

    for value in LOCAL {
        report.test(&format!("pwlocks={value} is local mode"), || {
            shows(&format!("pwlocks={value}"), false, asked())
        });
    }
    for value in REMOTE {
        report.test(&format!("pwlocks={value} is remote mode"), || {
            shows(
                &format!("pwlocks={value}"),
                environment::built_in(),
                asked(),
            )
        });
    }
    for value in REFUSED {
        report.test(&format!("pwlocks={value:?} is refused"), || refused(value));
    }
    report.test("pwlocks without a value is refused", valueless);
    report.test("the last of two values counts", || {
        shows("pwlocks=1 pwlocks=0", false, asked())
    });
    report.test("pwlocks=auto does as the kernel isolates CPUs", || {
        let (remote, reason) = auto()?;
        shows("pwlocks=auto", remote, reason)
    });
    report.test("no pwlocks= does as the build says", || {
        let (remote, reason) = default()?;
        shows("", remote, reason)
    });
    report.test("what the caller asked for", caller);
    run_time::run(&mut report);
    report.end()
}

/// The reason that debugfs gives for a mode that `pwlocks=` names.
fn asked() -> &'static str {
    if environment::built_in() {
        "pwlocks= asks for it"
    } else {
        "built with CONFIG_PWLOCKS=n"
    }
}

/// What `auto` comes to here, by what the kernel says of its CPUs, and why.
fn auto() -> Result<(bool, &'static str), Trouble> {
    if !environment::built_in() {
        return Ok((false, "built with CONFIG_PWLOCKS=n"));
    }
    // Both nohz_full= and isolcpus=nohz end up in the first.
    if !cpulist::read("nohz_full")?.is_empty() {
        return Ok((true, "auto: nohz_full= or isolcpus=nohz isolates CPUs"));
    }
    if !cpulist::read("isolated")?.is_empty() {
        return Ok((
            true,
            "auto: isolcpus=domain or a cpuset partition isolates CPUs",
        ));
    }
    Ok((false, "auto: no CPU is isolated"))
}

/// What no `pwlocks=` comes to here, and why.
fn default() -> Result<(bool, &'static str), Trouble> {
    if environment::built_in() && environment::on_by_default() {
        return Ok((true, "built with CONFIG_PWLOCKS_DEFAULT=y"));
    }
    auto()
}

/// Loads the module and compares all that tells its mode; it is gone afterwards.
fn shows(params: &str, remote: bool, reason: &str) -> Verdict {
    let mut log = kmsg::Mark::now()?;
    let loaded = Module::load("pwlocks", params)
        .map_err(|error| format!("insmod pwlocks.ko {params}: {}", error.desc()))?;
    let (digit, word) = if remote {
        ("1", "remote")
    } else {
        ("0", "local")
    };

    let parameter = module::parameter("pwlocks", "pwlocks")?;
    ensure!(parameter == digit, "sysfs shows {parameter:?}, not {digit}");
    let mode = kernel_file::read(kernel_file::debugfs("pwlocks/mode"))?;
    ensure!(
        mode == format!("{word}\n"),
        "debugfs mode is {mode:?}, not {word}"
    );
    let shown = kernel_file::read(kernel_file::debugfs("pwlocks/reason"))?;
    ensure!(
        shown == format!("{reason}\n"),
        "debugfs reason is {shown:?}, not {reason:?}"
    );
    let line = format!("pwlocks: mode {word} ({reason})");
    let messages = log.messages()?;
    ensure!(
        messages.contains(&line),
        "the log lacks {line:?}: {messages:?}"
    );

    loaded
        .unload()
        .map_err(|error| format!("rmmod pwlocks: {}", error.desc()))?;
    ensure!(!module::is_loaded("pwlocks"), "it is still loaded");
    Ok(())
}

/// Tries to load the module: `EINVAL`, one line in the log, and nothing is left.
fn refused(value: &str) -> Verdict {
    let mut log = kmsg::Mark::now()?;
    not_loaded(&format!("pwlocks={value}"))?;

    let line = format!("pwlocks: invalid value \"{value}\" for pwlocks=, accepted: {ACCEPTED}");
    let messages = log.messages()?;
    let found = messages.iter().filter(|message| **message == line).count();
    ensure!(
        found == 1,
        "the log has {found} times {line:?}: {messages:?}"
    );
    Ok(())
}

/// The kernel itself refuses a parameter that needs a value.
fn valueless() -> Verdict {
    not_loaded("pwlocks")
}

fn not_loaded(params: &str) -> Verdict {
    match Module::load("pwlocks", params) {
        Err(Errno::EINVAL) => {}
        Err(error) => return Err(format!("it fails with {error}, not EINVAL").into()),
        Ok(_) => return Err("it is accepted".into()),
    }
    ensure!(
        !fs::exists("/sys/module/pwlocks")?,
        "/sys/module/pwlocks is left"
    );
    ensure!(
        !fs::exists(kernel_file::debugfs("pwlocks"))?,
        "debugfs pwlocks/ is left"
    );
    Ok(())
}

/// What the other programs of this run load the module with.
fn caller() -> Verdict {
    let Some(param) = environment::param() else {
        let (remote, reason) = default()?;
        return shows("", remote, reason);
    };
    let (remote, reason) = match param.as_str() {
        value if LOCAL.contains(&value) => (false, asked()),
        value if REMOTE.contains(&value) => (environment::built_in(), asked()),
        "auto" => auto()?,
        other => return Err(format!("PWLOCKS_PARAM={other} is not a value of pwlocks=").into()),
    };

    shows(&format!("pwlocks={param}"), remote, reason)
}
