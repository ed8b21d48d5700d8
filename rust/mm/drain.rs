// SPDX-License-Identifier: GPL-2.0

//! The drain of all CPUs, and what the drains promise.
//!
//! # The promises
//!
//! 1. `lru_add_drain_all()` returns only when everything that was in some CPU's batch before the
//!    call has been moved.
//! 2. `lru_add_drain()` returns only when everything that the caller put into this CPU's batches
//!    has been moved, even if another CPU's drain has taken it out meanwhile.
//! 3. After `lru_cache_disable()` nothing is in a batch, and nothing stays in one until the
//!    matching `lru_cache_enable()`.
//!
//! "Moved" means that the batch's operation has been done to it, or that it was passed over because
//! somebody else had it isolated.
//!
//! # The states of a batched folio
//!
//! | state | the reference is in | seen without a lock by | who ends it, holding |
//! |---|---|---|---|
//! | waiting | a slot below the count | the count | the CPU itself or a drain, the batch's lock |
//! | overflow | a slot, being emptied in its place | the count | the CPU itself, the batch's lock |
//! | in hand | a copy on a drain's stack | the hand's `busy` | the drain, the CPU's `in_hand` lock |
//! | moved | none | | |
//!
//! The CPU whose batch overflows moves the folios under the batch's lock. That makes a drain wait,
//! never the CPU: it is the CPU itself that does the work, and it would have to anyway. A drain
//! takes the batch out and moves it under the CPU's `in_hand` lock, which only drains take; the
//! batch's lock it holds for the copy.
//!
//! # Why they hold
//!
//! *A drain of CPU c*, by whomever, takes `in_hand` of c and then each batch's lock. When it has
//! the first, no other drain has anything of c in hand. When it has the second, an overflow is
//! over. So what was waiting, overflowing or in hand when the drain began is moved when it ends.
//! With c the caller's own CPU that is promise 2: a local drain does not overtake a remote one, it
//! waits for its hand, which is the one place where a CPU waits for others to move its folios. The
//! wait is bounded: the hand holds one batch at a time of seven, is held with preemption off
//! (PREEMPT_RT: its lock lends the waiter's priority), and the holder waits for nothing but the
//! batches' and the lists' locks, whose holders never wait for a hand.
//!
//! *Promise 1* then needs a drain of every CPU where a folio may be in one of the first three
//! states, one that begins after the call. [`needs_drain()`] finds those CPUs: the count covers the
//! first two states, the hand's `busy` the third, and as `busy` is set before the count drops and
//! looked at after it, there is no moment between the two. An overflow keeps the count until the
//! end.
//!
//! A CPU that is going down has its batches left to the hotplug callback, which locks them like any
//! drain. In remote mode a drain need not care: it drains what is possible, online or not. In local
//! mode the work for such a CPU can't be queued, or is refused by [`lru_add_drain_cpu()`]; the pass
//! then waits for the hotplug operation to end and looks again, where its owner can wait for that
//! ([`Mm::wait_for_hotplug`]).
//!
//! *Promise 3*: see [`Drain::cache_disable`].
//!
//! # Sharing a pass
//!
//! Many callers at once need not make a pass each. The generation is the number of passes *begun*,
//! and who finds that one has begun since its call is done when that one is. The barriers:
//!
//! - **A**: generation x means: for every n up to x, pass n has begun to look at the CPUs, and
//!   whoever holds the mutex finds it finished.
//! - **B**: the caller reads the generation before it takes the mutex, after a full barrier that
//!   orders what it put into batches (or was told that others did) before the read.
//! - **C**: under the mutex, a generation other than that of B means that a pass began after B. Its
//!   look at the CPUs came after what the caller put into batches: done.
//! - **D**: a pass raises the generation *before* it looks at the first CPU, with a full barrier in
//!   between. It pairs with B: who reads the generation of D or later has its folios seen, or came
//!   too late and, reading it as its own, makes the next pass. Raised any later, say after the
//!   look, a caller whose CPU had been looked at already would read the old generation at B, find
//!   it raised at C, and leave with its folios still in a batch. `SABOTAGE=drain-without-barrier`
//!   does just that.

