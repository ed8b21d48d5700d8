// SPDX-License-Identifier: GPL-2.0

//! kmalloc_bench: what an allocation and a free of the kernel's slab allocator cost.
//!
//! The benchmark posted with the PW series, made trustworthy. It runs once, while the module is
//! loaded, in the task that loads it, and reports in the kernel log and, until the module is
//! unloaded, in `kmalloc_bench/result` of debugfs, as JSON. A signal to the loading task ends it
//! early (`EINTR`).
//!
//! What is different:
//!
//! - The cost of the loop is measured and taken off ([`loops`], [`subject`]).
//! - Preemption is off for a bounded stretch, or, by default, not at all: an outer
//!   `preempt_disable()` hides what nested ones cost ([`chunk`]).
//! - Frees are measured as well, and other patterns than allocating everything first ([`run`]).
//! - The unit is found out rather than assumed ([`clock`]).
//! - Rounds show how far a figure can be relied on ([`report`]).
//! - A run that can't fit in memory is refused before it starts ([`memory`]), and no object is lost
//!   whichever way it ends ([`objects`]).

mod chunk;
mod clock;
#[path = "../debugfs/debugfs.rs"]
mod debugfs;
mod ffi;
mod json;
mod loops;
mod memory;
mod mode;
mod objects;
mod params;
mod report;
mod run;
mod spread;
mod subject;

use crate::{
    clock::Unit,
    debugfs::Dir,
    memory::Footprint,
    mode::Mode,
    params::Params,
    report::Report,
    run::Run, //
};
use kernel::prelude::*;

module! {
    type: KmallocBench,
    name: "kmalloc_bench",
    authors: ["The pwlocks authors"],
    description: "Cost of kmalloc() and kfree()",
    license: "GPL",
}

/// The module, once its run is over.
struct KmallocBench {
    /// The directory of the report, readable until the module is unloaded.
    _dir: Dir<Report>,
}

impl kernel::Module for KmallocBench {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let params = Params::from_module()?;
        let footprint = Footprint::check(&params)?;
        let mode = Mode::current();
        let unit = Unit::detect();
        let run = Run::new(&params, &footprint)?;
        let report = Report::new(params, &footprint, unit, mode, &run)?;

        report.log();
        Ok(Self {
            _dir: Dir::new(
                c"kmalloc_bench",
                report,
                &[(c"result", |report, f| f.write_fmt(fmt!("{report}\n")))],
            )?,
        })
    }
}
