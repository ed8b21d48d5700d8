// SPDX-License-Identifier: GPL-2.0

//! The switch at load time: which values `pwlocks=` takes, what they mean on this kernel, and where
//! that shows.

use nix::errno::Errno;
use selftests::{
    ensure, environment, kernel_file, kmsg,
    ktap::{Report, Trouble, Verdict},
    mode_values::{ACCEPTED, LOCAL, REFUSED, REMOTE, asked, auto, loader},
    module::{self, Module},
};
use std::{fs, process::ExitCode};

fn main() -> ExitCode {
    if let Some(skipped) = loader("switch") {
        return skipped;
    }
    let mut report = Report::begin(LOCAL.len() + REMOTE.len() + REFUSED.len() + 5);

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
    report.end()
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
