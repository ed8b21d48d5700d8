// SPDX-License-Identifier: GPL-2.0

//! Which guests are measured, and how often.

use std::fmt;

use guest_plan::plan::{Plan, PlanStep};

use crate::kernel_choice::Flavour;
use crate::matrix::{self, GuestSpec, Program, Setting};
use crate::packaged::OSLAT;
use crate::variant::Variant;

/// How much is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Amount {
    /// Everything, often enough for medians.
    Full,
    /// What is soon over, once: nothing with many CPUs, neither oslat nor timerlat.
    Quick,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Quick => "quick",
        })
    }
}

/// Guests that do the same.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// How they are booted.
    pub spec: GuestSpec,
    /// How often a program of theirs repeats what it is about.
    counts: Vec<(&'static str, u64)>,
    /// What they do, if not just run the programs of `spec`.
    steps: Option<Vec<PlanStep>>,
    /// How many there are.
    pub guests: u32,
    /// Seconds that one takes, about; only to say how much is left, until one has been seen.
    pub seconds: f64,
}

/// Guests for each measurement that takes times.
pub const TIMED_GUESTS: u32 = 5;

/// Guests for each that counts: the second is there to come out the same.
const COUNTED_GUESTS: u32 = 2;

/// A program that takes times with an isolated CPU.
struct Timed {
    program: &'static str,
    /// Requests or drains of each kind in a guest, of which its like make as many again.
    full: u64,
    /// The same where there is one guest only; none if the program takes too long for that.
    quick: Option<u64>,
    /// Whether it takes a tracer of latency: Debian builds only the kernels with PREEMPT_RT with them.
    traces: bool,
}

const TIMED: [Timed; 5] = [
    Timed {
        program: "bench_latency",
        full: 20,
        quick: Some(5),
        traces: false,
    },
    Timed {
        program: "bench_interference",
        full: 5,
        quick: Some(3),
        traces: false,
    },
    Timed {
        program: "bench_oslat",
        full: 5,
        quick: None,
        traces: false,
    },
    Timed {
        program: "bench_osnoise",
        full: 5,
        quick: Some(3),
        traces: true,
    },
    Timed {
        program: "bench_timerlat",
        full: 5,
        quick: None,
        traces: true,
    },
];

/// Seconds that one of them may take, and takes, about.
const ISOLATED_S: u64 = 600;
const EACH_S: f64 = 22.0;

/// Numbers of CPUs whose drains are counted.
const SCALE: [u32; 6] = [2, 4, 8, 16, 32, 64];
const QUICK_SCALE: [u32; 1] = [4];

/// MiB that the largest of them takes.
const SCALE_MEM: u32 = 2048;

/// The block of memory is for a program to put online and offline. khugepaged would drain all CPUs on
/// its own account.
const ARGUMENTS: &str = "memhp_default_state=offline transparent_hugepage=never";

/// The step with kmalloc_bench, whose output is JSON of its own.
pub const KMALLOC: &str = "kmalloc_bench";

/// Seconds that it may take with one subject.
const KMALLOC_S: u64 = 200;

const ALTERNATIVES: Program = Program {
    name: "bench_alternatives",
    timeout_s: 400,
};

/// Seconds in which a guest comes to rest after its boot. A clock that counts instructions skips
/// them where nothing happens.
const SETTLE_S: u32 = 15;

/// Objects for each round of kmalloc_bench, and rounds.
const OBJECTS: u32 = 20_000;
const ROUNDS: u32 = 11;

/// The counting guests of `make check` that are measured here, with about how long they take.
const CHECKED: [(&str, f64); 3] = [("count", 15.0), ("live-count", 65.0), ("live-hold", 20.0)];

impl Measurement {
    /// Guests that run the programs of `spec`.
    fn new(spec: GuestSpec, amount: Amount, seconds: f64) -> Self {
        let counted = spec.setting.counts();
        let guests = match (amount, counted) {
            (Amount::Quick, _) => 1,
            (Amount::Full, true) => COUNTED_GUESTS,
            (Amount::Full, false) => TIMED_GUESTS,
        };
        Self {
            spec,
            counts: Vec::new(),
            steps: None,
            guests,
            seconds,
        }
    }

    /// Whether its figures are counts, which other guests do not disturb.
    pub fn is_counted(&self) -> bool {
        self.spec.setting.counts()
    }

