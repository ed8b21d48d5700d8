// SPDX-License-Identifier: GPL-2.0

//! The books, looked at while nothing runs: the module's own counts, every folio that has a handle,
//! and the two against each other.

use selftests::{
    demo::{
        Device, Drain, Worker, check_folio, check_stats, debugfs_figures, describe, is_added,
        is_listed,
        uapi::{Query, Stats},
    },
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
};

pub(crate) struct Audit<'a> {
    device: &'a Device,
    workers: &'a [Worker],
    stats: Stats,
    folios: Vec<Query>,
}

impl<'a> Audit<'a> {
    pub(crate) fn of(device: &'a Device, workers: &'a [Worker]) -> Result<Self, Trouble> {
        Ok(Self {
            device,
            workers,
            stats: device.stats().doing("STATS")?,
            folios: folios(workers)?,
        })
    }

    pub(crate) fn check(mut self) -> Verdict {
        self.as_left()?;
        self.drained()
    }

    /// With the batches as the load left them.
    fn as_left(&self) -> Verdict {
        check_stats(&self.stats)?;
        self.folios.iter().try_for_each(check_folio)?;
        let files = self.workers.len() as u64;
        let disabled: u32 = self.workers.iter().map(Worker::disabled).sum();
        ensure!(
            self.stats.files == files && self.stats.cache_disabled == u64::from(disabled),
            "{files} files with {disabled} CACHE_DISABLE in force: {:?}",
            self.stats
        );
        self.debugfs()
    }

    /// With the batches empty; then every folio that isn't freed is one that has a handle.
    fn drained(&mut self) -> Verdict {
        self.device
            .drain(Drain::AllForce)
            .doing("DRAIN_ALL_FORCE")?;
        self.stats = self.device.stats().doing("STATS")?;
        self.folios = folios(self.workers)?;

        check_stats(&self.stats)?;
        ensure!(
            self.stats.batched == 0 && self.stats.slots == 0 && self.stats.bh_slots == 0,
            "all batches were drained: {:?}",
            self.stats
        );
        for folio in &self.folios {
            check_folio(folio)?;
            ensure!(
                folio.batches == 0 && folio.refs == 1,
                "all batches were drained and one refers to this: {}",
                describe(folio)
            );
        }
        let count =
            |has: fn(&Query) -> bool| self.folios.iter().filter(|&folio| has(folio)).count() as u64;
        let pages: u64 = self.folios.iter().map(|folio| 1 << folio.order).sum();
        let alive = self.stats.allocated - self.stats.freed;
        ensure!(
            alive == self.folios.len() as u64
                && self.stats.listed == count(is_listed)
                && self.stats.isolated == count(|folio| !is_added(folio))
                && self.stats.pages == pages,
            "{} folios have handles, {} are on a list, {} were not added, {pages} pages: {:?}",
            self.folios.len(),
            count(is_listed),
            count(|folio| !is_added(folio)),
            self.stats
        );
        Ok(())
    }

    /// debugfs says the same as the ioctl.
    fn debugfs(&self) -> Verdict {
        let figures = debugfs_figures("conservation")?;

        for (name, value) in [
            ("allocated", self.stats.allocated),
            ("listed", self.stats.listed),
            ("batched", self.stats.batched),
            ("isolated", self.stats.isolated),
            ("freed", self.stats.freed),
        ] {
            ensure!(
                figures.get(name) == Some(&value),
                "{name} is {value} by STATS, debugfs conservation says {figures:?}"
            );
        }
        Ok(())
    }
}

fn folios(workers: &[Worker]) -> Result<Vec<Query>, Trouble> {
    let mut folios = Vec::new();

    for worker in workers {
        let (device, handles) = worker.folios();
        folios.extend(device.query_all(handles).doing("QUERY")?);
    }
    Ok(folios)
}
