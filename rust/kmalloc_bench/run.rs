// SPDX-License-Identifier: GPL-2.0

//! A run: the overhead of the loops first, then the rounds.

use crate::{
    chunk::{
        self,
        give_way,
        measure,
        Tally, //
    },
    loops::{
        alloc_all,
        free_all,
        pair_apart,
        pair_together,
        replace,
        Apart,
        Random, //
    },
    memory::Footprint,
    objects::Objects,
    params::{
        Params,
        Pattern, //
    },
    spread::{
        Hundredths,
        Spread, //
    },
    subject::{
        Kmalloc,
        Nothing,
        Subject, //
    },
};
use kernel::prelude::*;

/// Chunks looked at to find the overhead of a loop.
const OVERHEAD_CHUNKS: usize = 64;

/// What was found in one round, or about the loops: steps per operation.
#[derive(Clone, Copy, Default)]
pub(crate) struct Figures {
    /// Per allocation.
    pub(crate) alloc: Tally,
    /// Per free.
    pub(crate) free: Tally,
    /// Per allocation with its free, of [`Pattern::Pair`].
    pub(crate) pair: Tally,
}

/// The figures of a run.
pub(crate) struct Run {
    /// The figures of each round, the cost of the loops included.
    pub(crate) rounds: KVec<Figures>,
    /// The cost of the loops: allocation, free, pair.
    pub(crate) overhead: [Hundredths; 3],
    /// Objects in a chunk.
    pub(crate) chunk: usize,
}

impl Run {
    /// Measures what `params` ask for.
    ///
    /// Fails with `ENOMEM` when the allocator does, and with `EINTR` on a signal. May sleep.
    pub(crate) fn new(params: &Params, footprint: &Footprint) -> Result<Self> {
        let chunk = chunk::objects(footprint.bucket);
        let mut rounds = KVec::with_capacity(params.rounds as usize, GFP_KERNEL)?;
        let mut objects = match params.pattern {
            Pattern::Pair => Objects::new(0)?,
            Pattern::Batch | Pattern::Mixed => Objects::new(footprint.objects)?,
        };
        let overhead = overhead(params, &mut objects, chunk)?;
        let mut random = Random::new(params.seed);
        for _ in 0..params.rounds {
            let mut figures = Figures::default();
            round(params, &mut objects, chunk, &mut random, &mut figures)?;
            rounds.push(figures, GFP_KERNEL)?;
        }
        Ok(Self {
            rounds,
            overhead,
            chunk,
        })
    }
}

/// Measures the loops with nothing in them: the median of several chunks.
fn overhead(params: &Params, objects: &mut Objects, chunk: usize) -> Result<[Hundredths; 3]> {
    let count = chunk.min(params.iterations);
    let mut measurements = KVec::with_capacity(OVERHEAD_CHUNKS, GFP_KERNEL)?;
    let mut random = Random::new(params.seed);
    for _ in 0..OVERHEAD_CHUNKS {
        give_way()?;
        let mut figures = Figures::default();
        // The slots are still empty, and empty again when this is done.
        match params.pattern {
            Pattern::Batch => {
                let count = count.min(objects.slots().len());
                let slots = &mut objects.slots()[..count];
                measure(params.nested, count, [&mut figures.alloc], || {
                    [alloc_all(Nothing, slots)]
                });
                measure(params.nested, count, [&mut figures.free], || {
                    // SAFETY: `Nothing` takes anything.
                    [unsafe { free_all(Nothing, slots) }]
                });
            }
            Pattern::Pair => pair(Nothing, params.nested, count, &mut figures)?,
            Pattern::Mixed => {
                let slots = objects.slots();
                mixed(
                    Nothing,
                    params.nested,
                    slots,
                    count,
                    &mut random,
                    &mut figures,
                )?;
                slots.fill(core::ptr::null_mut());
            }
        }
        measurements.push(figures, GFP_KERNEL)?;
    }
    let median = |tally| Spread::new(&measurements, Hundredths::ZERO, tally);
    Ok([
        median(|figures| &figures.alloc)?.median,
        median(|figures| &figures.free)?.median,
        median(|figures| &figures.pair)?.median,
    ])
}

