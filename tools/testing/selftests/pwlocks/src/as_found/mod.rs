// SPDX-License-Identifier: GPL-2.0

//! The kernel as it was found, on a machine that is to go on afterwards.
//!
//! Programs that measure undo what they do; one that is killed can't. So somebody who outlives them
//! takes note before, and puts back what is not the same after.

mod modules;
mod settings;
mod trace_buffers;

use crate::ktap::Trouble;
use modules::Modules;
use settings::Settings;
use trace_buffers::TraceBuffers;

/// All that the programs behind `make bench` change, but for what the kernel keeps in memory anyway.
#[derive(Debug, PartialEq, Eq)]
pub struct AsFound {
    trace_buffers: TraceBuffers,
    settings: Settings,
    modules: Modules,
}

impl AsFound {
    /// Takes note of it.
    pub fn note() -> Result<Self, Trouble> {
        Ok(Self {
            trace_buffers: TraceBuffers::note()?,
            settings: Settings::note()?,
            modules: Modules::note(),
        })
    }

    /// Puts back what is not the same any more, once no program runs that could change it. What can't be
    /// put back is told.
    pub fn restore(&self) -> Vec<String> {
        // Settings of a tracer can't be changed while it runs, and rmmod waits for tasks on every CPU, which
        // those of the scheduler let run.
        let trace_buffers = self.trace_buffers.restore();
        let settings = self.settings.restore();
        let modules = self.modules.restore();

        [trace_buffers, settings, modules]
            .into_iter()
            .flatten()
            .collect()
    }
}
