// SPDX-License-Identifier: GPL-2.0

//! Notifiers: what they are told, when, and what becomes of a switch that one of them refuses.

use crate::{
    kthread::{
        self,
        Place, //
    },
    remote,
    switch::Switched,
    turn::{
        self,
        Turn, //
    },
    verdict::{
        ensure,
        Verdict, //
    },
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Acquire,
            Atomic,
            Relaxed,
            Release, //
        },
        Arc, //
    },
    time::Delta,
};
use pwlocks::{
    mode,
    notifier::{
        Notifier,
        Notify, //
    },
    work::{
        PwWork,
        Run, //
    },
};

/// What a notifier is told, as digits of a number in the order in which it comes.
const ENTER: u64 = 1;
const ALLOWED: u64 = 2;
const FORBIDDEN: u64 = 3;
const LEAVE: u64 = 4;

/// What all notifiers of a test are told, each with a digit of its own in front.
struct Record {
    told: Atomic<u64>,
    /// Steps at which the mode was another than the step promises.
    wrong: Atomic<u32>,
}

impl Record {
    fn new() -> Self {
        Self {
            told: Atomic::new(0),
            wrong: Atomic::new(0),
        }
    }

    fn note(&self, who: u64, what: u64, remote: bool) {
        let told = self.told.load(Relaxed);

        // Only the switch's caller writes.
        self.told.store((told * 10 + who) * 10 + what, Relaxed);
        if mode::is_remote() != remote {
            self.wrong.fetch_add(1, Relaxed);
        }
    }

    fn expect(&self, told: u64, when: &str) -> Verdict {
        let (was, wrong) = (self.told.load(Relaxed), self.wrong.load(Relaxed));

        self.told.store(0, Relaxed);
        ensure!(was == told, "{when}: told {was}, not {told}");
        ensure!(
            wrong == 0,
            "{when}: at {wrong} steps the mode was another than the step promises"
        );
        Ok(())
    }
}

/// A notifier that notes what it is told.
struct Witness {
    who: u64,
    record: Arc<Record>,
    refuse: Atomic<bool>,
    /// Whether the mode of the whole changes at the same steps.
    alone: Atomic<bool>,
}

impl Witness {
    fn add(who: u64, record: &Arc<Record>, refuse: bool) -> Result<Notifier<Self>> {
        Notifier::new(Self {
            who,
            record: record.clone(),
            refuse: Atomic::new(refuse),
            alone: Atomic::new(mode::is_remote()),
        })
    }

    fn note(&self, what: u64, remote: bool) {
        let remote = remote || self.alone.load(Relaxed);

        self.record.note(self.who, what, remote);
    }
}

impl Notify for Witness {
    const NAME: &'static CStr = c"pwlocks_test";
    const WAITS_FOR_TASKS: bool = true;

    fn enter(&self) -> Result {
        self.note(ENTER, false);
        if self.refuse.load(Relaxed) {
            return Err(EBUSY);
        }
        Ok(())
    }

    fn remote_allowed(&self) {
        self.note(ALLOWED, true);
    }

    fn remote_forbidden(&self) {
        self.note(FORBIDDEN, false);
    }

    fn leave(&self) {
        self.note(LEAVE, false);
    }
}

/// Both are told, the second after the first, and on the way back the other way round.
pub(crate) fn steps() -> Verdict {
    let mode = Switched::to(false)?;
    let record = Arc::new(Record::new(), GFP_KERNEL)?;
    let first = Witness::add(1, &record, false)?;
    let second = Witness::add(2, &record, false)?;

    record.expect(0, "added in local mode")?;
    for _ in 0..2 {
        mode.again(true)?;
        record.expect(11_21_12_22, "to remote mode")?;
        mode.again(true)?;
        record.expect(0, "to remote mode again")?;
        mode.again(false)?;
        record.expect(23_13_24_14, "to local mode")?;
        mode.again(false)?;
        record.expect(0, "to local mode again")?;
    }
    drop(first);
    drop(second);
    record.expect(0, "removed in local mode")?;
    mode.again(true)?;
    record.expect(0, "to remote mode, removed")
}