use super::{
    drain_cpu::{
        lru_add_drain,
        lru_add_drain_cpu,
        needs_drain, //
    },
    Mm,
};
use kernel::{
    fmt, new_mutex,
    prelude::*,
    static_lock_class,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed, //
        },
        Arc,
        Mutex, //
    },
};
use pwlocks::{
    barrier::smp_mb,
    cpu::{
        self,
        Cpu, //
    },
    hotplug::CpuDead,
    new_pw_work,
    owner::Owner,
    work::{
        PwWork,
        Run, //
    },
    workqueue::{
        PerCpuQueue,
        PerCpuWork,
        RunOn, //
    },
};

/// What a drain of all CPUs did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pass {
    /// Nothing, because another caller's pass covered it.
    pub(crate) shared: bool,
    /// CPUs for which drain work was asked for.
    pub(crate) works: u32,
    /// How many of these went to a workqueue.
    pub(crate) queued: u32,
    /// Work queued for the second kind of cache.
    pub(crate) bh_queued: u32,
}

/// How often what was done, since the beginning, beside the passes, which the generation counts.
#[derive(Default)]
pub(crate) struct Counts {
    pub(crate) shared: Count,
    pub(crate) works: Count,
    pub(crate) queued: Count,
    pub(crate) bh_queued: Count,
    pub(crate) dead: Count,
}

/// An event counter.
pub(crate) struct Count(Atomic<u64>);

impl Default for Count {
    fn default() -> Self {
        Self(Atomic::new(0))
    }
}

impl Count {
    #[inline]
    fn add(&self, n: u64) {
        // An atomic instruction in a function of its own; most of what is added is nothing.
        if n != 0 {
            self.0.fetch_add(n, Relaxed);
        }
    }

    /// Returns the count.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The CPUs for which something was queued in a pass, one list per kind of work: `has_mm_work` and
/// `has_bh_work`. Each has room for every possible CPU.
struct Queued {
    mm: KVec<Cpu>,
    bh: KVec<Cpu>,
}

/// What a CPU has that has to be drained.
#[derive(Clone, Copy)]
struct Needed {
    mm: bool,
    bh: bool,
}

/// The work that drains one CPU's batches.
struct DrainWork<M: Mm> {
    mm: Arc<M>,
    /// Some worker had lost its CPU since a pass last looked, see [`lru_add_drain_cpu`].
    refused: Atomic<bool>,
}

impl<M: Mm> Run for DrainWork<M> {
    fn run(&self, owner: &Owner<'_>) {
        if !lru_add_drain_cpu(&*self.mm, owner) {
            self.refused.store(true, Relaxed);
        }
    }
}

/// The work that empties one CPU's second kind of cache.
struct BhWork<M: Mm> {
    mm: Arc<M>,
}

impl<M: Mm> RunOn for BhWork<M> {
    fn run_on(&self, _cpu: Cpu) {
        self.mm.drain_bh();
    }
}

/// What is left to do when a CPU has gone down.
struct DrainDead<M: Mm> {
    mm: Arc<M>,
    counts: Arc<Counts>,
}

impl<M: Mm> Run for DrainDead<M> {
    fn run(&self, owner: &Owner<'_>) {
        // A dead CPU's lock is never refused.
        if lru_add_drain_cpu(&*self.mm, owner) {
            self.counts.dead.add(1);
        }
        self.mm.drain_bh_dead(owner);
    }
}

/// The drain of all CPUs: `__lru_add_drain_all()` with what it keeps between calls.
#[pin_data]
pub(crate) struct Drain<M: Mm> {
    mm: Arc<M>,
    /// `lru_drain_gen`: written under `queued`.
    generation: Atomic<u64>,
    #[pin]
    queued: Mutex<Queued>,
    work: PwWork<DrainWork<M>>,
    bh_work: PerCpuWork<BhWork<M>>,
    counts: Arc<Counts>,
    // Last: it drains what goes down while the works are still there.
    #[pin]
    dead: CpuDead<DrainDead<M>>,
}

impl<M: Mm> Drain<M> {
    /// Makes the drain of `mm`, with a workqueue called `name`. May sleep. `ENOMEM` or what the
    /// hotplug core returns.
    pub(crate) fn new(mm: Arc<M>, name: &'static CStr) -> impl PinInit<Self, Error> {
        pin_init::pin_init_scope(move || {
            let queue = Arc::new(PerCpuQueue::new(name)?, GFP_KERNEL)?;
            let cpus = cpu::possible().count();
            let queued = Queued {
                mm: KVec::with_capacity(cpus, GFP_KERNEL)?,
                bh: KVec::with_capacity(cpus, GFP_KERNEL)?,
            };
            let work = DrainWork {
                mm: mm.clone(),
                refused: Atomic::new(false),
            };
            let bh_work = BhWork { mm: mm.clone() };
            let counts = Arc::new(Counts::default(), GFP_KERNEL)?;
            let dead = DrainDead {
                mm: mm.clone(),
                counts: counts.clone(),
            };

            Ok(try_pin_init!(Self {
                mm,
                generation: Atomic::new(0),
                queued <- new_mutex!(queued, "lru_drain_all"),
                work: new_pw_work!(work, queue.clone(), "lru_add_drain")?,
                bh_work: PerCpuWork::new(bh_work, queue, c"bh_add_drain", static_lock_class!())?,
                counts,
                dead <- CpuDead::new(dead),
            }? Error))
        })
    }

