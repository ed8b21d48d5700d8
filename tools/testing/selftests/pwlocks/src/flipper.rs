// SPDX-License-Identifier: GPL-2.0

//! Switching the mode to and fro while a test runs.

use crate::{
    kernel_file,
    ktap::{Trouble, Verdict},
    module,
};
use fastrand::Rng;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// The shortest time in one mode, beside what the switch itself takes.
const SHORTEST_MS: u64 = 1;

/// Over and back: how often at least, though it is stopped before. A switch takes seconds where all
/// CPUs are busy, and more on a kernel with KASAN.
const FEWEST: u64 = 2;

/// A thread that switches the mode until it is stopped, and then back to what it was.
#[derive(Debug)]
pub struct Flipper {
    stop: Arc<AtomicBool>,
    switches: Arc<AtomicU64>,
    thread: Option<JoinHandle<Verdict>>,
}

impl Flipper {
    /// Begins; each mode stays for a random time of up to `longest_ms` milliseconds.
    pub fn begin(longest_ms: u64, mut rng: Rng) -> Result<Self, Trouble> {
        let before = module::parameter("pwlocks", "pwlocks")?;
        let stop = Arc::new(AtomicBool::new(false));
        let switches = Arc::new(AtomicU64::new(0));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&switches));

        let thread = thread::spawn(move || {
            let mut remote = before == "1";

            while counted.load(Ordering::Relaxed) < FEWEST || !stopped.load(Ordering::Relaxed) {
                let stay = rng.u64(SHORTEST_MS..=longest_ms.max(SHORTEST_MS));

                remote = !remote;
                set(if remote { "1" } else { "0" })?;
                counted.fetch_add(1, Ordering::Relaxed);
                thread::sleep(Duration::from_millis(stay));
            }
            set(&before)
        });
        Ok(Self {
            stop,
            switches,
            thread: Some(thread),
        })
    }

    /// How often the mode was switched so far.
    pub fn switches(&self) -> u64 {
        self.switches.load(Ordering::Relaxed)
    }

    /// Stops, and returns how often the mode was switched. It fails if a write did, or if the mode
    /// was another one after it.
    pub fn end(mut self) -> Result<u64, Trouble> {
        self.finish()?;
        Ok(self.switches())
    }

    fn finish(&mut self) -> Verdict {
        self.stop.store(true, Ordering::Relaxed);
        let panicked = |_| Err("the thread that switches the mode panicked".into());
        self.thread
            .take()
            .map_or(Ok(()), |thread| thread.join().unwrap_or_else(panicked))
    }
}

impl Drop for Flipper {
    fn drop(&mut self) {
        if let Err(trouble) = self.finish() {
            eprintln!("switching the mode: {trouble:?}");
        }
    }
}

/// Writes the parameter and checks that it took.
fn set(value: &str) -> Verdict {
    kernel_file::write(module::parameter_path("pwlocks", "pwlocks"), value)?;
    let now = module::parameter("pwlocks", "pwlocks")?;
    if now == value {
        return Ok(());
    }
    Err(format!("pwlocks is {now} after {value} was written").into())
}
