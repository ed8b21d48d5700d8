// SPDX-License-Identifier: GPL-2.0

//! `make check-model`, a part of `make check-host`: the model of the protocol (tools/model/spin), and
//! broken ones of it.
//!
//! A search looks at every state that a variant of the model can reach. The properties must hold in
//! each; then mutants of the model, each with one fault, must be found out.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::Path;

use crate::check;
use crate::failure::{During, Ended, Failure, Result};
use crate::job::Job;
use crate::lab::Lab;
use crate::modules::PROJECT;
use crate::pan::{Finding, Outcome};
use crate::root;
use crate::sandbox::Sandbox;
use crate::tally::Tally;
use crate::work_queue;

/// The model, from the project's folder.
const MODEL: &str = "tools/model/spin/pwlocks.pml";

/// Where a search's verifier is built, as the root sees it.
const WORK: &str = "/mnt/work";

/// Steps that a way may have at most, and MB that a search may take. Either is a failure.
const DEPTH: u32 = 1_000_000;
const MEMORY_MB: u32 = 4096;

/// What must hold, by its name in property.pml if it is an assertion's.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Property {
    Exclusion,
    Unlock,
    Conservation,
    DrainAll,
    DrainLocal,
    Text,
    Termination,
}

use Property::{Conservation, DrainAll, DrainLocal, Exclusion, Termination, Text, Unlock};

impl Property {
    const ALL: [Self; 7] = [
        Exclusion,
        Unlock,
        Conservation,
        DrainAll,
        DrainLocal,
        Text,
        Termination,
    ];

    /// What property.pml calls it. The checker looks for the last one unasked.
    fn macro_name(self) -> Option<&'static str> {
        match self {
            Exclusion => Some("EXCLUSION"),
            Unlock => Some("UNLOCK"),
            Conservation => Some("CONSERVATION"),
            DrainAll => Some("DRAIN_ALL"),
            DrainLocal => Some("DRAIN_LOCAL"),
            Text => Some("TEXT"),
            Termination => None,
        }
    }

    fn description(self) -> &'static str {
        match self {
            Exclusion => "one at a time has a CPU's state",
            Unlock => "what is unlocked is what was locked",
            Conservation => "no folio is lost or moved twice",
            DrainAll => "a drain of all CPUs moves all that was batched before it",
            DrainLocal => "a local drain moves all that its caller batched",
            Text => "nobody runs module text that is gone",
            Termination => "the switch, the drains and the unload come to an end",
        }
    }

    /// The property that `finding` is about. property.pml numbers them in the order that they have
    /// here, from 1.
    fn of(finding: Finding) -> Option<Self> {
        match finding {
            Finding::Property(number) => {
                let index = usize::try_from(number).ok()?.checked_sub(1)?;
                Self::ALL
                    .get(index)
                    .copied()
                    .filter(|property| property.macro_name().is_some())
            }
            Finding::Stuck | Finding::Cycle => Some(Termination),
            Finding::Assertion => None,
        }
    }
}

/// A variant of the model, and what is looked for in it.
struct Search {
    name: &'static str,
    defines: &'static [&'static str],
    /// Cycles are looked for, and nothing else; otherwise everything but cycles.
    cycles: bool,
    properties: &'static [Property],
}

const SEARCHES: [Search; 7] = [
    Search {
        name: "demo",
        defines: &[],
        cycles: false,
        properties: &[
            Exclusion,
            Unlock,
            Conservation,
            DrainAll,
            DrainLocal,
            Termination,
        ],
    },
    Search {
        name: "demo-hotplug",
        defines: &["ONE_REQUESTER", "HOTPLUG"],
        cycles: false,
        properties: &[
            Exclusion,
            Unlock,
            Conservation,
            DrainAll,
            DrainLocal,
            Termination,
        ],
    },
    Search {
        name: "demo-interrupt",
        defines: &["ONE_REQUESTER", "NO_LOCAL_DRAIN", "INTERRUPTS"],
        cycles: false,
        properties: &[Exclusion, Unlock, Conservation, DrainAll, Termination],
    },
    Search {
        name: "live",
        defines: &["LIVE", "ONE_REQUESTER"],
        cycles: false,
        properties: &Property::ALL,
    },
    Search {
        name: "live-hotplug",
        defines: &["LIVE", "ONE_REQUESTER", "NO_LOCAL_DRAIN", "HOTPLUG"],
        cycles: false,
        properties: &[Exclusion, Unlock, Conservation, DrainAll, Text, Termination],
    },
    Search {
        name: "demo-cycles",
        defines: &["ONE_REQUESTER", "NO_LOCAL_DRAIN", "HOTPLUG"],
        cycles: true,
        properties: &[Termination],
    },
    Search {
        name: "live-cycles",
        defines: &["LIVE", "ONE_REQUESTER", "NO_LOCAL_DRAIN"],
        cycles: true,
        properties: &[Termination],
    },
];

