// SPDX-License-Identifier: GPL-2.0

//! Batches: sets of folios, a bit for each.

use crate::observed::Observed;
use crate::sync::atomic::Relaxed;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a batch is for. One kind is as good as seven here.
#[allow(dead_code)]
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    LruAdd,
    MoveTail,
    Mlock,
}

impl Kind {
    pub(crate) const ALL: [Self; 1] = [Self::LruAdd];
}

/// A batch of a CPU, whose count others look at without its lock, or one that was taken out.
pub(crate) enum FolioBatch<F> {
    OfCpu { folios: u32, count: Arc<Observed> },
    TakenOut(u32, PhantomData<F>),
}

impl<F> FolioBatch<F> {
    pub(crate) fn new() -> Self {
        Self::TakenOut(0, PhantomData)
    }

    pub(crate) fn folios(&self) -> u32 {
        match self {
            Self::OfCpu { folios, .. } | Self::TakenOut(folios, _) => *folios,
        }
    }

    pub(crate) fn set(&mut self, new: u32) {
        match self {
            Self::OfCpu { folios, count } => {
                *folios = new;
                count.store(new.count_ones().into(), Relaxed);
            }
            Self::TakenOut(folios, _) => *folios = new,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.folios().count_ones() as usize
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.folios() == 0
    }

    pub(crate) fn take_into(&mut self, to: &mut Self) -> usize {
        to.set(self.folios());
        self.set(0);
        to.len()
    }
}
