// SPDX-License-Identifier: GPL-2.0

//! The report: a sentence for the log, and JSON for programs.

use crate::{
    chunk::outer_name,
    clock::Unit,
    ffi,
    json::Object,
    memory::Footprint,
    mode::Mode,
    params::{
        Params,
        Pattern, //
    },
    run::Run,
    spread::{
        Hundredths,
        Spread, //
    },
};
use kernel::{
    fmt,
    prelude::*,
    str::CStr, //
};

/// What the loops cost, in hundredths per operation.
struct Overhead<'a>(&'a Report);

impl fmt::Display for Overhead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [alloc, free, pair] = self.0.overhead;
        Object::write(f, |overhead| {
            overhead.member("kmalloc", alloc)?;
            overhead.member("kfree", free)?;
            match self.0.pair {
                Some(_) => overhead.member("pair", pair),
                None => Ok(()),
            }
        })
    }
}

/// The result of a run with everything needed to read it.
pub(crate) struct Report {
    /// What was measured.
    params: Params,
    /// Bytes an object really takes.
    bucket: usize,
    /// Objects in a chunk.
    chunk: usize,
    /// Objects that were allocated at once.
    objects: usize,
    /// The outer section.
    outer: &'static CStr,
    /// What the clock counts.
    unit: Unit,
    /// The mode of pwlocks.ko.
    mode: Mode,
    /// The cost of the loops: allocation, free, pair. It is taken off the figures below.
    overhead: [Hundredths; 3],
    /// Per allocation.
    alloc: Spread,
    /// Per free.
    free: Spread,
    /// Per allocation with its free, of [`Pattern::Pair`].
    pair: Option<Spread>,
    /// Chunks measured in all rounds.
    chunks: u64,
    /// Chunks during which the task was switched out.
    disturbed: u64,
}

impl Report {
    /// Sums up a run.
    pub(crate) fn new(
        params: Params,
        footprint: &Footprint,
        unit: Unit,
        mode: Mode,
        run: &Run,
    ) -> Result<Self> {
        let [alloc, free, pair] = run.overhead;
        let mut chunks = 0;
        let mut disturbed = 0;
        for round in &run.rounds {
            for tally in [&round.alloc, &round.free, &round.pair] {
                chunks += tally.chunks;
                disturbed += tally.disturbed_chunks;
            }
        }
        Ok(Self {
            bucket: footprint.bucket,
            objects: footprint.objects,
            chunk: run.chunk,
            outer: outer_name(&params),
            unit,
            mode,
            overhead: run.overhead,
            alloc: Spread::new(&run.rounds, alloc, |figures| &figures.alloc)?,
            free: Spread::new(&run.rounds, free, |figures| &figures.free)?,
            pair: match params.pattern {
                Pattern::Pair => Some(Spread::new(&run.rounds, pair, |figures| &figures.pair)?),
                Pattern::Batch | Pattern::Mixed => None,
            },
            chunks,
            disturbed,
            params,
        })
    }

    /// Writes the report to the kernel log.
    pub(crate) fn log(&self) {
        pr_info!(
            "{} of {} bytes: {} {} per kmalloc ({} to {}), {} per kfree ({} to {})\n",
            self.params.pattern.name(),
            self.params.size,
            self.alloc.median,
            self.unit.name(),
            self.alloc.min,
            self.alloc.max,
            self.free.median,
            self.free.min,
            self.free.max
        );
        pr_info!("{self}\n");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Object::write(f, |report| {
            report.string("kernel", kernel_release())?;
            report.string("mode", self.mode.name())?;
            report.member("pwlocks", self.mode.pwlocks())?;
            report.string("unit", self.unit.name())?;
            report.member("size", self.params.size)?;
            report.member("iterations", self.params.iterations)?;
            report.member("rounds", self.params.rounds)?;
            report.string("pattern", self.params.pattern.name())?;
            report.member("nested", u8::from(self.params.nested))?;
            report.member("seed", self.params.seed)?;
            report.string("outer", self.outer)?;
            report.member("bucket", self.bucket)?;
            report.member("objects_at_once", self.objects)?;
            report.member("chunk", self.chunk)?;
            report.member("kmalloc", &self.alloc)?;
            report.member("kfree", &self.free)?;
            if let Some(pair) = &self.pair {
                report.member("pair", pair)?;
            }
            report.member("overhead", Overhead(self))?;
            report.member("chunks", self.chunks)?;
            report.member("disturbed_chunks", self.disturbed)
        })
    }
}

/// The release of the running kernel.
fn kernel_release() -> &'static CStr {
    let release = ffi::kmalloc_bench_release();
    // SAFETY: A NUL-terminated string of the kernel itself that never changes.
    unsafe { CStr::from_char_ptr(release) }
}
