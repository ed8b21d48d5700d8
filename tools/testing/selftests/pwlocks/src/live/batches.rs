// SPDX-License-Identifier: GPL-2.0

//! Pages of ours in the batches of CPUs.

use crate::{
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    memory::{Memory, PAGE},
    page_flags::Pages,
    pin,
};
use nix::sys::mman::MmapAdvise;

/// Memory of which each CPU is given the same number of pages, in the order of the CPUs.
#[derive(Debug)]
pub struct Batches {
    home: usize,
    cpus: Vec<usize>,
    each: usize,
    memory: Memory,
    pages: Pages,
}

impl Batches {
    /// For `each` pages on each of `cpus`, where this thread is on `home`.
    pub fn new(home: usize, cpus: &[usize], each: usize) -> Result<Self, Trouble> {
        let memory = Memory::anonymous(cpus.len() * each)?;
        // The page tables are there from now on.
        memory.touch();

        Ok(Self {
            home,
            cpus: cpus.to_vec(),
            each,
            memory,
            pages: Pages::open()?,
        })
    }

    /// Gives the pages back. They must be on their lists: one in a batch stays there.
    pub fn give_back(&self) -> Verdict {
        self.memory
            .advise(MmapAdvise::MADV_DONTNEED)
            .doing("MADV_DONTNEED")
    }

    /// Gives the pages back and has each CPU put new ones into its batch. None may be lost if one is left
    /// waiting: its CPU puts it on its list when its batch is full.
    pub fn refill(&self) -> Verdict {
        self.give_back()?;
        self.fill()
    }

    /// Has each CPU put new ones into its batch. By this very thread, which goes round: one that ended
    /// there would empty the batch as its stack is unmapped. The first CPU comes last, which should be
    /// that of this thread if it is one of them: what the thread does next may touch a page.
    pub fn fill(&self) -> Verdict {
        for (at, &cpu) in self.cpus.iter().enumerate().rev() {
            run_on(cpu)?;
            self.memory.touch_some(at * self.each..(at + 1) * self.each);
        }
        run_on(self.home)
    }

    /// Whether all of the pages wait in batches. If not, somebody else had put one in, and it got full.
    pub fn all_wait(&self) -> Result<bool, Trouble> {
        Ok(self.on_lists()? == 0)
    }

    /// Checks that none does any more.
    pub fn have_arrived(&self) -> Verdict {
        let (waiting, all) = (self.waiting()?, self.memory.pages());

        ensure!(
            waiting == 0,
            "{waiting} of {all} pages are on no list after a drain of all CPUs"
        );
        Ok(())
    }

    /// How many are on no list.
    pub fn waiting(&self) -> Result<usize, Trouble> {
        Ok(self.memory.pages() - self.on_lists()?)
    }

    fn on_lists(&self) -> Result<usize, Trouble> {
        let memory = &self.memory;
        let pages = self.pages.at(memory.address(), memory.pages(), PAGE)?;

        Ok(pages.iter().filter(|page| page.flags.lru()).count())
    }
}

fn run_on(cpu: usize) -> Verdict {
    pin::to(cpu).doing(format_args!("can't run on CPU {cpu}"))
}
