// SPDX-License-Identifier: GPL-2.0

//! What `lru_add_drain_all()` takes, on as many CPUs as there are: on the kernel as it is, by works that
//! run on all of them at once, and with mm_swap_live, by one CPU for all.
//!
//! It is called by CPU 0, with nothing in the batches, with a page in that of each CPU, and with all
//! full. Where a clock counts the instructions of all CPUs (QEMU's `-icount shift=0`), the work is
//! their number, and the times are no more than that, as the CPUs run by turns; elsewhere the times
//! are what the caller waits, and the work is not known.

mod budget;
mod fill;
mod once;
mod round;
mod row;

use budget::Budget;
use fill::Fill;
use round::Round;
use row::Row;
use selftests::{
    bench::{self, Missing, Subject, each_subject, remark},
    cpulist, drop_caches, khugepaged,
    ktap::Trouble,
    live::{Disk, Disks},
    pin::Pinned,
    tsc,
};
use std::{process::ExitCode, thread, time::Duration};

fn main() -> ExitCode {
    bench::run(measure)
}

/// How long the machine rests first: its threads are busy for that long after boot. A clock that counts
/// instructions skips idle time.
const SETTLE: Duration = Duration::from_secs(15);

fn measure() -> Result<Missing, Trouble> {
    let cpus = cpulist::read("online")?;
    let &[here, _, ..] = &*cpus else {
        return Err(Trouble::skip("there is one CPU only"));
    };
    let _here = Pinned::to(here)?;
    drop_caches::quietly()?;
    khugepaged::rest()?;
    let disks = Disks::make()?;
    let disk = disks.open(0)?;
    thread::sleep(SETTLE);
    let counting = tsc::counts_instructions();
    remark(format_args!(
        "{} CPUs, {}",
        cpus.len(),
        if counting {
            "instructions are counted"
        } else {
            "instructions are not counted"
        }
    ));
    once::check(&disk)?;

    each_subject(Subject::ALL, |subject, missing| {
        for fill in Fill::ALL {
            let result = measure_one(&cpus, &disk, subject, fill, counting);
            missing.note(format_args!("{subject}, {fill}"), result);
        }
    })
}

fn measure_one(
    cpus: &[usize],
    disk: &Disk,
    subject: Subject,
    fill: Fill,
    counting: bool,
) -> Result<(), Trouble> {
    remark(format_args!("{subject}, {fill}"));
    let round = Round::new(cpus, disk, fill)?;
    let budget = Budget::of(counting);
    let timed = round.timed(&budget)?;
    // Not in the same pass: what is traced costs more.
    let works = round.works(timed.len())?;

    bench::print(
        "scale",
        &Row::new(cpus.len(), fill, subject, &timed, works, counting),
    )
}
