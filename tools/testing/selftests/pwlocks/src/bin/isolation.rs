// SPDX-License-Identifier: GPL-2.0

//! The demonstration's claim: with pwlocks=0 drains disturb a real-time loop on an isolated CPU,
//! with pwlocks=1 they don't, and no folio is lost either way.

use selftests::{
    demonstration::{self, DRAINS, Outcome},
    ensure,
    ktap::{self, Report, Verdict},
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match demonstration::run() {
        Ok(outcome) => report(&outcome),
        Err(trouble) => ktap::nothing_tested("the demonstration runs", trouble),
    }
}

fn report(outcome: &Outcome) -> ExitCode {
    let row = &outcome.row;
    let mut report = Report::begin(5);

    report.diagnostic(format_args!("{row:?}"));
    for switch in outcome.switches() {
        report.diagnostic(switch);
    }
    report.test("all drains were made", || {
        ensure!(row.drains == DRAINS, "{} of {DRAINS}", row.drains);
        Ok(())
    });
    report.test("work on the isolated CPU is as the mode says", || {
        none(row.wrong_about_works())
    });
    report.test("the loop is switched out as the mode says", || {
        none(row.wrong_about_switches())
    });
    report.test("no folio is lost", || none(row.wrong_about_folios()));
    report.test("the tracepoints and pwlocks count the same works", || {
        ensure!(
            row.works_run_on_isolated_cpu == outcome.queued_by_pwlocks,
            "{} works ran by the tracepoint, {} were queued by debugfs pwlocks/cpus",
            row.works_run_on_isolated_cpu,
            outcome.queued_by_pwlocks
        );
        Ok(())
    });
    report.end()
}

fn none(wrong: Option<String>) -> Verdict {
    wrong.map_or(Ok(()), |wrong| Err(wrong.into()))
}