/// A fault in the model, which the search for its property must find.
struct Mutant {
    /// The macro that makes it, without `MUTANT_`.
    fault: &'static str,
    property: Property,
    /// The smallest variant of the model in which the fault shows.
    defines: &'static [&'static str],
    cycles: bool,
}

const SMALL: &[&str] = &["ONE_REQUESTER"];
const ONE_FLIP: &[&str] = &["ONE_REQUESTER", "FLIPS=1"];

const fn mutant(
    fault: &'static str,
    property: Property,
    defines: &'static [&'static str],
) -> Mutant {
    Mutant {
        fault,
        property,
        defines,
        cycles: false,
    }
}

const MUTANTS: [Mutant; 18] = [
    mutant("ADDRESS_BEFORE_PIN", Exclusion, SMALL),
    mutant("NO_GRACE_PERIOD", Exclusion, ONE_FLIP),
    mutant("NO_WAIT_FOR_REQUESTERS", Exclusion, SMALL),
    mutant("KEY_BEFORE_REQUESTERS", Exclusion, SMALL),
    mutant(
        "TRY_LOOKS_ONE_WAY",
        Exclusion,
        &["ONE_REQUESTER", "FLIPS=1", "NO_LOCAL_DRAIN", "INTERRUPTS"],
    ),
    mutant(
        "WORKER_NOT_REFUSED",
        Exclusion,
        &["ONE_REQUESTER", "FLIPS=1", "HOTPLUG"],
    ),
    mutant(
        "DEAD_CPU_UNLOCKED",
        Exclusion,
        &["ONE_REQUESTER", "FLIPS=1", "HOTPLUG"],
    ),
    mutant(
        "NO_WAIT_FOR_TASKS",
        Exclusion,
        &["LIVE", "ONE_REQUESTER", "FLIPS=1", "NO_LOCAL_DRAIN"],
    ),
    mutant("UNLOCK_REREADS_KEY", Unlock, SMALL),
    mutant("EMPTIED_AFTER_UNLOCK", Conservation, SMALL),
    mutant("GENERATION_AFTER_LOOK", DrainAll, &[]),
    mutant("HAND_NEVER_BUSY", DrainAll, SMALL),
    mutant("HAND_EMPTY_TOO_EARLY", DrainAll, SMALL),
    mutant("LOCAL_DRAIN_IGNORES_HAND", DrainLocal, SMALL),
    mutant("INSIDE_NOT_WAITED_FOR", Text, &["LIVE", "ONE_REQUESTER"]),
    mutant("TAIL_NOT_WAITED_FOR", Text, &["LIVE", "ONE_REQUESTER"]),
    mutant("WORK_SWITCHES", Termination, SMALL),
    Mutant {
        cycles: true,
        ..mutant(
            "HOTPLUG_NOT_WAITED_FOR",
            Termination,
            &["ONE_REQUESTER", "FLIPS=1", "NO_LOCAL_DRAIN", "HOTPLUG"],
        )
    },
];

/// One run of the checker.
struct Task {
    name: String,
    defines: Vec<String>,
    cycles: bool,
}

impl Task {
    fn of_search(search: &Search) -> Self {
        Self {
            name: search.name.to_owned(),
            defines: search.defines.iter().map(|&name| name.to_owned()).collect(),
            cycles: search.cycles,
        }
    }

    fn of_mutant(mutant: &Mutant) -> Self {
        let mut defines: Vec<_> = mutant.defines.iter().map(|&name| name.to_owned()).collect();
        defines.push(format!("MUTANT_{}", mutant.fault));
        // It may break other properties before its own.
        defines.extend(
            mutant
                .property
                .macro_name()
                .map(|name| format!("ONLY={name}")),
        );
        Self {
            name: mutant_name(mutant),
            defines,
            cycles: mutant.cycles,
        }
    }

    /// Makes the verifier and runs it. It says itself, in words, how it ended.
    fn script(&self) -> String {
        let defines: Vec<_> = self
            .defines
            .iter()
            .map(|define| format!("-D{define}"))
            .collect();
        let (kind, option) = if self.cycles {
            ("NP", "-l ")
        } else {
            ("SAFETY", "")
        };
        format!(
            "set -e; spin -a {} {PROJECT}/{MODEL} >spin.log; \
             gcc -O2 -w -D{kind} -DCOLLAPSE -DMEMLIM={MEMORY_MB} -o pan pan.c; \
             ./pan {option}-m{DEPTH}",
            defines.join(" ")
        )
    }
}

