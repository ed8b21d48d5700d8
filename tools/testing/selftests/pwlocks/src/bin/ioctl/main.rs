// SPDX-License-Identifier: GPL-2.0

//! Bad requests to the demo's device: each gets the error the header says, and changes nothing.
//!
//! The random ones can be made again: the seed is printed, `PWLOCKS_SEED` sets it.

mod access;
mod address;
mod counts;
mod memory;
mod owner;
mod random_calls;
mod result;

use selftests::{
    demo::{Device, Drain, Modules},
    doing::Doing as _,
    ktap::{self, Report, Trouble},
    random,
};
use std::process::ExitCode;

fn main() -> ExitCode {
    match Modules::need() {
        Ok(_modules) => run(),
        Err(trouble) => ktap::nothing_tested("the demo is there", trouble),
    }
}

fn run() -> ExitCode {
    let mut report = Report::begin(11);
    let seed = random::seed();

    report.diagnostic(format_args!("PWLOCKS_SEED={seed}"));
    report.test("the device is root's alone", access::mode);
    report.test("others can't open it", access::others);
    report.test("bad requests by the thousand", || random_calls::check(seed));
    report.test("a bad address for the handles loses no folio", || {
        address::alloc()
    });
    report.test("a bad address for the result is told", result::read_only);
    report.test("more memory than there is: ENOMEM", memory::too_much);
    report.test(
        "half of the memory is for all files together",
        memory::shared,
    );
    report.test("CACHE_DISABLE as often as the header says", counts::disable);
    report.test("the most handles in one call", counts::most);
    report.test("handles belong to the open file", owner::duplicate);
    report.test("closing frees what is not freed", owner::close);
    report.end()
}

/// The device without the folios that files closed before have left in batches.
fn open_drained() -> Result<Device, Trouble> {
    let device = Device::open().doing("open")?;

    device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
    Ok(device)
}