/// The second refuses: the writer gets its error, the first one leaves, and the mode is what it was.
pub(crate) fn refusal() -> Verdict {
    let mode = Switched::to(false)?;
    let record = Arc::new(Record::new(), GFP_KERNEL)?;
    let first = Witness::add(1, &record, false)?;
    let second = Witness::add(2, &record, true)?;

    let result = mode.again(true);
    ensure!(result == Err(EBUSY), "the switch returns {result:?}");
    ensure!(!mode::is_remote(), "the mode is remote");
    record.expect(11_21_14, "refused")?;

    second.notify().refuse.store(false, Relaxed);
    mode.again(true)?;
    ensure!(mode::is_remote(), "the mode is still local");
    record.expect(11_21_12_22, "no longer refused")?;

    // In remote mode it is the notifier that is refused.
    let third = Witness::add(3, &record, true).map(drop);
    ensure!(third == Err(EBUSY), "it is added: {third:?}");
    ensure!(mode::is_remote(), "the mode is no longer remote");
    record.expect(31, "added and refused")?;
    mode.again(false)?;
    record.expect(23_13_24_14, "to local mode without the third")?;
    drop(first);
    Ok(())
}

/// In remote mode one that comes goes through all steps, and so does one that goes.
pub(crate) fn comes_and_goes() -> Verdict {
    let mode = Switched::to(true)?;
    let record = Arc::new(Record::new(), GFP_KERNEL)?;
    let first = Witness::add(1, &record, false)?;

    record.expect(11_12, "added in remote mode")?;
    let second = Witness::add(2, &record, false)?;
    record.expect(21_22, "a second one added in remote mode")?;
    drop(first);
    record.expect(13_14, "removed in remote mode")?;
    ensure!(mode::is_remote(), "the mode is no longer remote");
    second.notify().alone.store(false, Relaxed);
    mode.again(false)?;
    record.expect(23_24, "to local mode")
}

/// How long work goes on once it is forbidden.
const LINGER: Delta = Delta::from_millis(100);

/// A notifier that allows its work to be run by requesters.
struct Gate<R: Run> {
    work: Arc<PwWork<R>>,
    busy: Arc<Atomic<bool>>,
    /// It left while a requester was at work.
    early: Arc<Atomic<bool>>,
}

impl<R: Run> Notify for Gate<R> {
    const NAME: &'static CStr = c"pwlocks_test";

    fn enter(&self) -> Result {
        Ok(())
    }

    fn remote_allowed(&self) {
        self.work.allow_remote(true);
    }

    fn remote_forbidden(&self) {
        self.work.allow_remote(false);
    }

    fn leave(&self) {
        if self.busy.load(Acquire) {
            self.early.store(true, Release);
        }
    }
}

/// Work that may be run by requesters only while the notifier is there, in remote mode throughout;
/// and who runs it as the notifier goes is waited for.
pub(crate) fn work() -> Verdict {
    let _mode = Switched::to(true)?;
    let cpus = kthread::online()?;
    let owner = *cpus.last().ok_or(ENODEV)?;
    let requester = *cpus.first().ok_or(ENODEV)?;
    let turn = Arc::new(Turn::new(), GFP_KERNEL)?;
    let busy = Arc::new(Atomic::<bool>::new(false), GFP_KERNEL)?;
    let early = Arc::new(Atomic::<bool>::new(false), GFP_KERNEL)?;
    let work = {
        let (turn, busy) = (turn.clone(), busy.clone());

        remote::work(move |owner| {
            if owner.is_requester() {
                busy.store(true, Release);
                turn.reach(1);
                turn::pass(LINGER);
                busy.store(false, Release);
            }
        })?
    };
    let work = Arc::new(work, GFP_KERNEL)?;

    work.allow_remote(false);
    ensure!(
        work.queue_on(owner),
        "not queued before there is a notifier"
    );
    work.flush_on(owner);

    let gate = Notifier::new(Gate {
        work: work.clone(),
        busy,
        early: early.clone(),
    })?;
    let began = kthread::scope(
        &[Place::On(requester)],
        |_| {
            work.queue_on(owner);
        },
        |_| {
            let began = turn.wait(1);

            drop(gate);
            began
        },
    )?;

    ensure!(began, "queued although there is a notifier that allows it");
    ensure!(
        !early.load(Acquire),
        "the notifier left while a requester was at work"
    );
    ensure!(
        work.queue_on(owner),
        "not queued after the notifier has gone"
    );
    work.flush_on(owner);
    Ok(())
}