fn mutant_name(mutant: &Mutant) -> String {
    format!("mutant-{}", mutant.fault.to_lowercase().replace('_', "-"))
}

/// The searches' names.
#[cfg(test)]
pub fn searches() -> impl Iterator<Item = String> {
    SEARCHES.iter().map(|search| search.name.to_owned())
}

/// The mutants' names, without the word.
#[cfg(test)]
pub fn mutants() -> impl Iterator<Item = String> {
    MUTANTS
        .iter()
        .map(|mutant| mutant_name(mutant).replacen("mutant-", "", 1))
}

/// Checks the model and its mutants; the last line on standard output is the sum.
pub fn run(lab: &Lab) -> Result<Ended> {
    check::report(lab, &check(lab)?)
}

/// Checks the model and its mutants, each property and each mutant a test.
pub fn check(lab: &Lab) -> Result<Tally> {
    let root = root::get(lab)?;
    let tasks = SEARCHES
        .iter()
        .map(Task::of_search)
        .chain(MUTANTS.iter().map(Task::of_mutant))
        .collect();
    let outcomes = run_tasks(lab, &root, tasks)?;
    let mut tally = Tally::default();
    for property in Property::ALL {
        let verdict = of_property(property, &outcomes);
        note(lab, &mut tally, property.description(), verdict);
    }
    for mutant in &MUTANTS {
        let name = mutant_name(mutant);
        let verdict = of_mutant(mutant, outcomes.get(&name));
        note(lab, &mut tally, &name, verdict);
    }
    Ok(tally)
}

/// Counts what came of one thing, and says what is well.
fn note(lab: &Lab, tally: &mut Tally, what: &str, verdict: std::result::Result<String, String>) {
    match verdict {
        Ok(how) => {
            lab.ui.print(&format!("ok model: {what}: {how}"));
            tally.passed += 1;
        }
        Err(why) => tally.fail(format!("model: {what}: {why}")),
    }
}

type Outcomes = BTreeMap<String, Outcome>;

/// Whether `property` holds in every search that looks for it.
fn of_property(property: Property, outcomes: &Outcomes) -> std::result::Result<String, String> {
    let searches = SEARCHES
        .iter()
        .filter(|search| search.properties.contains(&property));
    let mut held = Vec::new();
    for search in searches {
        let name = search.name;
        match outcomes.get(name) {
            Some(Outcome::Holds(states)) => held.push(format!("{name} ({states})")),
            Some(Outcome::Found(finding, states)) if Property::of(*finding) == Some(property) => {
                return Err(format!("{name}: {finding} ({states})"));
            }
            Some(Outcome::Found(finding, _)) => {
                return Err(format!("{name}: not decided: {finding} before"));
            }
            Some(Outcome::Unfinished(why)) => return Err(format!("{name}: not decided: {why}")),
            None => return Err(format!("{name}: did not run")),
        }
    }
    if held.is_empty() {
        return Err("no search looks for it".to_owned());
    }
    Ok(held.join(", "))
}

/// Whether `mutant` was found out, by its own property.
fn of_mutant(mutant: &Mutant, outcome: Option<&Outcome>) -> std::result::Result<String, String> {
    match outcome {
        Some(Outcome::Found(finding, states))
            if Property::of(*finding) == Some(mutant.property) =>
        {
            Ok(format!(
                "found out: not so: {} ({states})",
                mutant.property.description()
            ))
        }
        Some(Outcome::Found(finding, _)) => Err(format!("found out by another: {finding}")),
        Some(Outcome::Holds(states)) => Err(format!("not found out ({states})")),
        Some(Outcome::Unfinished(why)) => Err(format!("not decided: {why}")),
        None => Err("did not run".to_owned()),
    }
}

/// Runs the checker for all of them, as many at once as the user wants.
fn run_tasks(lab: &Lab, root: &Path, tasks: VecDeque<Task>) -> Result<Outcomes> {
    let done = work_queue::run(tasks, lab.options.jobs, &lab.interrupt, |task| {
        let outcome = run_task(lab, root, &task)?;
        Ok((task.name, outcome))
    })?;
    Ok(done.into_iter().collect())
}

