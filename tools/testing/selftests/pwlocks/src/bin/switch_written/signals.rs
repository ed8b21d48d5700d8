// SPDX-License-Identifier: GPL-2.0

//! Signals for somebody who is writing the parameter.

use crate::{behaviour, write};
use nix::{
    errno::Errno,
    libc,
    sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction},
    unistd::Pid,
};
use selftests::{
    demo::Device,
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    random,
};
use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Command, ExitCode, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

/// What this program is called with to be a writer: so many writes or more, 0 for no end.
pub(crate) const WRITER: &str = "--write";

/// Writes under a storm of signals, and how many of the signals it has to handle meanwhile: a writer
/// that is quick, or rarely gets a CPU, goes on until then.
const WRITES: u64 = 40;
/// Writes after which it no longer waits for signals.
const MOST_WRITES: u64 = 200 * WRITES;
/// Between two signals: several for every switch.
const BETWEEN: Duration = Duration::from_micros(300);
/// Writers that are killed.
const KILLED: u32 = 30;
/// How long a writer lives, at most.
const LIFE: Duration = Duration::from_millis(150);

/// Signals that the writer has handled.
static HANDLED: AtomicU64 = AtomicU64::new(0);

extern "C" fn handle(_: libc::c_int) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// The writer: switches to and fro so many times, and on until it has handled as many signals; then
/// prints how many those were. The first write that fails ends it.
pub(crate) fn write_on(writes: u64) -> ExitCode {
    let action = SigAction::new(
        SigHandler::Handler(handle),
        // Without SA_RESTART: a write that were interrupted would say so.
        SaFlags::empty(),
        SigSet::empty(),
    );
    // SAFETY: The handler only counts.
    if let Err(error) = unsafe { sigaction(Signal::SIGUSR1, &action) } {
        eprintln!("sigaction: {error}");
        return ExitCode::FAILURE;
    }
    println!("ready");

    for n in 0.. {
        let handled = HANDLED.load(Ordering::Relaxed);
        // Of an even number of writes the last one is "0".
        if writes != 0 && n % 2 == 0 && n >= writes && (handled >= writes || n >= MOST_WRITES) {
            break;
        }
        if let Err(error) = write(if n % 2 == 0 { "1" } else { "0" }) {
            println!("write {n}: {error}");
            return ExitCode::FAILURE;
        }
    }
    println!("{}", HANDLED.load(Ordering::Relaxed));
    let _ = std::io::stdout().flush();
    ExitCode::SUCCESS
}

/// A writer that is at work.
struct Writer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Writer {
    fn begin(writes: u64) -> Result<Self, Trouble> {
        let mut child = Command::new(env::current_exe()?)
            .args([WRITER, &writes.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = child.stdout.take().ok_or("the writer has no output")?;
        let mut writer = Self {
            child,
            lines: BufReader::new(lines),
        };
        let ready = writer.line()?;
        ensure!(ready == "ready", "the writer says {ready:?}");
        Ok(writer)
    }

    fn line(&mut self) -> Result<String, Trouble> {
        let mut line = String::new();

        self.lines.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn pid(&self) -> Pid {
        // A child's number fits.
        Pid::from_raw(self.child.id() as i32)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No write fails with `EINTR`, whatever signals come, and the mode is the last one written.
pub(crate) fn harmless(device: &Device) -> Verdict {
    let mut writer = Writer::begin(WRITES)?;
    let mut sent = 0_u64;
    while writer.child.try_wait()?.is_none() {
        match kill(writer.pid(), Signal::SIGUSR1) {
            Ok(()) => sent += 1,
            Err(Errno::ESRCH) => break,
            Err(error) => return Err(error).doing("kill"),
        }
        thread::sleep(BETWEEN);
    }
    let status = writer.child.wait()?;
    let said = writer.line()?;

    ensure!(status.success(), "the writer: {status}, {said:?}");
    let handled: u64 = said.parse().map_err(|_| format!("it handled {said:?}"))?;
    ensure!(
        handled >= WRITES,
        "{sent} signals were sent and {handled} handled, fewer than {WRITES}"
    );
    // The last of an even number is 0.
    ensure!(
        !behaviour::is_consistent(device)?,
        "the mode is not the last one written"
    );
    Ok(())
}

/// Wherever in a write it was killed, sysfs, debugfs and what is done agree afterwards, and both
/// modes can be had.
pub(crate) fn killed(device: &Device) -> Verdict {
    let mut rng = random::source(random::seed(), 0);
    let mut modes = [0_u32; 2];

    for _ in 0..KILLED {
        let writer = Writer::begin(0)?;

        thread::sleep(LIFE.mul_f64(rng.f64()));
        // With SIGKILL, and waits for its end.
        drop(writer);
        modes[usize::from(behaviour::is_consistent(device)?)] += 1;
    }
    println!(
        "# killed writers left local mode {} times, remote mode {} times",
        modes[0], modes[1]
    );
    for (value, remote) in [("1", true), ("0", false)] {
        write(value).doing(format_args!("writing {value}"))?;
        ensure!(
            behaviour::is_consistent(device)? == remote,
            "after {value} was written the mode is another"
        );
    }
    Ok(())
}
