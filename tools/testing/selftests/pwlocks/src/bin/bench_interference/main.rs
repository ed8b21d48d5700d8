// SPDX-License-Identifier: GPL-2.0

//! What an isolated CPU, and a real-time loop on it that touches new pages, suffer from requests that
//! make the kernel drain all CPUs: see [`selftests::triggers`], of which these are the figures in full.
//!
//! `none` stands for no request, for as long: what there is to be seen then has other causes.

mod figures;

use figures::Figures;
use selftests::{
    bench::{self, Missing, Requests, Subject, each_trigger, remark},
    ktap::Trouble,
    triggers::{Measurement, Scheduling},
};
use std::process::ExitCode;

fn main() -> ExitCode {
    bench::run(measure)
}

fn measure() -> Result<Missing, Trouble> {
    each_trigger("interference", Subject::ALL, Scheduling::Fifo, look)
}

fn look(requests: &Requests<'_>) -> Result<(Measurement, Figures), Trouble> {
    let measurement = requests.make()?;
    let figures = Figures::of(&measurement);

    for switched_to in &measurement.switched_to {
        remark(format_args!("the loop was switched out for {switched_to}"));
    }
    Ok((measurement, figures))
}
