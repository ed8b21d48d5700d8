// SPDX-License-Identifier: GPL-2.0

//! The loop on the isolated CPU, and all that is needed to make requests from another one and to see
//! what comes of them.

use super::{
    Measurement, Scheduling, Trigger, loop_process::LoopProcess, observer::Observer, requests,
    trigger::Request,
};
use crate::{
    demonstration::isolated_cpu, drop_caches, home_cpu::home_cpu, kernel_setting::KernelSetting,
    ktap::Trouble, module::Module, pin::Pinned, realtime::Unthrottled,
};
use nix::unistd::Pid;
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// The block device of which the loop reads pages, and the module that makes it.
const DISK: &str = "/dev/ram0";
const DISK_MODULE: &str = "brd";

/// One disk of 128 MiB: the loop does not come to its end in the time that everything may take.
const DISK_PARAMETERS: &str = "rd_nr=1 rd_size=131072";

/// How long the loop runs alone first, for the isolated CPU to come to rest.
const SETTLE: Duration = Duration::from_millis(1500);

/// Lets compaction leave locked memory alone, which is what a real-time system is told to do:
/// otherwise the loop waits until the page that it runs on has been moved. PREEMPT_RT's default.
const COMPACT_LOCKED: &str = "/proc/sys/vm/compact_unevictable_allowed";

/// The running loop and who watches it. All is undone when this is dropped, in this order: the kernel removes
/// the observer's trace buffer when nobody is inside a tracepoint any more, and a thread that the loop has
/// taken the CPU from there, like that of an interrupt, goes on when the loop has ended.
#[derive(Debug)]
pub struct Stage {
    page_loop: LoopProcess,
    observer: Observer,
    _compaction: KernelSetting,
    _unthrottled: Unthrottled,
    _home: Pinned,
    _disk: Module,
}

impl Stage {
    /// Starts the loop; this thread then runs on another CPU. Modules that are to be measured must have
    /// been loaded before: that waits for every task of the kernel, of which the loop is one.
    pub fn set(scheduling: Scheduling) -> Result<Self, Trouble> {
        let isolated = isolated_cpu()?;
        let disk = Module::need(DISK_MODULE, DISK_PARAMETERS)?;
        let home = Pinned::to(home_cpu(isolated)?)?;
        let unthrottled = Unthrottled::now()?;
        drop_caches::quietly()?;
        let compaction = KernelSetting::set(COMPACT_LOCKED, "0")?;
        let page_loop = LoopProcess::start(isolated, Path::new(DISK), scheduling)?;
        let stage = Self {
            observer: Observer::new(isolated, page_loop.pid())?,
            page_loop,
            _compaction: compaction,
            _unthrottled: unthrottled,
            _home: home,
            _disk: disk,
        };

        thread::sleep(SETTLE);
        Ok(stage)
    }

    /// The loop's only thread.
    pub fn loop_pid(&self) -> Pid {
        self.page_loop.pid()
    }

    /// Makes `count` requests of a kind. Skips where this machine can't. With `None`: what there is to
    /// be seen with nobody asking for anything, for as long as so many requests take that are over at
    /// once.
    pub fn measure(&self, asked: Option<Trigger>, count: usize) -> Result<Measurement, Trouble> {
        match asked {
            Some(trigger) => self.run(&mut *trigger.request(Path::new(DISK))?, count),
            None => self.run(&mut Nothing, count),
        }
    }

    fn run(&self, request: &mut dyn Request, count: usize) -> Result<Measurement, Trouble> {
        let begin = self.observer.begin()?;
        let turns = self.page_loop.turns();
        let start = Instant::now();

        self.page_loop.measure_gaps();
        let times = requests::run(request, &self.page_loop, count)?;
        let (gaps, long_turns) = self.page_loop.end_of_gaps();
        let took = start.elapsed();
        let turns = self.page_loop.turns() - turns;
        let seen = self.observer.end(&begin)?;

        Ok(Measurement {
            times,
            took,
            works: seen.works,
            remote: seen.remote,
            involuntary: seen.involuntary,
            switched_to: seen.switched_to,
            interrupts: seen.interrupts,
            gaps,
            long_turns,
            turns,
        })
    }
}

/// No request.
struct Nothing;

impl Request for Nothing {
    fn make(&mut self) -> Result<Duration, Trouble> {
        Ok(Duration::ZERO)
    }
}
