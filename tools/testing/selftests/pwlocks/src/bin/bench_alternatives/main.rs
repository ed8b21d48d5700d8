// SPDX-License-Identifier: GPL-2.0

//! What can be done about the batches of an isolated CPU, side by side: for a guest whose last CPU is
//! isolated, under QEMU's `-icount shift=0`, where the time-stamp counter counts the instructions of
//! all CPUs.
//!
//! - `workqueue`: the kernel as it is;
//! - `remote`: mm_swap_live with pwlocks=1;
//! - `bypass`, `skip`: a build of it with `ALTERNATIVE=`, see rust/mm_swap_live/alternative.rs. In
//!   such a guest that is all that is measured.
//!
//! One that has not done what it is called is not measured: see [`claim`].

mod claim;
mod cost;
mod drained;
mod row;

use row::Row;
use selftests::{
    bench::{self, Missing, remark},
    cpulist, drop_caches, environment, khugepaged,
    ktap::Trouble,
    live::{Disk, Disks, Setting},
    pin::Pinned,
    tsc,
};
use std::{process::ExitCode, thread, time::Duration};

/// How long the machine rests first: its threads are busy for that long after boot. A clock that counts
/// instructions skips idle time.
const SETTLE: Duration = Duration::from_secs(15);

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    let isolated = environment::isolated().ok_or_else(|| Trouble::skip("no CPU is isolated"))?;
    let here = match *cpulist::read("online")? {
        [here, ..] if here != isolated => here,
        _ => return Err(Trouble::skip("there is one CPU only")),
    };
    if !tsc::counts_instructions() {
        return Err(Trouble::skip(
            "the time-stamp counter counts no instructions",
        ));
    }
    let _here = Pinned::to(here)?;
    drop_caches::quietly()?;
    khugepaged::rest()?;
    let disks = Disks::make()?;
    let disk = disks.open(0)?;
    thread::sleep(SETTLE);

    let mut missing = Missing::default();
    for (name, setting) in subjects(environment::alternative().as_deref()) {
        remark(format_args!("{name}"));
        let applied = setting.apply()?;
        applied.check()?;
        missing.note(name, measure_one(name, here, isolated, &disk));
        applied.end()?;
    }
    Ok(missing)
}

/// What a build is measured with.
fn subjects(alternative: Option<&str>) -> Vec<(&str, Setting)> {
    match alternative {
        None => vec![("workqueue", Setting::Stock), ("remote", Setting::On)],
        Some(name) => vec![(name, Setting::On)],
    }
}

fn measure_one(name: &str, here: usize, isolated: usize, disk: &Disk) -> Result<(), Trouble> {
    let row = Row {
        alternative: name,
        isolated_per_page: cost::per_page(isolated, here)?,
        elsewhere_per_page: cost::per_page(here, here)?,
        drained: drained::measure(here, isolated, disk)?,
    };

    claim::check(name, &row.drained)?;

    bench::print("alternative", &row)
}

#[cfg(test)]
mod tests {
    use super::subjects;
    use selftests::live::Setting;

    #[test]
    fn a_build_for_one_thing_is_measured_with_that() {
        assert_eq!(subjects(Some("skip")), [("skip", Setting::On)]);
        assert_eq!(
            subjects(None),
            [("workqueue", Setting::Stock), ("remote", Setting::On)]
        );
    }
}
