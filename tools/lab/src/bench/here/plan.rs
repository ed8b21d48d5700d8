// SPDX-License-Identifier: GPL-2.0

//! What is measured on a machine, and what can't be.

use std::collections::BTreeMap;
use std::path::Path;

use guest_plan::plan::{Plan, PlanStep};

use crate::bench::here::machine::Machine;
use crate::bench::plan::{Amount, TIMED_GUESTS, kmalloc_steps};

/// Seconds for one program with all subjects.
const SCALE_S: u64 = 1200;
const ISOLATED_S: u64 = 600;

/// The kernel's tracer of noise.
const TRACER: &str = "osnoise";

/// How to isolate a CPU, where none is.
const ISOLATE: &str = "no CPU is isolated; boot with isolcpus=nohz,domain,managed_irq,N nohz_full=N rcu_nocbs=N for \
     the last CPU's number";

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
            of_steps("kmalloc", kmalloc_steps("true", &insmod), 10.0),
            measure("scale", "bench_scale", SCALE_S, 90.0),
        ];
        let mut left_out = Vec::new();
        if machine.isolated_cpu().is_none() {
            left_out.push(format!("latency, interference and noise: {ISOLATE}"));
        } else {
            measurements.push(measure("latency", "bench_latency", ISOLATED_S, 90.0));
            measurements.push(measure(
                "interference",
                "bench_interference",
                ISOLATED_S,
                60.0,
            ));
            if machine.has_tracer(TRACER) {
                measurements.push(measure(TRACER, "bench_osnoise", ISOLATED_S, 60.0));
            } else {
                left_out.push(format!("noise: the kernel has no {TRACER} tracer"));
            }
        }
        Self {
            measurements,
            left_out,
        }
    }
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
    use std::path::Path;

    use super::Planned;
    use crate::bench::here::machine::Machine;
    use crate::bench::here::machine::tests::machine;
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
            ["kmalloc", "scale", "latency", "interference", "osnoise"]
        );
        assert_eq!(left_out, "");
        machine.tracers = Some("function nop".into());
        let (names, left_out) = planned(&machine);
        assert!(!names.contains(&"osnoise"));
        assert!(left_out.contains("no osnoise tracer"));
        machine.isolated = vec![];
        let (names, left_out) = planned(&machine);
        assert_eq!(names, ["kmalloc", "scale"]);
        assert!(left_out.contains("isolcpus="), "{left_out}");
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
    fn the_same_programs_run_in_guests() {
        let planned = Planned::of(&machine(), Path::new("/programs"));
        let guests = measurements(Flavour::RtAmd64, Amount::Full);
        for measurement in planned.measurements {
            let guest = guests
                .iter()
                .find(|guest| guest.spec.name.split('-').next() == Some(measurement.name))
                .unwrap();
            let program = |step: &guest_plan::plan::PlanStep| step.name.clone();
            let there: Vec<_> = guest.plan(4).steps.iter().map(program).collect();
            let here: Vec<_> = measurement.plan.steps.iter().map(program).collect();
            assert_eq!(there, here, "{}", measurement.name);
        }
    }
}