fn run_task(lab: &Lab, root: &Path, task: &Task) -> Result<Outcome> {
    let step = format!("model {}", task.name);
    let bar = lab.ui.step(&step, None);
    let work = lab.project.build().join("model").join(&task.name);
    if work.exists() {
        fs::remove_dir_all(&work).during(&step)?;
    }
    fs::create_dir_all(&work).during(&step)?;
    let sandbox = Sandbox::in_root(root, ["sh", "-c", &task.script()])
        .read_only(lab.project.folder(), PROJECT)
        .writable(&work, WORK)
        .folder(WORK);
    let log = lab.project.log(&format!("model-{}", task.name));
    Job::new(&step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;
    let text = fs::read_to_string(&log).during(&step)?;
    let outcome = Outcome::parse(&text);
    bar.done(match &outcome {
        Outcome::Holds(_) => "nothing found",
        Outcome::Found(..) => "found something",
        Outcome::Unfinished(_) => "not finished",
    });
    // The way to what was found stays, for `spin -t`; the verifier is large.
    for file in ["pan", "pan.c"] {
        fs::remove_file(work.join(file))
            .map_err(|error| Failure::step(&step, format!("remove {file}: {error}")))?;
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{MUTANTS, Outcomes, Property, SEARCHES, Task, of_mutant, of_property};
    use crate::pan::{Finding, Outcome, States};

    const STATES: States = States {
        stored: 7,
        depth: 3,
    };

    fn all_hold() -> Outcomes {
        SEARCHES
            .iter()
            .map(|search| (search.name.to_owned(), Outcome::Holds(STATES)))
            .collect()
    }

    fn model(file: &str) -> String {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/spin");
        fs::read_to_string(folder.join(file)).unwrap()
    }

    #[test]
    fn a_property_holds_only_if_every_search_for_it_came_to_its_end() {
        assert!(of_property(Property::Text, &all_hold()).is_ok());
        for outcome in [
            Outcome::Found(Finding::Property(6), STATES),
            Outcome::Found(Finding::Stuck, STATES),
            Outcome::Unfinished("error: max search depth too small".into()),
        ] {
            let mut outcomes = all_hold();
            outcomes.insert("live-hotplug".into(), outcome);
            assert!(of_property(Property::Text, &outcomes).is_err());
            // Nobody looks for it in the demo.
            outcomes.remove("demo");
            assert!(of_property(Property::Exclusion, &outcomes).is_err());
        }
    }

    #[test]
    fn a_mutant_must_break_its_own_property() {
        let mutant = &MUTANTS[0];
        let found = |finding| of_mutant(mutant, Some(&Outcome::Found(finding, STATES)));
        assert!(found(Finding::Property(1)).is_ok());
        assert!(found(Finding::Property(2)).is_err());
        assert!(found(Finding::Stuck).is_err());
        assert!(of_mutant(mutant, Some(&Outcome::Holds(STATES))).is_err());
        assert!(of_mutant(mutant, None).is_err());
    }

    #[test]
    fn every_property_has_a_search_and_a_mutant() {
        for property in Property::ALL {
            assert!(of_property(property, &all_hold()).is_ok(), "{property:?}");
            assert!(
                MUTANTS.iter().any(|mutant| mutant.property == property),
                "{property:?}"
            );
        }
    }

    #[test]
    fn the_numbers_are_those_of_the_model() {
        let text = model("property.pml");
        for (number, property) in (1..).zip(Property::ALL) {
            let Some(name) = property.macro_name() else {
                continue;
            };
            let defined = format!("#define {name}");
            let line = text.lines().find(|line| {
                line.strip_prefix(&defined)
                    .is_some_and(|rest| rest.starts_with(char::is_whitespace))
            });
            let value = line.and_then(|line| line.split_whitespace().nth(2));
            assert_eq!(value, Some(number.to_string().as_str()), "{name}");
            assert_eq!(Property::of(Finding::Property(number)), Some(property));
        }
    }

    /// A define that nothing looks at makes a mutant that is none.
    #[test]
    fn the_model_knows_every_define() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../model/spin");
        let mut text = String::new();
        for entry in fs::read_dir(folder).unwrap() {
            text += &fs::read_to_string(entry.unwrap().path()).unwrap();
        }
        let tasks = SEARCHES
            .iter()
            .map(Task::of_search)
            .chain(MUTANTS.iter().map(Task::of_mutant));
        for define in tasks.flat_map(|task| task.defines) {
            let name = define.split('=').next().unwrap();
            assert!(
                text.lines()
                    .any(|line| line.starts_with("#if") && line.ends_with(&format!(" {name}"))),
                "{name}"
            );
        }
    }
}
