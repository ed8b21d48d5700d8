// SPDX-License-Identifier: GPL-2.0

//! The switch at run time: writes to the parameter of the loaded module.

mod behaviour;
mod signals;

use nix::errno::Errno;
use selftests::{
    demo::{Device, Modules},
    doing::Doing as _,
    ensure, environment, kmsg,
    ktap::{Report, Trouble, Verdict},
    mode_values::{ACCEPTED, LOCAL, REFUSED, REMOTE, asked, auto, loader},
    module::{self, Module},
    repeat,
};
use std::{
    env,
    os::unix::fs::PermissionsExt as _,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// Writers at once, and writes of each.
const WRITERS: usize = 4;
const WRITES: usize = 20;

/// Unloads with a writer at work, if the caller does not say how many (`PWLOCKS_COUNT`).
const UNLOADS: u64 = 20;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [option, writes] = arguments.as_slice() {
        return match writes.parse() {
            Ok(writes) if option == signals::WRITER => signals::write_on(writes),
            _ => ExitCode::FAILURE,
        };
    }
    if let Some(skipped) = loader("switch_written") {
        return skipped;
    }

    // Where there is one mode only, nothing is switched.
    let switching = if environment::built_in() { 3 } else { 0 };
    let mut report = Report::begin(LOCAL.len() + REMOTE.len() + REFUSED.len() + 3 + switching);

    // To load them takes longer than most of the tests, each of which sets the mode that it begins in.
    let loaded = with_demo(|device| {
        values(&mut report, device);
        report.test("writing auto decides anew", || decides(device));
        report.test(
            "the parameter can be read by all and written by root",
            permissions,
        );
        if environment::built_in() {
            report.test("writers at once", || at_once(device));
            report.test("signals do not end a write", || signals::harmless(device));
            report.test("a killed writer leaves a mode", || signals::killed(device));
        }
        Ok(())
    });
    if loaded.is_err() {
        // The points of the others are missing then.
        report.point("the modules can be loaded", loaded);
    }
    report.test("unloading while the parameter is written", unloaded);
    report.end()
}

/// Writes the parameter once; the error is that of the write.
fn write(value: &str) -> Result<(), Errno> {
    module::write_parameter("pwlocks", "pwlocks", value)
}

/// Each value once, whatever mode it is written in.
fn values(report: &mut Report, device: &Device) {
    for value in LOCAL {
        report.test(&format!("writing {value} switches to local mode"), || {
            switches(device, value, false)
        });
    }
    for value in REMOTE {
        if environment::built_in() {
            report.test(&format!("writing {value} switches to remote mode"), || {
                switches(device, value, true)
            });
        } else {
            let what = format!("writing {value} is refused: there is no remote mode");
            report.test(&what, || unsupported(device, value));
        }
    }
    for value in REFUSED {
        report.test(&format!("writing {value:?} is refused"), || {
            refused(device, value)
        });
    }
}

/// Has pwlocks, in local mode, and the demo to see its mode by.
fn with_demo(test: impl FnOnce(&Device) -> Verdict) -> Verdict {
    let pwlocks = Module::load("pwlocks", "pwlocks=0").doing("insmod pwlocks")?;
    let demo = Module::load("mm_swap_demo", "").doing("insmod mm_swap_demo")?;
    let device = Device::open().doing("open")?;
    let verdict = test(&device);

    drop(device);
    drop(demo);
    drop(pwlocks);
    verdict
}

/// From the other mode, as an administrator's echo writes it, and again without the newline.
fn switches(device: &Device, value: &str, remote: bool) -> Verdict {
    let built_in = environment::built_in();
    let other = if remote { "0" } else { "1" };

    for newline in ["\n", ""] {
        if built_in {
            write(other).doing(format_args!("writing {other}"))?;
            behaviour::is(device, !remote, asked())?;
        }
        for _ in 0..2 {
            write(&format!("{value}{newline}")).doing("write")?;
            behaviour::is(device, remote, asked())?;
        }
    }
    Ok(())
}

/// `EOPNOTSUPP`, one line that says why, and the mode is local as it was.
fn unsupported(device: &Device, value: &str) -> Verdict {
    let line = "pwlocks: pwlocks=1 refused: built with CONFIG_PWLOCKS=n";

    fails(value, Errno::EOPNOTSUPP, line)?;
    behaviour::is(device, false, asked())
}