    /// Returns what is drained.
    pub(crate) fn mm(&self) -> &M {
        &self.mm
    }

    /// Returns what was counted.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Returns the number of passes begun.
    pub(crate) fn passes(&self) -> u64 {
        self.generation.load(Relaxed)
    }

    /// Returns how many drains of all CPUs were asked for and have begun a pass or shared one.
    pub(crate) fn requests(&self) -> u64 {
        self.passes() + self.counts.shared.get()
    }

    /// Writes all counts for debugfs, one `name value` per line.
    pub(crate) fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = &*self.counts;

        writeln!(f, "requests {}", self.requests())?;
        writeln!(f, "passes {}", self.passes())?;
        writeln!(f, "shared {}", counts.shared.get())?;
        writeln!(f, "works {}", counts.works.get())?;
        writeln!(f, "works_queued {}", counts.queued.get())?;
        writeln!(f, "bh_queued {}", counts.bh_queued.get())?;
        writeln!(f, "dead_drains {}", counts.dead.get())
    }

    /// Has other CPUs' batches drained by work on those CPUs in remote mode, too (`false`), or not any
    /// more (`true`, the default): see [`PwWork::allow_remote`].
    // Not every owner of folios has locks that follow the mode by steps.
    #[allow(dead_code)]
    pub(crate) fn allow_remote(&self, allowed: bool) {
        self.work.allow_remote(allowed);
    }

    /// Drains the batches of `cpu` by the dispatcher and waits (`lru_add_drain_cpu()`). Returns
    /// what was asked for. Task context, may sleep. `ENODEV` if the CPU is not online.
    pub(crate) fn cpu(&self, cpu: Cpu) -> Result<Pass> {
        if !cpu.is_online() {
            return Err(ENODEV);
        }

        let queued = self.work.queue_on(cpu);

        if queued {
            self.work.flush_on(cpu);
            // The worker may have lost its CPU before it came to run.
            if !cpu.is_online() {
                return Err(ENODEV);
            }
        }
        Ok(self.count(Pass {
            works: 1,
            queued: queued.into(),
            ..Pass::default()
        }))
    }

    /// Drains the batches of all CPUs and the second kind of caches (`lru_add_drain_all()`).
    ///
    /// See the module's comment for what holds on return. With `force` a pass is made even if
    /// another has begun since the call. Task context, may sleep, not with a lock that work on any
    /// CPU may wait for.
    pub(crate) fn all(&self, force: bool) -> Pass {
        // What the caller knows to be in a batch comes before the look at the generation.
        smp_mb();
        // (B)
        let generation = self.generation.load(Acquire);

        // Costs little and leaves less for the pass, whoever makes it.
        lru_add_drain(&*self.mm);

        let mut queued = self.queued.lock();

        // (C)
        let begun = self.generation.load(Relaxed);

        if !force && generation != begun {
            self.counts.shared.add(1);
            return Pass {
                shared: true,
                ..Pass::default()
            };
        }

        // (D)
        #[cfg(not(SABOTAGE_DRAIN_WITHOUT_BARRIER))]
        self.begin_generation(begun);

        let pass = self.pass(&mut queued);

        #[cfg(SABOTAGE_DRAIN_WITHOUT_BARRIER)]
        {
            // Time for others to come along between the look at their CPU and the new generation.
            kernel::time::delay::fsleep(kernel::time::Delta::from_millis(100));
            self.begin_generation(begun);
        }

        self.count(pass)
    }

