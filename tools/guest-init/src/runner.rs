// SPDX-License-Identifier: GPL-2.0

//! Runs one step of a plan: in a guest, or on a machine that is to go on afterwards.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::frame::{Frame, STATUS_INTERRUPTED, STATUS_NOT_STARTED, STATUS_TIMEOUT};
use crate::plan::PlanStep;

/// How often the runner looks whether the program has ended.
const POLL: Duration = Duration::from_millis(20);

/// A pause in the output of an ended program that is taken for the output's end.
const REST: Duration = Duration::from_millis(200);

/// How long a killed program may take to be gone.
const DEATH: Duration = Duration::from_secs(10);

/// Whom a step is run for.
pub trait Channel {
    /// Takes output of the step that runs.
    fn output(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Takes a frame line, which is to be on a line of its own.
    fn frame(&mut self, frame: &Frame) -> io::Result<()>;

    /// What says a line about a step, or one of its standard error.
    fn say(&self) -> fn(&str);

    /// Is told that a step is about to be killed for having taken too long.
    fn out_of_time(&mut self) {}

    /// Whether the step that runs is to be killed now.
    fn is_interrupted(&self) -> bool {
        false
    }
}

/// Runs `step` to its end or its time limit and frames its output on `channel`. Its environment is
/// `base` and what its own has beside that.
///
/// A step that fails is a result, not an error; only a broken `channel` is.
pub fn run_step(
    step: &PlanStep,
    base: &BTreeMap<String, String>,
    channel: &mut impl Channel,
) -> io::Result<()> {
    channel.frame(&Frame::Begin(step.name.clone()))?;
    let start = Instant::now();
    let say = channel.say();
    let status = match spawn(step, base) {
        Ok(child) => supervise(step, child, channel)?,
        Err(error) => {
            say(&format!(
                "{}: cannot start {:?}: {error}",
                step.name, step.argv
            ));
            STATUS_NOT_STARTED
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    say(&format!(
        "{}: ended with {status} after {seconds:.1} s",
        step.name
    ));
    channel.frame(&Frame::End(step.name.clone(), status))
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

fn supervise(step: &PlanStep, child: Child, channel: &mut impl Channel) -> io::Result<i32> {
    let say = channel.say();
    let mut running = Running { child, say };
    let deadline = Instant::now() + Duration::from_secs(step.timeout_s);
    let (sender, output) = mpsc::channel();
    if let Some(stdout) = running.child.stdout.take() {
        thread::spawn(move || forward(stdout, &sender));
    }
    if let Some(stderr) = running.child.stderr.take() {
        let name = step.name.clone();
        thread::spawn(move || say_lines(stderr, &name, say));
    }
    loop {
        match output.recv_timeout(POLL) {
            Ok(bytes) => channel.output(&bytes)?,
            Err(RecvTimeoutError::Timeout) => {}
            // Nothing more will come, but the program may run on.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
        }
        if let Some(status) = running.child.try_wait()? {
            copy_rest(&output, channel)?;
            return Ok(status_code(status));
        }
        if channel.is_interrupted() {
            running.kill(&step.name)?;
            return Ok(STATUS_INTERRUPTED);
        }
        if Instant::now() >= deadline {
            say(&format!("{}: killed after {} s", step.name, step.timeout_s));
            channel.out_of_time();
            running.kill(&step.name)?;
            return Ok(STATUS_TIMEOUT);
        }
    }
}

/// A program and those it has started.
struct Running {
    child: Child,
    say: fn(&str),
}

impl Running {
    /// Kills them, and waits for a while until the program is gone.
    fn kill(&mut self, name: &str) -> io::Result<()> {
        let killed = i32::try_from(self.child.id())
            .map_err(io::Error::other)
            .and_then(|group| Ok(killpg(Pid::from_raw(group), Signal::SIGKILL)?));
        if let Err(error) = killed {
            (self.say)(&format!("{name}: cannot be killed: {error}"));
        }
        let deadline = Instant::now() + DEATH;
        while self.child.try_wait()?.is_none() {
            if Instant::now() >= deadline {
                (self.say)(&format!("{name}: does not die"));
                break;
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

/// Copies what an ended program has written.
///
/// A grandchild may still hold the pipe, so this waits for a pause in the output, not for its end.
fn copy_rest(output: &Receiver<Vec<u8>>, channel: &mut impl Channel) -> io::Result<()> {
    while let Ok(bytes) = output.recv_timeout(REST) {
        channel.output(&bytes)?;
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

fn say_lines(stderr: impl Read, name: &str, say: fn(&str)) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        say(&format!("{name}: {line}"));
    }
}

fn status_code(status: ExitStatus) -> i32 {
    match (status.code(), status.signal()) {
        (Some(code), _) => code,
        (None, Some(signal)) => 128 + signal,
        (None, None) => STATUS_NOT_STARTED,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io;
    use std::time::Instant;

    use super::{Channel, run_step};
    use crate::frame::Frame;
    use crate::plan::PlanStep;

    /// All that it was told, and whether it wants the step to be killed once there is output.
    #[derive(Default)]
    struct Heard {
        text: String,
        interrupts: bool,
    }

    impl Channel for Heard {
        fn output(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.text += &String::from_utf8_lossy(bytes);
            Ok(())
        }

        fn frame(&mut self, frame: &Frame) -> io::Result<()> {
            self.text += &format!("{frame}\n");
            Ok(())
        }

        fn say(&self) -> fn(&str) {
            |_| {}
        }

        fn out_of_time(&mut self) {
            self.text += "out of time\n";
        }

        fn is_interrupted(&self) -> bool {
            self.interrupts && self.text.contains("begun")
        }
    }

    fn run(script: &str, timeout_s: u64, interrupts: bool) -> String {
        let step = PlanStep {
            name: "step".to_owned(),
            argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
            env: BTreeMap::new(),
            timeout_s,
        };
        let mut heard = Heard {
            interrupts,
            ..Heard::default()
        };
        run_step(&step, &BTreeMap::new(), &mut heard).unwrap();
        heard.text
    }

    #[test]
    fn output_and_status_of_a_step() {
        assert_eq!(
            run("echo one; echo two >&2; exit 3", 60, false),
            "@begin step\none\n@end step 3\n"
        );
        assert_eq!(run("kill -9 $$", 60, false), "@begin step\n@end step 137\n");
    }

    #[test]
    fn a_step_is_killed_with_what_it_started() {
        // A sleep that were left would hold the pipe, and the shell waits for it.
        let start = Instant::now();
        assert_eq!(
            run("echo begun; sleep 1000 & wait", 1, false),
            "@begin step\nbegun\nout of time\n@end step 124\n"
        );
        assert_eq!(
            run("echo begun; sleep 1000 & wait", 1000, true),
            "@begin step\nbegun\n@end step 130\n"
        );
        assert!(start.elapsed().as_secs() < 60);
    }
}