/// `EINVAL`, one line that says what is accepted, and nothing has changed, in either mode.
fn refused(device: &Device, value: &str) -> Verdict {
    let line = format!("pwlocks: invalid value \"{value}\" for pwlocks=, accepted: {ACCEPTED}");
    let modes: &[_] = if environment::built_in() {
        &[("0", false), ("1", true)]
    } else {
        &[("0", false)]
    };

    for &(mode, remote) in modes {
        write(mode).doing(format_args!("writing {mode}"))?;
        fails(value, Errno::EINVAL, &line)?;
        behaviour::is(device, remote, asked())?;
    }
    Ok(())
}

/// The newline is there because an empty write does not reach the module.
fn fails(value: &str, expected: Errno, line: &str) -> Verdict {
    let mut log = kmsg::Mark::now()?;
    let result = write(&format!("{value}\n"));
    let messages = log.messages()?;

    ensure!(result == Err(expected), "the write returns {result:?}");
    let ours: Vec<_> = messages
        .iter()
        .filter(|message| message.starts_with("pwlocks:"))
        .collect();
    ensure!(ours == [line], "the log has {ours:?}, not {line:?}");
    Ok(())
}

fn decides(device: &Device) -> Verdict {
    let (remote, reason) = auto()?;
    let modes: &[_] = if environment::built_in() {
        &["0", "1", "auto"]
    } else {
        &["0", "auto"]
    };

    for mode in modes {
        write(mode).doing(format_args!("writing {mode}"))?;
        write("auto\n").doing("writing auto")?;
        behaviour::is(device, remote, reason)?;
    }
    Ok(())
}

fn permissions() -> Verdict {
    let path = module::parameter_path("pwlocks", "pwlocks");
    let mode = std::fs::metadata(&path)?.permissions().mode() & 0o7777;

    ensure!(mode == 0o644, "its mode is {mode:o}");
    Ok(())
}

/// Each write returns when its switch is complete, whoever comes next.
fn at_once(device: &Device) -> Verdict {
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                scope.spawn(move || {
                    (0..WRITES).try_for_each(|n| {
                        let value = if (writer + n) % 2 == 0 { "1" } else { "0" };
                        write(value)
                    })
                })
            })
            .collect();
        writers.into_iter().try_for_each(|writer| {
            let panicked = |_| Err(Errno::EIO);
            writer.join().unwrap_or_else(panicked).doing("a writer")
        })
    })?;
    behaviour::is_consistent(device)?;
    for (value, remote) in [("1", true), ("0", false)] {
        write(value).doing(format_args!("writing {value}"))?;
        behaviour::is(device, remote, asked())?;
    }
    Ok(())
}

/// The file goes while somebody writes it: a write succeeds or says that there is no module.
fn unloaded() -> Verdict {
    let mut log = kmsg::Mark::now()?;
    let stop = AtomicBool::new(false);
    let written = AtomicBool::new(false);

    let (unloads, writes) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                // Without CONFIG_PWLOCKS 1 is refused, with a line in the log each time.
                let value = if n % 2 == 0 && environment::built_in() {
                    "1"
                } else {
                    "0"
                };
                match write(value) {
                    Ok(()) => written.store(true, Ordering::Relaxed),
                    Err(Errno::ENOENT | Errno::ENODEV) => {}
                    Err(error) => return Err(format!("a write returns {error}").into()),
                }
            }
            Ok::<_, Trouble>(())
        });
        let unload = |_| {
            let modules = Modules::need()?;
            module::unload_patiently("mm_swap_demo").doing("rmmod mm_swap_demo")?;
            module::unload_patiently("pwlocks").doing("rmmod pwlocks")?;
            // Both are gone already.
            std::mem::forget(modules);
            Ok(written.load(Ordering::Relaxed) || writer.is_finished())
        };
        let count = environment::count().unwrap_or(UNLOADS);
        let unloads = repeat::until_seen(count, unload);
        stop.store(true, Ordering::Relaxed);
        let panicked = |_| Err("the writer panicked".into());
        (unloads, writer.join().unwrap_or_else(panicked))
    });
    unloads?;
    writes?;
    let splats = log.splats()?;

    ensure!(splats.is_empty(), "the log has:\n{}", splats.join("\n"));
    ensure!(
        written.into_inner(),
        "no write came while the module was there"
    );
    Ok(())
}
