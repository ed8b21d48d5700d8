// SPDX-License-Identifier: GPL-2.0

//! One guest from its boot to its power-off.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use guest_plan::plan::Plan;

use crate::accel::Accel;
use crate::failure::{During, Failure, Result};
use crate::initramfs::{self, Contents, Extra};
use crate::job::Job;
use crate::kmod;
use crate::lab::Lab;
use crate::metadata::Prepared;
use crate::qemu::{self, CONSOLE, INITRD, Ports, RESULT};
pub use crate::qemu::{Layout, Machine};
use crate::share::Share;
use crate::splat::{self, Splat};
use crate::stale_translation::{BOOTS, Dead};
use crate::tail::Tail;
use crate::tally::STATUS_SKIP;
use crate::transcript::{StepOutput, Transcript};
use crate::userland;

/// CPUs that may take turns without the guest needing more time than others to say something.
const TURNS_IN_TIME: u32 = 16;

/// A guest that is to be booted.
pub struct Boot<'a> {
    /// Its name, fit for a folder name.
    pub name: String,
    /// Its kernel.
    pub kernel: &'a Prepared,
    /// Folders of the modules it has at hand.
    pub modules: Vec<&'a Path>,
    /// Folder of the programs it has at hand.
    pub programs: &'a Path,
    /// Whether it has Debian's modprobe as well.
    pub modprobe: bool,
    /// What else it has at hand.
    pub extras: Vec<Extra>,
    /// What it does.
    pub plan: Plan,
    /// Kernel command line beside what every guest gets.
    pub arguments: String,
    /// The machine.
    pub machine: Machine,
    /// The plugin that lets it read how many atomic instructions it executes, if it is to.
    pub counter: Option<&'a Path>,
    /// Folders of this machine that it sees.
    pub shares: Vec<Share>,
    /// How long it may say nothing, if that may be longer than the user says.
    pub silence: Option<Duration>,
    /// How long it may take in all.
    pub limit: Duration,
}

/// What came of a guest.
#[derive(Debug)]
pub struct Outcome {
    /// What its steps said.
    pub steps: Vec<StepOutput>,
    /// Why it ended before its plan did, if so.
    pub death: Option<String>,
    /// What its kernel complained of.
    pub splats: Vec<Splat>,
    /// The kernel's log.
    pub console: PathBuf,
    /// Boots before this one, all of which died of the emulator.
    pub failed_boots: u32,
}

/// The initrd of `boot` and the folder it is in.
pub fn prepare(lab: &Lab, boot: &Boot<'_>) -> Result<PathBuf> {
    let step = format!("guest {}: initramfs", boot.name);
    let folder = lab.project.build().join("guest").join(&boot.name);
    if folder.exists() {
        fs::remove_dir_all(&folder).during(&step)?;
    }
    fs::create_dir_all(&folder).during(&step)?;
    let kmod = boot
        .modprobe
        .then(|| kmod::get(lab, boot.kernel, &boot.modules, &folder, &step))
        .transpose()?;
    let for_modprobe = kmod.iter().flat_map(|kmod| &kmod.extras);
    let contents = Contents {
        busybox: &userland::busybox(boot.kernel),
        init: &boot.programs.join(userland::INIT),
        modules: &boot.modules,
        programs: Some(boot.programs),
        plan: &boot.plan,
        extras: &boot.extras.iter().chain(for_modprobe).collect::<Vec<_>>(),
    };
    initramfs::write(&contents, &folder.join(INITRD)).during(&step)?;
    Ok(folder)
}

/// Boots a guest and waits for its end, telling `on_line` what it says on the result port.
///
/// A guest that panics or hangs is an outcome; only what keeps it from running is a failure. One
/// that the emulator killed is booted again.
pub fn run(lab: &Lab, boot: &Boot<'_>, mut on_line: impl FnMut(&str)) -> Result<Outcome> {
    let step = format!("guest {}", boot.name);
    let folder = prepare(lab, boot)?;
    let mut failed_boots = 0;
    let outcome = loop {
        let mut outcome = run_once(lab, boot, &folder, &mut on_line)?;
        outcome.failed_boots = failed_boots;
        let dead = Dead {
            accel: boot.machine.accel,
            failed: outcome.steps.iter().any(failed),
            splats: &outcome.splats,
        };
        failed_boots += 1;
        if outcome.death.is_none() || !dead.of_stale_translation() || failed_boots == BOOTS {
            break outcome;
        }
        let kept = folder.join(format!("console-boot-{failed_boots}.log"));
        fs::rename(&outcome.console, &kept).during(&step)?;
        lab.ui.say(&format!(
            "{step}: the emulator ran stale code while the kernel changed its text; booting again; \
             log: {}",
            kept.display()
        ));
    };
    // The initrd is large and can be made again.
    fs::remove_file(folder.join(INITRD)).during(&step)?;
    Ok(outcome)
}

/// Whether a test of a step failed, or the step itself.
fn failed(step: &StepOutput) -> bool {
    let ended_badly = |status| status != 0 && status != STATUS_SKIP;

    step.status.is_some_and(ended_badly) || step.lines.iter().any(|line| line.starts_with("not ok"))
}

