// SPDX-License-Identifier: GPL-2.0

//! Requests that make the kernel itself drain all CPUs' batches, and what an isolated CPU on which
//! a real-time loop touches new pages has to do for them: on the kernel as it is, or with
//! `mm_swap_live.ko`.

mod block_device;
mod loop_process;
mod mapping;
mod memory_block;
mod mlockall;
mod move_pages;
mod observer;
mod page_loop;
mod requests;
mod role;
mod row;
mod shared;
mod sysctl;
mod trigger;

pub use role::Role;
pub use row::{Figures, Measured, Row, Subject};
pub use trigger::Trigger;

use crate::{
    cpulist,
    demonstration::{Micros, flavour, isolated_cpu},
    drop_caches, ensure, environment,
    kernel_setting::KernelSetting,
    ktap::Trouble,
    module::{self, Module},
    pin::Pinned,
    realtime::Unthrottled,
    works,
};
use loop_process::LoopProcess;
use nix::sys::utsname;
use observer::Observer;
use std::{path::Path, thread, time::Duration};

/// Requests of each kind that are made and timed.
const REQUESTS: usize = 10;

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

/// Measures all triggers with one subject. `each` is told of every row when it is there, and for
/// whom the loop was switched out.
pub fn run(each: impl FnMut(&Row, &[String])) -> Result<(), Trouble> {
    let isolated = isolated_cpu()?;
    let home = cpulist::read("online")?
        .into_iter()
        .find(|&cpu| cpu != isolated)
        .ok_or_else(|| Trouble::skip("there is one CPU only"))?;
    let modules = Modules::load()?;
    let _disk = Module::need(DISK_MODULE, DISK_PARAMETERS)?;
    let _home = Pinned::to(home)?;
    let _unthrottled = Unthrottled::now()?;
    drop_caches::quietly()?;
    let _compaction = KernelSetting::set(COMPACT_LOCKED, "0")?;

    let page_loop = LoopProcess::start(isolated, Path::new(DISK))?;
    let observer = Observer::new(isolated, page_loop.pid())?;
    thread::sleep(SETTLE);
    measure(&modules, &page_loop, &observer, each)
}

fn measure(
    modules: &Modules,
    page_loop: &LoopProcess,
    observer: &Observer,
    mut each: impl FnMut(&Row, &[String]),
) -> Result<(), Trouble> {
    let release = utsname::uname()?.release().to_string_lossy().into_owned();
    let pwlocks = modules.mode()?;

    for trigger in Trigger::ALL {
        let (result, switched_to) = match measure_one(trigger, page_loop, observer) {
            Ok((figures, switched_to)) => (Measured::Figures(figures), switched_to),
            Err(Trouble::Skip(skipped)) => (Measured::Skipped { skipped }, Vec::new()),
            Err(Trouble::Fail(cause)) => return Err(format!("{trigger:?}: {cause}").into()),
        };
        let row = Row {
            subject: modules.subject(),
            kernel: release.clone(),
            flavour: flavour(),
            pwlocks,
            trigger,
            result,
        };
        each(&row, &switched_to);
    }
    Ok(())
}

/// The figures of one trigger, and for whom the loop was switched out.
fn measure_one(
    trigger: Trigger,
    page_loop: &LoopProcess,
    observer: &Observer,
) -> Result<(Figures, Vec<String>), Trouble> {
    let mut request = trigger.request(Path::new(DISK))?;

    let begin = observer.begin()?;
    let turns = page_loop.turns();
    page_loop.measure_gaps();
    let times = requests::run(&mut *request, page_loop, REQUESTS)?;
    let longest_gap = page_loop.longest_gap();
    let turns = page_loop.turns() - turns;
    let seen = observer.end(&begin)?;

    let figures = Figures {
        drains: times.len(),
        works_run_on_isolated_cpu: works::of_drains(&seen.works),
        works_by_function: seen.works,
        remote_drains: seen.remote,
        involuntary_switches: seen.involuntary,
        drain_us: Micros::of(times),
        longest_gap_us: u64::try_from(longest_gap.as_micros()).unwrap_or(u64::MAX),
        pages_touched: 2 * turns,
    };
    Ok((figures, seen.switched_to))
}

/// The modules of the subject, loaded while this value lives.
enum Modules {
    /// None.
    Stock,
    /// Dropped in this order: the live module uses pwlocks.
    Live { _live: Module, _pwlocks: Module },
}

impl Modules {
    /// Those that the caller wants (`PWLOCKS_SUBJECT`), pwlocks as it asked for.
    fn load() -> Result<Self, Trouble> {
        match environment::subject().as_deref() {
            Some("stock") => {
                ensure!(
                    !module::is_loaded("pwlocks"),
                    "pwlocks is loaded: this is not the kernel as it is"
                );
                Ok(Self::Stock)
            }
            Some("live") | None => {
                let pwlocks = Module::need_pwlocks()?;

                Ok(Self::Live {
                    _live: Module::need("mm_swap_live", "")?,
                    _pwlocks: pwlocks,
                })
            }
            Some(other) => Err(format!("PWLOCKS_SUBJECT={other} is neither stock nor live").into()),
        }
    }

    fn subject(&self) -> Subject {
        match self {
            Self::Stock => Subject::Stock,
            Self::Live { .. } => Subject::Live,
        }
    }

    fn mode(&self) -> Result<Option<u8>, Trouble> {
        match self {
            Self::Stock => Ok(None),
            Self::Live { .. } => {
                let mode = module::parameter("pwlocks", "pwlocks")?;
                Ok(Some(u8::from(mode == "1")))
            }
        }
    }
}