    /// Begins the pass that comes after `begun`, under the mutex.
    #[inline]
    fn begin_generation(&self, begun: u64) {
        // In a thousand years of passes it does not wrap, and is not checked for it.
        self.generation.store(begun.wrapping_add(1), Relaxed);
        smp_mb();
    }

    /// Adds `pass` to the counts.
    fn count(&self, pass: Pass) -> Pass {
        self.counts.works.add(pass.works.into());
        self.counts.queued.add(pass.queued.into());
        self.counts.bh_queued.add(pass.bh_queued.into());
        pass
    }

    /// Drains every CPU that needs it, under the mutex.
    fn pass(&self, queued: &mut Queued) -> Pass {
        let mut pass = Pass::default();

        while !self.round(queued, &mut pass) {
            if !self.mm.wait_for_hotplug() {
                break;
            }
        }
        pass
    }

    /// Asks for the works and waits for them. Returns whether every CPU that needed it was drained;
    /// in local mode one that is on its way down may not be.
    ///
    /// Mostly no CPU needs it: that is all that is done in here.
    #[inline]
    fn round(&self, queued: &mut Queued, pass: &mut Pass) -> bool {
        let mut asked = false;
        let mut complete = true;

        for cpu in cpu::possible() {
            let needed = Needed {
                mm: needs_drain(&*self.mm, cpu),
                bh: self.mm.has_bh(cpu),
            };

            if needed.mm || needed.bh {
                asked = true;
                complete &= self.ask(queued, pass, cpu, needed);
            }
        }
        !asked || self.finish(queued) && complete
    }

    /// Has done what is `needed` for `cpu`, or asks for it. Returns whether that was possible.
    #[inline(never)]
    fn ask(&self, queued: &mut Queued, pass: &mut Pass, cpu: Cpu, needed: Needed) -> bool {
        let mut complete = true;

        if needed.mm {
            // Each CPU's drain goes by the mode at that moment, which may change from one to the
            // next: a drain is a drain, whoever makes it.
            match self.work.queue_on_online(cpu) {
                Some(is_queued) => {
                    pass.works += 1;
                    if is_queued {
                        pass.queued += 1;
                        push(&mut queued.mm, cpu);
                    }
                }
                None => complete = false,
            }
        }

        // Always on the workqueue, and only where there is something.
        if needed.bh {
            if cpu.is_online() {
                pass.bh_queued += 1;
                self.bh_work.queue_on(cpu);
                push(&mut queued.bh, cpu);
            } else {
                complete = false;
            }
        }
        complete
    }

    /// Waits for what was queued. Returns whether no worker was refused its CPU.
    #[inline(never)]
    fn finish(&self, queued: &mut Queued) -> bool {
        for cpu in queued.mm.drain_all() {
            self.work.flush_on(cpu);
        }
        for cpu in queued.bh.drain_all() {
            self.bh_work.flush_on(cpu);
        }

        // Of a round all works are done here. What others have queued by itself may be refused at any
        // time, which costs a pass one more look.
        let refused = &self.work.target().refused;
        let complete = !refused.load(Relaxed);

        if !complete {
            refused.store(false, Relaxed);
        }
        complete
    }

    /// Turns batching off and empties all batches (`lru_cache_disable()`): promise 3.
    ///
    /// Whoever is adding to a batch looks at the switch under the batch's lock. When
    /// `synchronize_rcu()` returns, each has either seen it and emptied its batch, or has released
    /// the lock and left a folio that the pass then finds. The pass is one of its own, since one
    /// that has begun earlier may have looked too early. Task context, may sleep.
    pub(crate) fn cache_disable(&self) -> Pass {
        self.mm.cache().disable();
        // SAFETY: Task context, and no RCU read-side section.
        unsafe { kernel::bindings::synchronize_rcu_expedited() };
        self.all(true)
    }

