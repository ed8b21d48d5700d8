// SPDX-License-Identifier: GPL-2.0

//! First process of a test guest.
//!
//! Mounts what the test programs need, runs the plan, streams the programs' output to the second
//! serial port and powers the guest off. Whatever fails here is said in the kernel log, and the
//! missing `@done` tells the host.

mod clocksource;
mod environment;
mod kmsg;
mod mounts;
mod power;
mod result_port;
mod shell;

use std::fs;

use guest_plan::frame::Frame;
use guest_plan::plan::{PLAN_FILE, Plan};
use guest_plan::runner::{self, Channel};

use crate::result_port::ResultPort;

fn main() {
    if let Err(error) = run() {
        kmsg::say(&format!("init: {error}"));
    }
    power::off();
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    mounts::mount_all()?;
    let plan: Plan = serde_json::from_slice(&fs::read(PLAN_FILE)?)?;
    let base = environment::base_environment(&fs::read_to_string("/proc/cmdline")?);
    if plan.interactive {
        return Ok(shell::run(&base)?);
    }
    clocksource::settle();
    let mut port = ResultPort::open()?;
    for step in &plan.steps {
        runner::run_step(step, &base, &mut port)?;
    }
    port.frame(&Frame::Done)?;
    Ok(port.drain()?)
}
