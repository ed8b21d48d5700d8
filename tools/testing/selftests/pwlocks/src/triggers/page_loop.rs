// SPDX-License-Identifier: GPL-2.0

//! The loop: a process, real-time if so wanted, that has a CPU to itself and now and then touches new pages.
//!
//! A process of its own, so that what the requester does to its own memory does not reach the loop
//! by the address space they would share.

use super::{
    Scheduling,
    mapping::{Mapping, PAGE},
    shared::{Shared, State},
};
use crate::{
    doing::Doing as _,
    ktap::Trouble,
    pin, realtime,
    tsc::{self, Calibration},
};
use nix::{
    fcntl::{PosixFadviseAdvice, posix_fadvise},
    sys::{
        mman::{MlockAllFlags, MmapAdvise, mlockall},
        prctl::set_pdeathsig,
        signal::{SigSet, Signal},
    },
};
use std::{
    fs::File, io, os::unix::fs::FileExt as _, path::Path, sync::atomic::Ordering, time::Duration,
};

/// Its SCHED_FIFO priority: above the kernel's threaded interrupts.
const PRIORITY: i32 = 60;

/// Wakes a loop that sleeps.
pub(super) const WAKE: Signal = Signal::SIGUSR1;

/// How often it touches new pages. Much longer than the grace period that lru_cache_disable() waits
/// for before it drains: a page that is touched in that time empties the batch that it goes into.
const PERIOD: Duration = Duration::from_millis(20);

/// Pages of anonymous memory, which are given back and touched anew by and by, a part at a time.
const ANONYMOUS: usize = 1024;
const PART: usize = 64;

/// Is the loop, until it is told to stop: on `cpu`, with `file` for its pages of a file.
///
/// The page shared with who started it is standard input.
pub(super) fn run(cpu: usize, file: &Path, scheduling: Scheduling) -> Result<(), Trouble> {
    // Nobody else would end it, and it has the CPU to itself.
    set_pdeathsig(Signal::SIGKILL).doing("prctl(PR_SET_PDEATHSIG)")?;
    let shared = Shared::of(io::stdin())?;
    let mut pages = Pages::new(file)?;
    let wake = SigSet::from(WAKE);

    wake.thread_block().doing("pthread_sigmask")?;
    pin::to(cpu).doing(format_args!("can't run on CPU {cpu}"))?;
    // What the loop itself is made of shall not be moved or reclaimed under it. What it touches
    // later is ordinary memory.
    mlockall(MlockAllFlags::MCL_CURRENT).doing("mlockall")?;
    pages.map_anonymous()?;
    match scheduling {
        Scheduling::Normal => spin(&shared, &mut pages),
        Scheduling::Fifo => {
            realtime::fifo(PRIORITY)?;
            spin(&shared, &mut pages)
        }
        Scheduling::Asleep => {
            realtime::fifo(PRIORITY)?;
            sleep(&shared, &mut pages, &wake)
        }
    }
}

/// Touches pages once, and then whenever it is told to by the signal.
fn sleep(shared: &State, pages: &mut Pages, wake: &SigSet) -> Result<(), Trouble> {
    while !shared.stop.load(Ordering::Relaxed) {
        pages.touch()?;
        shared.turns.fetch_add(1, Ordering::Release);
        wake.wait().doing("sigwait")?;
    }
    Ok(())
}

fn spin(shared: &State, pages: &mut Pages) -> Result<(), Trouble> {
    let calibration = Calibration::begin();
    // Long enough for the length of the period to be about right.
    while calibration.time_passed() < Duration::from_millis(20) {}
    let period = calibration.ticks(PERIOD);
    let mut last = tsc::read();
    let mut next = last;
    let mut section = 0;

    while !shared.stop.load(Ordering::Relaxed) {
        let now = tsc::read();
        let current = shared.section.load(Ordering::Relaxed);
        if current != section {
            // A gap that began before does not count.
            section = current;
            if section != 0 {
                shared.gaps.clear();
                shared.long_turns.clear();
            }
        } else if section != 0 {
            shared.gaps.note(now.saturating_sub(last));
        }
        last = now;
        if now >= next {
            pages.touch()?;
            last = tsc::read();
            if section != 0 {
                shared.long_turns.note(last.saturating_sub(now));
            }
            shared.turns.fetch_add(1, Ordering::Release);
            next = now + period;
        }
    }
    Ok(())
}

/// The pages that the loop touches.
struct Pages {
    file: File,
    /// Pages of the file.
    length: u64,
    next: u64,
    anonymous: Option<Mapping>,
}

impl Pages {
    fn new(path: &Path) -> Result<Self, Trouble> {
        let file = File::open(path)
            .map_err(|error| Trouble::fail(format!("can't open {}: {error}", path.display())))?;
        // No read-ahead: a page at a time, as small folios, which is what goes into a batch.
        posix_fadvise(&file, 0, 0, PosixFadviseAdvice::POSIX_FADV_RANDOM)
            .doing("POSIX_FADV_RANDOM")?;
        let mut end = &file;
        let bytes = io::Seek::seek(&mut end, io::SeekFrom::End(0))?;

        Ok(Self {
            length: bytes / PAGE as u64,
            file,
            next: 0,
            anonymous: None,
        })
    }

    fn map_anonymous(&mut self) -> Result<(), Trouble> {
        self.anonymous = Some(Mapping::anonymous(ANONYMOUS)?);
        Ok(())
    }

    /// Has a page of the file read, and touches one of anonymous memory.
    ///
    /// Both are new but if the file has been read to its end and nobody has dropped it from the
    /// page cache since.
    fn touch(&mut self) -> Result<(), Trouble> {
        let at = self.next;
        self.next += 1;

        if let Some(memory) = &mut self.anonymous {
            let page = at as usize % ANONYMOUS;
            if page % PART == 0 {
                memory.advise(page..page + PART, MmapAdvise::MADV_DONTNEED)?;
            }
            memory.touch(page);
        }
        self.file
            .read_exact_at(&mut [0], at % self.length * PAGE as u64)?;
        Ok(())
    }
}