/// One round.
fn round(
    params: &Params,
    objects: &mut Objects,
    chunk: usize,
    random: &mut Random,
    figures: &mut Figures,
) -> Result {
    let subject = Kmalloc(params.size);
    match params.pattern {
        Pattern::Batch => {
            fill(params, objects, chunk, &mut figures.alloc)?;
            for slots in objects.slots().chunks_mut(chunk) {
                give_way()?;
                measure(params.nested, slots.len(), [&mut figures.free], || {
                    // SAFETY: `fill` put the objects of `Kmalloc` there.
                    [unsafe { free_all(subject, slots) }]
                });
            }
        }
        Pattern::Pair => {
            in_chunks(params.iterations, chunk, |count| {
                pair(subject, params.nested, count, figures)
            })?;
        }
        Pattern::Mixed => {
            fill(params, objects, chunk, &mut Tally::default())?;
            in_chunks(params.iterations, chunk, |count| {
                let slots = objects.slots();
                mixed(subject, params.nested, slots, count, random, figures)
            })?;
            objects.clear();
        }
    }
    Ok(())
}

/// Calls `chunk` with the counts that `total` falls into.
fn in_chunks(total: usize, size: usize, mut chunk: impl FnMut(usize) -> Result) -> Result {
    let mut left = total;
    while left > 0 {
        give_way()?;
        let count = left.min(size);
        chunk(count)?;
        left -= count;
    }
    Ok(())
}

/// Allocates all objects. What was allocated when this fails is left to `objects`.
fn fill(params: &Params, objects: &mut Objects, chunk: usize, tally: &mut Tally) -> Result {
    let mut before = 0;
    for slots in objects.slots().chunks_mut(chunk) {
        give_way()?;
        measure(params.nested, slots.len(), [&mut *tally], || {
            [alloc_all(Kmalloc(params.size), slots)]
        });
        let failed = slots.iter().filter(|slot| slot.is_null()).count();
        before += slots.len();
        if failed > 0 {
            return out_of_memory(before - failed);
        }
    }
    Ok(())
}

/// A chunk of [`Pattern::Pair`]: once as it is, and once more to tell allocation and free apart.
fn pair<S: Subject>(subject: S, nested: bool, count: usize, figures: &mut Figures) -> Result {
    measure(nested, count, [&mut figures.pair], || {
        [pair_together(subject, count)]
    });
    let mut failed = 0;
    measure(
        nested,
        count,
        [&mut figures.alloc, &mut figures.free],
        || {
            let apart = pair_apart(subject, count);
            failed = apart.failed;
            [apart.alloc, apart.free]
        },
    );
    check::<S>(failed, || 0)
}

/// A chunk of [`Pattern::Mixed`].
fn mixed<S: Subject>(
    subject: S,
    nested: bool,
    slots: &mut [*mut kernel::ffi::c_void],
    count: usize,
    random: &mut Random,
    figures: &mut Figures,
) -> Result {
    let mut failed = 0;
    measure(
        nested,
        count,
        [&mut figures.alloc, &mut figures.free],
        || {
            // SAFETY: The slots are empty, or own objects of `subject` since they were filled.
            let apart: Apart = unsafe { replace(subject, slots, count, random) };
            failed = apart.failed;
            [apart.alloc, apart.free]
        },
    );
    check::<S>(failed, || {
        slots.iter().filter(|slot| !slot.is_null()).count()
    })
}

/// Fails if `failed` allocations did, unless it was all for show.
fn check<S: Subject>(failed: usize, held: impl FnOnce() -> usize) -> Result {
    if S::FAILS && failed > 0 {
        return out_of_memory(held());
    }
    Ok(())
}

/// Logs that the allocator failed with so many objects allocated.
fn out_of_memory(held: usize) -> Result {
    pr_err!(
        "kmalloc failed with {held} objects allocated, although memory is available: \
         it can't be reclaimed in atomic context; use less\n"
    );
    Err(ENOMEM)
}