    /// What the guest of it does that is the `repetition`th, from 1.
    ///
    /// Where times are taken, programs and what they compare have another order in each.
    pub fn plan(&self, cpus: u32, repetition: u32) -> Plan {
        let mut plan = match &self.steps {
            None => self.spec.plan(cpus),
            Some(steps) => Plan {
                steps: steps.clone(),
                interactive: false,
            },
        };
        for (program, count) in &self.counts {
            let steps = plan.steps.iter_mut();
            for step in steps.filter(|step| step.name == *program) {
                step.env.insert("PWLOCKS_COUNT".into(), count.to_string());
            }
        }
        if !self.is_counted() {
            shuffle(&mut plan.steps, repetition.into());
            plan = in_another_order(plan, repetition);
        }
        plan
    }
}

/// `plan` with a seed for its programs' order of what they compare.
pub fn in_another_order(mut plan: Plan, repetition: u32) -> Plan {
    for step in &mut plan.steps {
        step.env
            .insert("PWLOCKS_SEED".into(), repetition.to_string());
    }
    plan
}

/// What is measured on a kernel of `flavour`.
pub fn measurements(flavour: Flavour, amount: Amount) -> Vec<Measurement> {
    let checked = matrix::guests(flavour).into_iter().filter_map(|spec| {
        let (_, seconds) = CHECKED.iter().find(|(name, _)| *name == spec.name)?;
        Some(Measurement::new(spec, amount, *seconds))
    });
    checked
        .chain([kmalloc(amount)])
        .chain(scale(amount))
        .chain([isolated(flavour, amount)])
        .chain(alternatives(flavour, amount))
        .collect()
}

/// Drains of all CPUs by their number. One guest for each: the figures are medians of drains, which
/// differ by who of many CPUs comes first.
fn scale(amount: Amount) -> Vec<Measurement> {
    let cpus: &[u32] = match amount {
        Amount::Full => &SCALE,
        Amount::Quick => &QUICK_SCALE,
    };
    let guest = |&cpus: &u32| {
        let program = Program {
            name: "bench_scale",
            timeout_s: 1200,
        };
        let spec = GuestSpec::new(&format!("scale-{cpus}"), Variant::STANDARD, &[program]).live();
        let spec = GuestSpec {
            setting: Setting::Counting(cpus),
            mem: SCALE_MEM,
            ..spec
        };
        Measurement {
            guests: 1,
            ..Measurement::new(spec, amount, 12.0 + 3.2 * f64::from(cpus))
        }
    };
    cpus.iter().map(guest).collect()
}

/// All that takes times with an isolated CPU, in one guest: to boot it for each would take as long as some of
/// them do.
fn isolated(flavour: Flavour, amount: Amount) -> Measurement {
    let has_tracers = flavour == Flavour::RtAmd64;
    let counts: Vec<_> = TIMED
        .iter()
        .filter(|timed| has_tracers || !timed.traces)
        .filter_map(|timed| {
            let count = match amount {
                Amount::Full => Some(timed.full),
                Amount::Quick => timed.quick,
            };
            Some((timed.program, count?))
        })
        .collect();
    let programs: Vec<_> = counts
        .iter()
        .map(|&(name, _)| Program {
            name,
            timeout_s: ISOLATED_S,
        })
        .collect();
    let spec = GuestSpec {
        setting: Setting::Isolated,
        argument: Some(ARGUMENTS),
        packaged: Some(OSLAT),
        ..GuestSpec::new("isolated", Variant::STANDARD, &programs).live()
    };
    let seconds = EACH_S * programs.len() as f64;
    Measurement {
        counts,
        ..Measurement::new(spec, amount, seconds)
    }
}

/// What can be done about an isolated CPU's batches. The modules as users have them are for two of
/// these; each other has a build of its own, and one needs what PREEMPT_RT has no replacement of.
fn alternatives(flavour: Flavour, amount: Amount) -> impl Iterator<Item = Measurement> {
    let others: &[_] = match flavour {
        Flavour::Amd64 => &["bypass", "skip"],
        Flavour::RtAmd64 => &["skip"],
    };
    let guest = |name: &str, variant| GuestSpec {
        setting: Setting::CountingIsolated(2),
        ..GuestSpec::new(name, variant, &[ALTERNATIVES]).live()
    };
    let ours = guest("alternatives", Variant::STANDARD);
    let others = others.iter().map(move |&other| {
        let name = format!("alternative-{other}");
        guest(&name, Variant::alternative(other))
    });
    std::iter::once(ours)
        .chain(others)
        .map(move |spec| Measurement::new(spec, amount, 20.0))
}