    /// Takes one [`Self::cache_disable`] back (`lru_cache_enable()`).
    pub(crate) fn cache_enable(&self) {
        self.mm.cache().enable();
    }
}

/// Notes `cpu`, for which there is room.
fn push(cpus: &mut KVec<Cpu>, cpu: Cpu) {
    if cpus.push_within_capacity(cpu).is_err() {
        // Not reached: a round visits each possible CPU once.
        kernel::warn_on!(true);
    }
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kunit_tests(mm_drain)]
mod tests {
    use super::*;
    use crate::mm::{
        batch::Kind,
        fake::{
            self,
            Memory, //
        }, //
    };
    use pwlocks::mode;

    /// Does something with a drain, which is gone by the time the result is there to be judged: an
    /// assertion that fails drops nothing, and would leave a hotplug callback behind.
    fn with_drain<R>(f: impl FnOnce(&Arc<Drain<Memory>>) -> Result<R>) -> Result<R> {
        let drain = Arc::pin_init(Drain::new(Memory::new()?, c"mm_drain_kunit"), GFP_KERNEL)?;

        f(&drain)
    }

    /// In one CPU's batch, which has room for them.
    const FOLIOS: u32 = 30;

    /// How often the CPUs get the chance to meet.
    const ROUNDS: u32 = 100;

    fn online() -> impl Iterator<Item = Cpu> {
        cpu::possible().filter(|cpu| cpu.is_online())
    }

    /// Makes a folio for each CPU that is online and puts it into that one's batch of `kind`.
    fn fill_all(mm: &Memory, kind: Kind) -> Result<KVec<KBox<fake::Folio>>> {
        let mut folios = KVec::new();

        for cpu in online() {
            let folio = fake::Folio::file(&[])?;

            mm.batches().fill(cpu, kind, &folio);
            folios.push(folio, GFP_KERNEL)?;
        }
        Ok(folios)
    }

    #[test]
    fn a_batch_with_something_in_it_needs_a_drain() -> Result {
        let folio = fake::Folio::file(&[])?;

        for cpu in cpu::possible() {
            for kind in Kind::ALL {
                let mm = Memory::new()?;

                mm.batches().fill(cpu, kind, &folio);
                for other in cpu::possible() {
                    assert_eq!(needs_drain(&*mm, other), other == cpu);
                }
            }
        }
        Ok(())
    }

    #[test]
    fn a_hand_with_something_in_it_needs_a_drain() -> Result {
        let mm = Memory::new()?;

        for cpu in cpu::possible() {
            assert!(!needs_drain(&*mm, cpu));
            mm.batches().set_in_hand(cpu, true);
            for other in cpu::possible() {
                assert_eq!(needs_drain(&*mm, other), other == cpu);
            }
            mm.batches().set_in_hand(cpu, false);
        }
        Ok(())
    }

    #[test]
    fn what_was_in_a_batch_is_moved() -> Result {
        for kind in Kind::ALL {
            let (pass, folios, left) = with_drain(|drain| {
                let folios = fill_all(drain.mm(), kind)?;
                let pass = drain.all(false);
                let left = cpu::possible().any(|cpu| needs_drain(drain.mm(), cpu));

                Ok((pass, folios, left || !drain.mm().lists().in_order()))
            })?;
            let on_a_list = u32::from(kind == Kind::LruAdd);

            assert!(!left);
            assert!(folios.iter().all(|folio| folio.refs() == 1));
            assert!(folios.iter().all(|folio| folio.times_listed() == on_a_list));
            // Of its own CPU's it takes care before.
            assert_eq!(pass.works as usize, folios.len() - 1);
            assert_eq!(pass.queued, if mode::is_remote() { 0 } else { pass.works });
            assert_eq!(pass.bh_queued, 0);
        }
        Ok(())
    }

