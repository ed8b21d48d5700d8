// SPDX-License-Identifier: GPL-2.0

//! Runs one step of the plan.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use guest_plan::frame::{Frame, STATUS_NOT_STARTED, STATUS_TIMEOUT};
use guest_plan::plan::{MODULES_DIR, PROGRAMS_DIR, PlanStep};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::kmsg;
use crate::result_port::ResultPort;

/// How often the runner looks whether the program has ended.
const POLL: Duration = Duration::from_millis(20);

/// A pause in the output of an ended program that is taken for the output's end.
const REST: Duration = Duration::from_millis(200);

/// The environment every step gets, given the kernel command line.
///
/// `pwlocks=` on the command line becomes `PWLOCKS_PARAM`, which the programs hand on to insmod.
pub fn base_environment(cmdline: &str) -> BTreeMap<String, String> {
    let mut environment: BTreeMap<String, String> = [
        ("PATH", format!("{PROGRAMS_DIR}:/bin:/sbin")),
        ("HOME", "/root".to_owned()),
        ("TERM", "linux".to_owned()),
        ("RUST_BACKTRACE", "1".to_owned()),
        ("PWLOCKS_MODULES", MODULES_DIR.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let mode = cmdline
        .split_whitespace()
        .filter_map(|word| word.strip_prefix("pwlocks="))
        .next_back();
    if let Some(mode) = mode {
        environment.insert("PWLOCKS_PARAM".to_owned(), mode.to_owned());
    }
    environment
}

/// Runs `step` to its end or its time limit and frames its output on `port`.
///
/// A step that fails is a result, not an error; only a broken `port` is.
pub fn run_step(
    step: &PlanStep,
    base: &BTreeMap<String, String>,
    port: &mut ResultPort,
) -> io::Result<()> {
    port.frame(&Frame::Begin(step.name.clone()))?;
    let start = Instant::now();
    let status = match spawn(step, base) {
        Ok(child) => supervise(step, child, port)?,
        Err(error) => {
            kmsg::say(&format!(
                "{}: cannot start {:?}: {error}",
                step.name, step.argv
            ));
            STATUS_NOT_STARTED
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    kmsg::say(&format!(
        "{}: ended with {status} after {seconds:.1} s",
        step.name
    ));
    port.frame(&Frame::End(step.name.clone(), status))
}

fn spawn(step: &PlanStep, base: &BTreeMap<String, String>) -> io::Result<Child> {
    let (program, arguments) = step
        .argv
        .split_first()
        .ok_or_else(|| io::Error::other("no program named"))?;
    Command::new(program)
        .args(arguments)
        .env_clear()
        .envs(base)
        .envs(&step.env)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A group of its own, so that a program is killed with its children.
        .process_group(0)
        .spawn()
}

fn supervise(step: &PlanStep, mut child: Child, port: &mut ResultPort) -> io::Result<i32> {
    let deadline = Instant::now() + Duration::from_secs(step.timeout_s);
    let (sender, output) = channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || forward(stdout, &sender));
    }
    if let Some(stderr) = child.stderr.take() {
        let name = step.name.clone();
        thread::spawn(move || log_lines(stderr, &name));
    }
    loop {
        match output.recv_timeout(POLL) {
            Ok(bytes) => port.output(&bytes)?,
            Err(RecvTimeoutError::Timeout) => {}
            // Nothing more will come, but the program may run on.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
        }
        if let Some(status) = child.try_wait()? {
            copy_rest(&output, port)?;
            return Ok(status_code(status));
        }
        if Instant::now() >= deadline {
            kmsg::say(&format!("{}: killed after {} s", step.name, step.timeout_s));
            show_blocked_tasks();
            kill_group(&step.name, &child);
            return Ok(STATUS_TIMEOUT);
        }
    }
}

fn kill_group(name: &str, child: &Child) {
    let killed = i32::try_from(child.id())
        .map_err(io::Error::other)
        .and_then(|group| Ok(killpg(Pid::from_raw(group), Signal::SIGKILL)?));
    if let Err(error) = killed {
        kmsg::say(&format!("{name}: cannot be killed: {error}"));
    }
}

/// Copies what an ended program has written.
///
/// A grandchild may still hold the pipe, so this waits for a pause in the output, not for its end.
fn copy_rest(output: &Receiver<Vec<u8>>, port: &mut ResultPort) -> io::Result<()> {
    while let Ok(bytes) = output.recv_timeout(REST) {
        port.output(&bytes)?;
    }
    Ok(())
}

fn forward(mut stdout: impl Read, sender: &Sender<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stdout.read(&mut buffer) {
        if sender.send(buffer[..length].to_vec()).is_err() {
            return;
        }
    }
}

fn log_lines(stderr: impl Read, name: &str) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        kmsg::say(&format!("{name}: {line}"));
    }
}

fn status_code(status: ExitStatus) -> i32 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => STATUS_NOT_STARTED,
    }
}

/// Puts the stacks of blocked tasks in the kernel log: why a program hangs is often seen there.
fn show_blocked_tasks() {
    if let Err(error) = fs::write("/proc/sysrq-trigger", "w") {
        kmsg::say(&format!("init: sysrq: {error}"));
    }
}

#[cfg(test)]
mod tests {
    use super::base_environment;

    #[test]
    fn the_last_pwlocks_on_the_command_line_is_the_mode() {
        let environment = base_environment("console=ttyS0 pwlocks=0 quiet pwlocks=auto\n");
        assert_eq!(environment["PWLOCKS_PARAM"], "auto");
    }

    #[test]
    fn no_pwlocks_on_the_command_line_means_no_mode() {
        assert!(!base_environment("pwlocks.pwlocks=1 quiet").contains_key("PWLOCKS_PARAM"));
    }
}
