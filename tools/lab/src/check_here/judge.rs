// SPDX-License-Identifier: GPL-2.0

//! Whether a run of `make bench-here` in a machine came out as it has to.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::bench::clock::Clock;
use crate::bench::here;
use crate::check_here::{COLLECT, ENTER, MEASURE};
use crate::guest::Outcome;
use crate::kernel_choice::Flavour;
use crate::metadata::Prepared;
use crate::tally::Tally;

/// The report that the command leaves.
const REPORT: &str = "report.json";

/// What it has to have measured, and where.
#[derive(Debug)]
pub struct Expected {
    /// The kernel's release.
    release: String,
    /// The isolated CPU.
    isolated: u32,
    /// The names of measurements.
    measurements: Vec<&'static str>,
}

impl Expected {
    /// In a machine of `cpus` CPUs that runs `kernel`.
    pub fn of(kernel: &Prepared, cpus: u32) -> Self {
        Self {
            release: kernel.release.name.clone(),
            isolated: cpus - 1,
            // Debian builds only the kernels with PREEMPT_RT with the tracers.
            measurements: here::names(kernel.release.flavour == Flavour::RtAmd64),
        }
    }
}

/// The tests of a machine that came to `outcome` and left its files in `folder`.
pub fn judge(outcome: &Outcome, expected: &Expected, folder: &Path) -> Tally {
    let mut tally = Tally::of_guest(outcome, &[], &[]);
    for name in [ENTER, MEASURE, COLLECT] {
        let step = outcome.steps.iter().find(|step| step.name == name);
        let cause = match step.map(|step| step.status) {
            Some(Some(0)) => None,
            Some(Some(status)) => Some(format!("exit status {status}")),
            Some(None) => Some("the guest ended before it did".to_owned()),
            None => Some("did not run".to_owned()),
        };
        count(&mut tally, name, cause);
    }
    let file = folder.join(REPORT);
    let report = fs::read_to_string(&file)
        .map_err(|error| error.to_string())
        .and_then(|text| serde_json::from_str(&text).map_err(|error| error.to_string()));
    match report {
        Ok(report) => {
            for (name, cause) in of_report(&report, expected) {
                count(&mut tally, &name, cause);
            }
        }
        Err(error) => tally.fail(format!("{}: {error}", file.display())),
    }
    tally
}

fn count(tally: &mut Tally, name: &str, cause: Option<String>) {
    match cause {
        None => tally.passed += 1,
        Some(cause) => tally.fail(format!("{name}: {cause}")),
    }
}

/// Tests of the report: their names, and why they failed if they did.
fn of_report(report: &Value, expected: &Expected) -> Vec<(String, Option<String>)> {
    let is = |found: &Value, wanted: Value| {
        (*found != wanted).then(|| format!("is {found}, has to be {wanted}"))
    };
    let missing = &report["missing"];
    let hypervisor = &report["host"]["hypervisor"];
    let guests = report["guests"].as_array();
    let guests = guests.map(Vec::as_slice).unwrap_or_default();
    let mut tests = vec![
        (
            "nothing is missing".to_owned(),
            (report["partial"] != false).then(|| format!("missing: {missing}")),
        ),
        (
            "it says that the machine is a virtual one".to_owned(),
            (!hypervisor.is_string()).then(|| format!("hypervisor: {hypervisor}")),
        ),
        (
            "the isolated CPU".to_owned(),
            is(&report["here"]["isolated_cpu"], expected.isolated.into()),
        ),
        (
            "the kernel".to_owned(),
            is(
                &report["kernels"][0]["release"],
                expected.release.as_str().into(),
            ),
        ),
    ];
    for name in &expected.measurements {
        let of_it = guests.iter().find(|guest| guest["guest"] == *name);
        let rows = of_it.and_then(|guest| guest["rows"].as_array());
        let cause = match (of_it, rows) {
            (Some(of_it), Some(rows)) if !rows.is_empty() => {
                is(&of_it["clock"], Clock::Here.name().into())
            }
            _ => Some(format!("not measured; left out: {}", report["left_out"])),
        };
        tests.push(((*name).to_owned(), cause));
    }
    tests
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Expected, judge, of_report};
    use crate::check_here::{COLLECT, ENTER, MEASURE};
    use crate::guest::Outcome;
    use crate::transcript::StepOutput;

    fn expected() -> Expected {
        Expected {
            release: "7.2.12+deb13-amd64".into(),
            isolated: 3,
            measurements: vec!["kmalloc", "latency"],
        }
    }

    fn report() -> Value {
        let guest =
            |name: &str| json!({"guest": name, "clock": "times, this machine", "rows": [{}]});
        json!({
            "partial": false,
            "missing": [],
            "left_out": ["oslat: it is not installed"],
            "host": {"hypervisor": "QEMU Standard PC"},
            "here": {"isolated_cpu": 3},
            "kernels": [{"release": "7.2.12+deb13-amd64"}],
            "guests": [guest("latency"), guest("kmalloc")],
        })
    }

    fn failures(report: &Value) -> String {
        let tests = of_report(report, &expected()).into_iter();
        let failed = tests.filter_map(|(name, cause)| Some(format!("{name}: {}", cause?)));
        failed.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn what_is_not_as_it_has_to_be_fails() {
        assert_eq!(failures(&report()), "");
        for (pointer, value, words) in [
            ("/partial", json!(true), "nothing is missing"),
            ("/host/hypervisor", Value::Null, "virtual one"),
            ("/here/isolated_cpu", json!(2), "is 2, has to be 3"),
            ("/kernels/0/release", json!("7.3"), "is \"7.3\""),
            ("/guests/1/rows", json!([]), "kmalloc: not measured"),
            ("/guests/0/clock", json!("times, KVM"), "latency: is"),
            ("/guests", json!([]), "oslat: it is not installed"),
        ] {
            let mut report = report();
            *report.pointer_mut(pointer).unwrap() = value;
            let failures = failures(&report);
            assert!(failures.contains(words), "{pointer}: {failures}");
        }
        assert!(!failures(&json!({})).is_empty());
    }

    #[test]
    fn a_machine_has_to_come_to_its_end_and_to_leave_a_report() {
        let folder = tempfile::tempdir().unwrap();
        let step = |name: &str, status| StepOutput {
            name: name.to_owned(),
            lines: Vec::new(),
            status: Some(status),
        };
        let outcome = |status| Outcome {
            steps: vec![step(ENTER, 0), step(MEASURE, status), step(COLLECT, 0)],
            death: None,
            splats: Vec::new(),
            console: "console.log".into(),
            failed_boots: 0,
        };
        let none = judge(&outcome(0), &expected(), folder.path());
        assert_eq!(none.failures.len(), 1);
        assert!(none.failures[0].contains("report.json"));
        let text = report().to_string();
        std::fs::write(folder.path().join("report.json"), text).unwrap();
        let good = judge(&outcome(0), &expected(), folder.path());
        assert_eq!((good.passed, good.failures.len()), (1 + 3 + 4 + 2, 0));
        let bad = judge(&outcome(2), &expected(), folder.path());
        assert_eq!(bad.failures, ["make-bench-here: exit status 2"]);
    }
}