/// kmalloc() and kfree() in each pattern, without pwlocks.ko and with it in both modes.
fn kmalloc(amount: Amount) -> Measurement {
    let program = Program {
        name: KMALLOC,
        timeout_s: 3 * KMALLOC_S,
    };
    let spec = GuestSpec::new("kmalloc", Variant::STANDARD, &[program]);
    let spec = GuestSpec {
        setting: Setting::Counting(1),
        ..spec
    };
    Measurement {
        steps: Some(kmalloc_steps(&format!("sleep {SETTLE_S}"), "insmod")),
        ..Measurement::new(spec, amount, 20.0)
    }
}

/// The steps of [`kmalloc`]. The first begins with `before`; `insmod` is how the benchmark is loaded, which
/// is what runs it.
pub fn kmalloc_steps(before: &str, insmod: &str) -> Vec<PlanStep> {
    let result = "/sys/kernel/debug/kmalloc_bench/result";
    // The seed decides the order of the mixed pattern, which is to be the same each time.
    let runs = format!(
        "for pattern in batch pair mixed; do \
         {insmod} $PWLOCKS_MODULES/kmalloc_bench.ko pattern=$pattern iterations={OBJECTS} rounds={ROUNDS} seed=1 && \
         cat {result} && rmmod kmalloc_bench || exit 1; done"
    );
    let step = |before: String, after: &str| PlanStep {
        name: KMALLOC.to_owned(),
        argv: vec![
            "/bin/sh".to_owned(),
            "-c".to_owned(),
            format!("{before}; {runs}{after}"),
        ],
        env: [].into(),
        timeout_s: KMALLOC_S,
    };
    let with = |mode: u32| {
        let load = format!("insmod $PWLOCKS_MODULES/pwlocks.ko pwlocks={mode} || exit 1");
        step(load, "; rmmod pwlocks")
    };
    vec![step(before.to_owned(), ""), with(0), with(1)]
}

