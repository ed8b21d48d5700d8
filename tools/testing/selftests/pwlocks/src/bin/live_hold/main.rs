// SPDX-License-Identifier: GPL-2.0

//! How long mm_swap_live holds the lock of another CPU's batch, in instructions: for a guest with
//! several CPUs under QEMU's `-icount shift=0`, where the time-stamp counter counts them.
//!
//! It is printed for each way as a line of JSON, for `make bench` as well. The way is `taken_out`, as the
//! module does it: the folios are taken out under the lock and moved without; or `locked`, with the
//! module's `drain_locked=1`: they are moved under the lock, as in the C series.

mod hold;

use hold::{Hold, Place, TRIES, Way};
use selftests::{
    bench, drop_caches, ensure,
    ktap::{Report, Trouble, Verdict, nothing_tested},
    live::{FULL_BATCH, MODULE},
    module::{self, Module},
    tsc,
};
use std::process::ExitCode;

/// The aim for the way of the module, in instructions.
const AT_MOST: u64 = 200;

/// How much longer it must be the other way: what is no longer would not be the move of a batch, and
/// the figure would say nothing.
const TIMES: u64 = 10;

fn main() -> ExitCode {
    let [taken_out, locked] = match measure() {
        Ok(measured) => measured,
        Err(trouble) => return nothing_tested("live_hold", trouble),
    };
    let mut report = Report::begin(4);

    for hold in [&taken_out, &locked] {
        report.diagnostic(hold);
        if let Err(trouble) = hold.row().and_then(|row| bench::print("hold", &row)) {
            report.diagnostic(format_args!("{}: {trouble:?}", hold.way));
        }
    }
    for hold in [&taken_out, &locked] {
        let way = hold.way;
        let name = format!("{way}: {TRIES} times {FULL_BATCH} folios of another CPU are moved");
        report.test(&name, || hold.is_complete());
    }
    report.test(
        &format!("taken_out: the lock is held for at most {AT_MOST} instructions"),
        || is_short(&taken_out),
    );
    report.test(
        &format!("locked: it is held at least {TIMES} times as long"),
        || is_longer(&locked, &taken_out),
    );
    report.end()
}

fn is_short(taken_out: &Hold) -> Verdict {
    let longest = taken_out.longest()?;

    ensure!(longest <= AT_MOST, "{longest} instructions");
    Ok(())
}

fn is_longer(locked: &Hold, taken_out: &Hold) -> Verdict {
    let (locked, taken_out) = (locked.longest()?, taken_out.longest()?);

    ensure!(
        locked >= TIMES * taken_out,
        "{locked} instructions, and {taken_out} if the folios are taken out"
    );
    Ok(())
}

fn measure() -> Result<[Hold; 2], Trouble> {
    let place = Place::find()?;

    if !tsc::counts_instructions() {
        return Err(Trouble::skip("instructions are counted under -icount"));
    }
    if module::is_loaded("pwlocks") || module::is_loaded(MODULE) {
        return Err(Trouble::skip(
            "pwlocks is loaded already; unload it and its users first",
        ));
    }
    drop_caches::quietly()?;
    let _pwlocks = Module::need("pwlocks", "pwlocks=1")?;
    let taken_out = Hold::of(Way::TakenOut, place)?;
    let locked = Hold::of(Way::Locked, place)?;

    Ok([taken_out, locked])
}
