// SPDX-License-Identifier: GPL-2.0

//! Threads that fault pages in on every CPU.

use crate::{cpulist, ktap::Trouble, memory::Memory, pin};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// More than a batch of them.
const PAGES: usize = 40;

/// Rounds after which a thread goes back to its CPU.
const RETURN: u64 = 8;

/// The threads, stopped on drop.
#[derive(Debug)]
pub struct Faulters {
    stop: Arc<AtomicBool>,
    faulted: Arc<AtomicU64>,
    threads: Vec<JoinHandle<()>>,
}

impl Faulters {
    /// Starts one on each CPU that is online.
    pub fn start() -> Result<Self, Trouble> {
        let stop = Arc::new(AtomicBool::new(false));
        let faulted = Arc::new(AtomicU64::new(0));
        let threads = cpulist::read("online")?
            .into_iter()
            .map(|cpu| {
                let (stop, faulted) = (stop.clone(), faulted.clone());
                thread::spawn(move || {
                    if let Err(trouble) = fault(cpu, &stop, &faulted) {
                        eprintln!("faults on CPU {cpu}: {trouble:?}");
                    }
                })
            })
            .collect();

        Ok(Self {
            stop,
            faulted,
            threads,
        })
    }

    /// How many pages were faulted in so far.
    pub fn faulted(&self) -> u64 {
        self.faulted.load(Ordering::Relaxed)
    }

    /// Stops them; how many pages were faulted in.
    pub fn stop(mut self) -> u64 {
        self.join();
        self.faulted()
    }

    fn join(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Faulters {
    fn drop(&mut self) {
        self.join();
    }
}

fn fault(cpu: usize, stop: &AtomicBool, faulted: &AtomicU64) -> Result<(), Trouble> {
    for round in 0_u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        if round % RETURN == 0 {
            pin::back_to(cpu)?;
        }
        let memory = Memory::anonymous(PAGES)?;
        if round % 3 == 0 {
            memory.lock_on_fault()?;
        }
        memory.touch();
        if round % 2 == 0 {
            memory.unlock(PAGES)?;
        }
        drop(memory);
        faulted.fetch_add(PAGES as u64, Ordering::Relaxed);
        // The checks want some of the time.
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}
