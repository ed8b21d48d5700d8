// SPDX-License-Identifier: GPL-2.0

//! What is measured on a machine, and what can't be.

use std::collections::BTreeMap;
use std::path::Path;

use guest_plan::plan::{Plan, PlanStep};

use crate::bench::here::machine::Machine;
use crate::bench::plan::{Amount, TIMED_GUESTS, kmalloc_steps};
use crate::packaged;

/// What any machine will do for.
const KMALLOC: &str = "kmalloc";
const SCALE: &str = "scale";

/// Seconds for one program with all subjects.
const SCALE_S: u64 = 1200;
const ISOLATED_S: u64 = 600;

/// What takes an isolated CPU only, with about how many seconds it takes.
const ISOLATED: [(&str, &str, f64); 2] = [
    ("latency", "bench_latency", 90.0),
    ("interference", "bench_interference", 60.0),
];

/// What takes one of the kernel's tracers as well, that of its name.
const TRACERS: [(&str, &str, f64); 2] = [
    ("osnoise", "bench_osnoise", 60.0),
    ("timerlat", "bench_timerlat", 60.0),
];

/// What takes a program of rt-tests.
const OSLAT: (&str, &str, f64) = ("oslat", "bench_oslat", 120.0);

/// How to isolate a CPU, where none is.
const ISOLATE: &str = "no CPU is isolated; boot with isolcpus=nohz,domain,managed_irq,N nohz_full=N rcu_nocbs=N \
     irqaffinity=M, N for the last CPU's number and M for the others, like 0-2";

/// Something that is measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// Its name, that of the guests that do the same.
    pub name: &'static str,
    /// What runs for it.
    pub plan: Plan,
    /// Seconds that it takes, about.
    pub seconds: f64,
}

/// All that is measured, and what is not, and why.
#[derive(Debug)]
pub struct Planned {
    /// What is.
    pub measurements: Vec<Measurement>,
    /// What is not.
    pub left_out: Vec<String>,
}

/// The names of all that is measured on a machine that lacks nothing, but for tracers if the kernel has none.
pub fn names(has_tracers: bool) -> Vec<&'static str> {
    let tracers = TRACERS.iter().filter(|_| has_tracers);
    let programs = ISOLATED.iter().chain(tracers).chain([&OSLAT]);
    [KMALLOC, SCALE]
        .into_iter()
        .chain(programs.map(|(name, ..)| *name))
        .collect()
}

/// How often each is measured.
pub fn repetitions(amount: Amount) -> u32 {
    match amount {
        Amount::Full => TIMED_GUESTS,
        Amount::Quick => 1,
    }
}

impl Planned {
    /// What can be measured on `machine`, with the programs in a folder.
    pub fn of(machine: &Machine, programs: &Path) -> Self {
        let measure = |name, program: &str, timeout_s, seconds| {
            let isolated = machine.isolated_cpu().map(|cpu| cpu.to_string());
            let isolated = isolated.map(|cpu| ("PWLOCKS_ISOLATED".to_owned(), cpu));
            let step = PlanStep {
                name: program.to_owned(),
                argv: vec![programs.join(program).display().to_string()],
                env: BTreeMap::from_iter(isolated),
                timeout_s,
            };
            of_steps(name, vec![step], seconds)
        };
        // Not where it would be moved from one CPU to another meanwhile, nor on the isolated one.
        let home = machine
            .online
            .iter()
            .find(|cpu| !machine.isolated.contains(cpu));
        let insmod = format!("taskset -c {} insmod", home.copied().unwrap_or(0));
        let mut measurements = vec![
            of_steps(KMALLOC, kmalloc_steps("true", &insmod), 10.0),
            measure(SCALE, "bench_scale", SCALE_S, 90.0),
        ];
        let mut left_out = Vec::new();
        if let Some(cause) = not_isolated(machine) {
            left_out.push(format!("latency, interference, gaps and noise: {cause}"));
            return Self {
                measurements,
                left_out,
            };
        }
        for (name, program, seconds) in ISOLATED {
            measurements.push(measure(name, program, ISOLATED_S, seconds));
        }
        for (name, program, seconds) in TRACERS {
            if machine.has_tracer(name) {
                measurements.push(measure(name, program, ISOLATED_S, seconds));
            } else {
                left_out.push(format!("{name}: the kernel has no such tracer"));
            }
        }
        let (name, program, seconds) = OSLAT;
        match machine.oslat.path() {
            Ok(oslat) => {
                let mut measurement = measure(name, program, ISOLATED_S, seconds);
                for step in &mut measurement.plan.steps {
                    let oslat = oslat.display().to_string();
                    step.env.insert(packaged::OSLAT.variable.to_owned(), oslat);
                }
                measurements.push(measurement);
            }
            Err(why) => left_out.push(format!("{name}: {why}")),
        }
        Self {
            measurements,
            left_out,
        }
    }
}