/// Puts `of_timed` into an order that `seed` determines, so that what drifts while they run, as a
/// machine does that gets warm, is not taken for the difference between two of them.
pub fn shuffle<T>(of_timed: &mut [T], seed: u64) {
    fastrand::Rng::with_seed(seed).shuffle(of_timed);
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{Amount, KMALLOC, Measurement, TIMED, TIMED_GUESTS, measurements, shuffle};
    use crate::bench::baseline;
    use crate::kernel_choice::Flavour;

    #[test]
    fn what_the_baseline_has_is_measured() {
        for flavour in Flavour::ALL {
            let all = measurements(flavour, Amount::Quick);
            for name in baseline::GUESTS {
                let found = all.iter().find(|measurement| measurement.spec.name == name);
                assert!(found.unwrap().is_counted(), "{name}");
            }
            let names: BTreeSet<_> = all.iter().map(|one| &one.spec.name).collect();
            assert_eq!(names.len(), all.len());
        }
    }

    #[test]
    fn full_repeats_and_quick_does_not() {
        for measurement in measurements(Flavour::Amd64, Amount::Quick) {
            assert_eq!(measurement.guests, 1);
        }
        for measurement in measurements(Flavour::Amd64, Amount::Full) {
            let enough = match measurement.spec.name.as_str() {
                name if name.starts_with("scale-") => 1,
                _ if measurement.is_counted() => 2,
                _ => 5,
            };
            assert_eq!(measurement.guests, enough, "{}", measurement.spec.name);
        }
    }

    #[test]
    fn kmalloc_is_measured_without_pwlocks_and_in_both_modes() {
        let all = measurements(Flavour::RtAmd64, Amount::Full);
        let kmalloc = all.iter().find(|one| one.spec.name == "kmalloc").unwrap();
        let plan = kmalloc.plan(4, 1);
        let scripts: Vec<_> = plan
            .steps
            .iter()
            .map(|step| step.argv[2].as_str())
            .collect();
        assert!(plan.steps.iter().all(|step| step.name == KMALLOC));
        let modes = scripts.iter().map(|script| script.contains("pwlocks.ko"));
        assert_eq!(modes.collect::<Vec<_>>(), [false, true, true]);
        assert!(scripts[1].contains("pwlocks=0") && scripts[2].contains("pwlocks=1"));
    }

    #[test]
    fn drains_are_counted_on_enough_numbers_of_cpus_for_a_line() {
        let all = measurements(Flavour::Amd64, Amount::Full);
        let cpus = all.iter().filter(|one| one.spec.name.starts_with("scale-"));
        let cpus: Vec<_> = cpus.map(|one| one.spec.cpus(4)).collect();
        assert_eq!(cpus, [2, 4, 8, 16, 32, 64]);
    }

    fn isolated(flavour: Flavour) -> Measurement {
        let all = measurements(flavour, Amount::Full).into_iter();
        let mut isolated = all.filter(|one| !one.is_counted());
        let one = isolated.next().unwrap();
        assert!(isolated.next().is_none());
        one
    }

    #[test]
    fn tracers_are_there_on_preempt_rt_only() {
        let has = |flavour, name| {
            let steps = isolated(flavour).plan(4, 1).steps;
            steps.iter().any(|step| step.name == name)
        };
        for name in ["bench_osnoise", "bench_timerlat"] {
            assert!(
                has(Flavour::RtAmd64, name) && !has(Flavour::Amd64, name),
                "{name}"
            );
        }
    }

    #[test]
    fn oslat_is_where_its_program_looks_for_it() {
        for flavour in Flavour::ALL {
            for step in isolated(flavour).plan(4, 1).steps {
                assert_eq!(step.env["PWLOCKS_OSLAT"], "/usr/bin/oslat");
            }
        }
    }

    #[test]
    fn what_is_timed_has_another_order_each_time() {
        let measurement = isolated(Flavour::RtAmd64);
        let orders: BTreeSet<_> = (1..=TIMED_GUESTS)
            .map(|repetition| {
                let steps = measurement.plan(4, repetition).steps;
                let seed = repetition.to_string();
                assert!(steps.iter().all(|step| step.env["PWLOCKS_SEED"] == seed));
                let names: Vec<_> = steps.into_iter().map(|step| step.name).collect();
                names
            })
            .collect();
        assert_eq!(orders.len(), TIMED_GUESTS as usize);
        let counted = super::kmalloc(Amount::Full);
        assert_eq!(counted.plan(4, 1), counted.plan(4, 2));
    }

    #[test]
    fn quick_asks_for_less() {
        let counts = |amount| {
            let all = measurements(Flavour::RtAmd64, amount).into_iter();
            let isolated = all.filter(|one| !one.is_counted());
            let steps = isolated.flat_map(|one| one.plan(4, 1).steps);
            let counts = steps.map(|step| (step.name, step.env["PWLOCKS_COUNT"].parse().unwrap()));
            counts.collect::<BTreeMap<String, u64>>()
        };
        let (full, quick) = (counts(Amount::Full), counts(Amount::Quick));
        assert_eq!(full.len(), TIMED.len());
        for program in ["bench_oslat", "bench_timerlat"] {
            assert!(!quick.contains_key(program), "{program}");
        }
        for (program, count) in quick {
            assert!(count < full[&program], "{program}");
        }
    }

    #[test]
    fn each_alternative_has_its_build_and_an_isolated_cpu() {
        let builds = |flavour| {
            let all = measurements(flavour, Amount::Quick);
            let of_it = all
                .into_iter()
                .filter(|one| one.spec.name.starts_with("alternative"));
            of_it
                .map(|one| {
                    assert_eq!(one.plan(4, 1).steps[0].env["PWLOCKS_ISOLATED"], "1");
                    one.spec.variant.alternative
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(builds(Flavour::Amd64), [None, Some("bypass"), Some("skip")]);
        assert_eq!(builds(Flavour::RtAmd64), [None, Some("skip")]);
    }

    #[test]
    fn a_seed_stands_for_an_order() {
        let order = |seed| {
            let mut guests: Vec<_> = (0..20).collect();
            shuffle(&mut guests, seed);
            guests
        };
        assert_eq!(order(7), order(7));
        assert_ne!(order(7), order(8));
        assert_eq!(order(7).iter().collect::<BTreeSet<_>>().len(), 20);
    }
}
