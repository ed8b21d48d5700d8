// SPDX-License-Identifier: GPL-2.0

//! The real-time loop on the isolated CPU.

use crate::{
    demo::{Device, Operation},
    doing::Doing as _,
    ensure,
    ktap::Trouble,
    pin, realtime,
    tsc::{self, Calibration},
};
use nix::unistd::{Pid, gettid};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Its SCHED_FIFO priority: above the kernel's threaded interrupts.
const PRIORITY: i32 = 60;

/// How often it puts a folio into a batch of its CPU.
const PERIOD: Duration = Duration::from_millis(5);

/// How long to wait for it to do anything at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the loop and the others tell each other.
#[derive(Debug, Default)]
struct Shared {
    stop: AtomicBool,
    /// Whether gaps count.
    measured: AtomicBool,
    put: AtomicU64,
}

/// The loop's own figures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spun {
    /// Folios it put into batches.
    pub(super) put: u64,
    /// The longest time between two turns of the measured section, whatever the loop did itself
    /// meanwhile included.
    pub(super) longest_gap: Duration,
}

/// The running loop. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Spinner {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<Result<Spun, Trouble>>>,
    id: Pid,
}

impl Spinner {
    /// Starts the loop on `cpu` and waits for the first folio.
    pub(super) fn start(
        device: Arc<Device>,
        handles: Vec<u64>,
        cpu: usize,
    ) -> Result<Self, Trouble> {
        let shared = Arc::new(Shared::default());
        let (sender, receiver) = mpsc::channel();
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            pin::to(cpu).doing(format_args!("can't run on CPU {cpu}"))?;
            realtime::fifo(PRIORITY)?;
            // The receiver waits for this, or has given up.
            let _ = sender.send(gettid());
            spin(&device, &handles, &theirs)
        });

        let Ok(id) = receiver.recv_timeout(PATIENCE) else {
            shared.stop.store(true, Ordering::Relaxed);
            return Err(match thread.join() {
                Ok(Err(trouble)) => trouble,
                _ => format!("the loop did not start on CPU {cpu}").into(),
            });
        };
        let spinner = Self {
            shared,
            thread: Some(thread),
            id,
        };
        let first = spinner.wait_for_more(0, Instant::now() + PATIENCE);
        if let Err(trouble) = first {
            return Err(spinner.stop().err().unwrap_or(trouble));
        }
        Ok(spinner)
    }

    /// The loop's thread, as /proc calls it.
    pub(super) fn thread_id(&self) -> Pid {
        self.id
    }

    /// Folios put into batches so far.
    pub(super) fn put(&self) -> u64 {
        self.shared.put.load(Ordering::Acquire)
    }

    /// Lets gaps count from now on, or no longer.
    pub(super) fn measure(&self, on: bool) {
        self.shared.measured.store(on, Ordering::Relaxed);
    }

    /// Waits until more than `before` folios were put into batches.
    pub(super) fn wait_for_more(&self, before: u64, until: Instant) -> Result<(), Trouble> {
        while self.put() <= before {
            ensure!(
                !self.thread.as_ref().is_some_and(JoinHandle::is_finished),
                "the loop has ended after {before} folios"
            );
            ensure!(
                Instant::now() < until,
                "the loop stands still after {before} folios"
            );
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Asks the loop to end, and with it whatever waits for its CPU.
    pub(super) fn ask_to_stop(&self) {
        self.shared.stop.store(true, Ordering::Relaxed);
    }

    /// Ends the loop.
    pub(super) fn stop(mut self) -> Result<Spun, Trouble> {
        self.end()
            .unwrap_or_else(|| Err("the loop has ended before".into()))
    }

    fn end(&mut self) -> Option<Result<Spun, Trouble>> {
        self.ask_to_stop();
        let thread = self.thread.take()?;

        Some(
            thread
                .join()
                .unwrap_or_else(|_| Err("the loop panicked".into())),
        )
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        // An error is told to whoever calls `stop()`; here another one is under way.
        let _ = self.end();
    }
}

fn spin(device: &Device, handles: &[u64], shared: &Shared) -> Result<Spun, Trouble> {
    let calibration = Calibration::begin();
    // Long enough for the length of the period to be about right.
    while calibration.time_passed() < Duration::from_millis(20) {}
    let period = calibration.ticks(PERIOD);
    let mut handles = handles.iter();
    let mut last = tsc::read();
    let mut next = last;
    let mut longest = 0;

    while !shared.stop.load(Ordering::Relaxed) {
        let now = tsc::read();
        if shared.measured.load(Ordering::Relaxed) {
            longest = longest.max(now.saturating_sub(last));
        }
        last = now;
        if now >= next {
            let handle = handles.next().ok_or("the loop has run out of folios")?;
            device
                .op(Operation::LruAdd, std::slice::from_ref(handle))
                .doing("LRU_ADD on the isolated CPU")?;
            shared.put.fetch_add(1, Ordering::Release);
            next = now + period;
        }
    }
    Ok(Spun {
        put: shared.put.load(Ordering::Relaxed),
        longest_gap: calibration.duration(longest),
    })
}