    /// In local mode, in which each CPU drains itself.
    #[test]
    fn cpus_that_drain_at_once_take_turns_at_the_lists() -> Result {
        for _ in 0..ROUNDS {
            let (folios, in_order) = with_drain(|drain| {
                let mut folios = KVec::new();

                for cpu in online() {
                    // Each of another group than the one before: the lists are locked for each.
                    for group in 0..FOLIOS {
                        let nature = fake::Nature {
                            group,
                            ..Default::default()
                        };
                        let folio = fake::Folio::new(nature, &[])?;

                        drain.mm().batches().fill(cpu, Kind::LruAdd, &folio);
                        folios.push(folio, GFP_KERNEL)?;
                    }
                }
                drain.all(false);
                Ok((folios, drain.mm().lists().in_order()))
            })?;

            assert!(in_order);
            assert!(folios.iter().all(|folio| folio.times_listed() == 1));
        }
        Ok(())
    }

    #[test]
    fn where_nothing_is_nothing_is_done() -> Result {
        let (pass, passes) = with_drain(|drain| Ok((drain.all(false), drain.passes())))?;

        assert_eq!((pass.works, pass.queued, pass.bh_queued), (0, 0, 0));
        assert_eq!(passes, 1);
        Ok(())
    }

    #[test]
    fn one_cpu_is_drained_alone() -> Result {
        for cpu in online() {
            let (alone, rest) = with_drain(|drain| {
                let _folios = fill_all(drain.mm(), Kind::LruAdd)?;
                let pass = drain.cpu(cpu)?;
                let alone = online().all(|each| needs_drain(drain.mm(), each) == (each != cpu));

                drain.all(true);
                Ok((
                    alone && pass.works == 1,
                    online().any(|each| needs_drain(drain.mm(), each)),
                ))
            })?;

            assert!(alone);
            assert!(!rest);
        }
        Ok(())
    }

    #[test]
    fn a_pass_that_is_over_covers_nobody() -> Result {
        let (shared, passes) = with_drain(|drain| {
            let shared = [drain.all(false).shared, drain.all(false).shared];

            Ok((shared, drain.passes()))
        })?;

        assert_eq!(shared, [false, false]);
        assert_eq!(passes, 2);
        Ok(())
    }

    #[test]
    fn a_pass_that_began_meanwhile_is_shared() -> Result {
        let (pass, folios, passes, requests) = with_drain(|drain| {
            let folios = fill_all(drain.mm(), Kind::LruAdd)?;

            drain.mm().drain_meanwhile(drain.clone());
            Ok((drain.all(false), folios, drain.passes(), drain.requests()))
        })?;

        assert!(pass.shared);
        assert_eq!(pass.works, 0);
        assert_eq!((passes, requests), (1, 2));
        assert!(folios.iter().all(|folio| folio.times_listed() == 1));
        Ok(())
    }

    #[test]
    fn a_pass_of_ones_own_is_not_shared() -> Result {
        let (pass, passes) = with_drain(|drain| {
            drain.mm().drain_meanwhile(drain.clone());
            Ok((drain.all(true), drain.passes()))
        })?;

        assert!(!pass.shared);
        assert_eq!(passes, 2);
        Ok(())
    }

    #[test]
    fn the_second_kind_of_cache_is_emptied_where_there_is_something() -> Result {
        for cpu in online() {
            let (pass, left) = with_drain(|drain| {
                drain.mm().fill_bh(cpu);
                Ok((drain.all(false), drain.mm().has_bh(cpu)))
            })?;

            assert_eq!((pass.works, pass.bh_queued), (0, 1));
            assert!(!left);
        }
        Ok(())
    }

    #[test]
    fn batching_is_off_from_the_first_to_the_last() -> Result {
        let (off, folios, passes) = with_drain(|drain| {
            let folios = fill_all(drain.mm(), Kind::LruAdd)?;
            let cache = drain.mm().cache();

            drain.cache_disable();
            drain.cache_disable();
            drain.cache_enable();

            let off = cache.is_disabled();

            drain.cache_enable();
            Ok((off && !cache.is_disabled(), folios, drain.passes()))
        })?;

        assert!(off);
        assert!(folios.iter().all(|folio| folio.times_listed() == 1));
        assert_eq!(passes, 2);
        Ok(())
    }
}