/// Boots what is in `folder` once.
fn run_once(
    lab: &Lab,
    boot: &Boot<'_>,
    folder: &Path,
    on_line: &mut impl FnMut(&str),
) -> Result<Outcome> {
    let step = format!("guest {}", boot.name);
    let console = folder.join(CONSOLE);
    let silence = silence(&boot.machine, lab.options.hang_timeout);
    let silence = boot.silence.map_or(silence, |own| own.max(silence));
    let mut watch = Watch::new(folder, silence, boot.limit);
    let sandbox = qemu::sandbox(
        boot.kernel,
        folder,
        boot.machine,
        boot.counter,
        &boot.shares,
        Ports::Files,
        &boot.arguments,
    );
    lab.ui.command(&sandbox.display());
    let job = Job::new(&step, folder.join("qemu.log"));
    let ended = job.supervise_until(&lab.interrupt, sandbox.command()?, || {
        watch.look(on_line).during(&step)
    })?;
    watch.look(on_line).during(&step)?;
    if let Some(status) = ended.filter(|status| !status.success()) {
        return Err(job
            .failure(status)
            .remedy("try ACCEL=tcg, or another MEM= and CPUS="));
    }
    let log = fs::read(&console).during(&step)?;
    let log = String::from_utf8_lossy(&log);
    let allowed = splat::Allowed::read(lab.project.folder())?;
    let transcript = watch.transcript;
    let death = match watch.verdict {
        Some(verdict) => Some(verdict),
        None if transcript.done => None,
        None => {
            Some(splat::panic_in(&log).unwrap_or_else(|| "ended before its plan did".to_owned()))
        }
    };
    let outcome = Outcome {
        steps: transcript.steps,
        death,
        splats: allowed.filter(splat::scan(&log)),
        console,
        failed_boots: 0,
    };
    Ok(outcome)
}

/// A failure of the step in which `outcome` died, or `None` if it lived.
pub fn death(boot: &Boot<'_>, outcome: &Outcome) -> Option<Failure> {
    let death = outcome.death.as_ref()?;
    Some(
        Failure::step(format!("guest {}", boot.name), death)
            .log(&outcome.console)
            .remedy("read the end of the log; `make shell` gives the same guest by hand"),
    )
}

/// Follows a guest's two ports and notices when it hangs.
struct Watch {
    console: Tail,
    result: Tail,
    transcript: Transcript,
    start: Instant,
    heard: Instant,
    /// How long the guest may say nothing on either port.
    silence: Duration,
    limit: Duration,
    verdict: Option<String>,
}

/// How long `machine` may say nothing where others may for `hang_timeout` seconds.
///
/// CPUs that take turns come up one after the other without a word, all on one of the host's: 64 of them were
/// seen to take more than two minutes where that had other things to do.
fn silence(machine: &Machine, hang_timeout: u32) -> Duration {
    let times = match machine.accel {
        Accel::Icount => machine.cpus.div_ceil(TURNS_IN_TIME),
        Accel::Kvm | Accel::Tcg => 1,
    };
    Duration::from_secs(u64::from(hang_timeout) * u64::from(times))
}

impl Watch {
    fn new(folder: &Path, silence: Duration, limit: Duration) -> Self {
        let now = Instant::now();
        Self {
            console: Tail::new(&folder.join(CONSOLE)),
            result: Tail::new(&folder.join(RESULT)),
            transcript: Transcript::default(),
            start: now,
            heard: now,
            silence,
            limit,
            verdict: None,
        }
    }

    /// Takes in what is new. Returns whether the guest may go on.
    fn look(&mut self, on_line: &mut impl FnMut(&str)) -> std::io::Result<bool> {
        let (_, console_grew) = self.console.new_lines()?;
        let (lines, result_grew) = self.result.new_lines()?;
        for line in &lines {
            on_line(line);
            self.transcript.add(line);
        }
        let now = Instant::now();
        if console_grew || result_grew {
            self.heard = now;
        }
        let doing = match self.transcript.running() {
            Some(step) => format!("during step {step}"),
            None => "outside of any step".to_owned(),
        };
        if now - self.heard >= self.silence {
            let seconds = self.silence.as_secs();
            self.verdict = Some(format!("hung {doing}: no output for {seconds} s"));
        } else if now - self.start >= self.limit {
            let seconds = self.limit.as_secs();
            self.verdict = Some(format!("not finished {doing} after {seconds} s"));
        }
        Ok(self.verdict.is_none())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Layout, Machine, silence};
    use crate::accel::Accel;

    #[test]
    fn many_cpus_that_take_turns_have_more_time() {
        let of = |accel, cpus| {
            let machine = Machine {
                accel,
                cpus,
                mem: 1024,
                layout: Layout::Plain,
            };
            silence(&machine, 120)
        };
        assert_eq!(of(Accel::Tcg, 64), Duration::from_secs(120));
        assert_eq!(of(Accel::Icount, 16), Duration::from_secs(120));
        assert_eq!(of(Accel::Icount, 64), Duration::from_secs(480));
    }
}