/// Why nothing can be measured that takes an isolated CPU, if so.
///
/// With interrupts of devices coming in there, the CPU would not be isolated; and on PREEMPT_RT, where threads
/// handle them, the SCHED_FIFO loop would keep these from running, and with them whoever waits for the devices.
fn not_isolated(machine: &Machine) -> Option<String> {
    let Some(cpu) = machine.isolated_cpu() else {
        return Some(ISOLATE.to_owned());
    };
    let first = machine.interrupts.first()?;
    let all: Vec<_> = machine.interrupts.iter().map(ToString::to_string).collect();
    let others = machine.others();
    Some(format!(
        "interrupts come in on the isolated CPU {cpu}: {}; have each come in elsewhere, as by echo {others} > \
         /proc/irq/{}/smp_affinity_list, or boot with irqaffinity={others}",
        all.join(", "),
        first.number
    ))
}

fn of_steps(name: &'static str, steps: Vec<PlanStep>, seconds: f64) -> Measurement {
    Measurement {
        name,
        plan: Plan {
            steps,
            interactive: false,
        },
        seconds,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::{Planned, names as all_names};
    use crate::bench::here::interrupt::Interrupt;
    use crate::bench::here::machine::Machine;
    use crate::bench::here::machine::tests::machine;
    use crate::bench::here::oslat::Oslat;
    use crate::bench::plan::{Amount, measurements};
    use crate::kernel_choice::Flavour;

    fn planned(machine: &Machine) -> (Vec<&'static str>, String) {
        let planned = Planned::of(machine, Path::new("/programs"));
        let names = planned.measurements.iter().map(|one| one.name);
        (names.collect(), planned.left_out.join("; "))
    }

    #[test]
    fn what_a_machine_can_is_measured_and_the_rest_is_named() {
        let mut machine = machine();
        let (names, left_out) = planned(&machine);
        assert_eq!(
            names,
            [
                "kmalloc",
                "scale",
                "latency",
                "interference",
                "osnoise",
                "timerlat",
                "oslat"
            ]
        );
        assert_eq!(left_out, "");
        assert_eq!(names, all_names(true));
        machine.tracers = Some("timerlat function nop".into());
        machine.oslat = Oslat::Missing;
        let (names, left_out) = planned(&machine);
        assert!(!names.contains(&"osnoise") && names.contains(&"timerlat"));
        assert!(!names.contains(&"oslat"));
        assert_eq!(
            left_out,
            "osnoise: the kernel has no such tracer; oslat: it is not installed; apt install rt-tests"
        );
        machine.tracers = Some("function nop".into());
        machine.oslat = Oslat::Found("/usr/bin/oslat".into());
        assert_eq!(planned(&machine).0, all_names(false));
        machine.isolated = vec![];
        let (names, left_out) = planned(&machine);
        assert_eq!(names, ["kmalloc", "scale"]);
        assert!(left_out.contains("isolcpus="), "{left_out}");
    }

    #[test]
    fn a_cpu_that_interrupts_come_in_on_is_none_to_measure() {
        let mut machine = machine();
        let interrupt = |number, handler: &str| Interrupt {
            number,
            handlers: vec![handler.to_owned()],
        };
        machine.interrupts = vec![interrupt(25, "virtio0-requests"), interrupt(9, "acpi")];
        let (names, left_out) = planned(&machine);
        assert_eq!(names, ["kmalloc", "scale"]);
        assert!(left_out.contains("CPU 3: 25 (virtio0-requests), 9 (acpi);"));
        assert!(left_out.contains("echo 0-2 > /proc/irq/25/smp_affinity_list"));
        assert!(left_out.ends_with("irqaffinity=0-2"), "{left_out}");
    }

    #[test]
    fn programs_are_told_of_the_cpu_and_not_that_this_is_a_guest() {
        let planned = Planned::of(&machine(), Path::new("/programs"));
        let latency = &planned.measurements[2].plan.steps[0];
        assert_eq!(latency.argv, ["/programs/bench_latency"]);
        assert_eq!(latency.env["PWLOCKS_ISOLATED"], "3");
        assert_eq!(latency.env.len(), 1);
        let kmalloc = &planned.measurements[0].plan.steps;
        assert!(
            kmalloc
                .iter()
                .all(|step| step.argv[2].contains("taskset -c 0 insmod"))
        );
    }

    #[test]
    fn oslat_is_the_one_that_was_found() {
        let planned = Planned::of(&machine(), Path::new("/programs"));
        let oslat = planned.measurements.last().unwrap();
        assert_eq!(oslat.plan.steps[0].env["PWLOCKS_OSLAT"], "/usr/bin/oslat");
    }

    #[test]
    fn the_same_programs_run_in_guests() {
        let planned = Planned::of(&machine(), Path::new("/programs"));
        let guests = measurements(Flavour::RtAmd64, Amount::Full);
        let guests = guests.iter().flat_map(|guest| guest.plan(4, 1).steps);
        let guests: BTreeSet<_> = guests.map(|step| step.name).collect();
        for step in planned.measurements.iter().flat_map(|one| &one.plan.steps) {
            assert!(guests.contains(&step.name), "{}", step.name);
        }
    }
}
