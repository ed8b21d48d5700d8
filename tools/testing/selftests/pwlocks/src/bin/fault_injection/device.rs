// SPDX-License-Identifier: GPL-2.0

//! Opening the demo's device, and each of its requests.

use crate::operation::Operation;
use nix::errno::Errno;
use selftests::{
    demo::{Device, Drain, Modules, Operation as Op, check_stats, uapi},
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
};

/// Folios of a request: more than a batch, so that one fills up.
const FOLIOS: u32 = 40;

/// Large folios of a request.
const LARGE: u32 = 4;

/// What the module's counts say of what is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Balance {
    folios: u64,
    pages: u64,
    files: u64,
    cache_disabled: u64,
}

impl Balance {
    /// Reads it once the batches are empty.
    fn of(device: &Device) -> Result<Self, Trouble> {
        device.drain(Drain::AllForce).doing("DRAIN_ALL_FORCE")?;
        let stats = device.stats().doing("STATS")?;
        check_stats(&stats)?;
        ensure!(
            stats.batched == 0 && stats.slots == 0 && stats.bh_slots == 0,
            "all batches were drained: {stats:?}"
        );

        Ok(Self {
            folios: stats.allocated - stats.freed,
            pages: stats.pages,
            files: stats.files,
            cache_disabled: stats.cache_disabled,
        })
    }

    fn check(&self, device: &Device) -> Verdict {
        let now = Self::of(device)?;
        ensure!(now == *self, "{self:?} before, and now {now:?}");
        Ok(())
    }
}

/// What is done to the device.
#[derive(Debug, Clone, Copy)]
enum Request {
    Open,
    Alloc { count: u32, order: u32 },
    Free,
    Folios(Op),
    Drain(Drain),
    DrainCpu,
    CacheDisableEnable,
    Query,
    Stats,
}

impl Request {
    /// Each.
    fn all() -> Vec<Self> {
        let operations = Op::ALL.into_iter().filter(|&op| op != Op::Free);

        [
            Self::Open,
            Self::Alloc {
                count: FOLIOS,
                order: 0,
            },
            Self::Alloc {
                count: LARGE,
                order: uapi::ORDER_MAX,
            },
            Self::Free,
        ]
        .into_iter()
        .chain(operations.map(Self::Folios))
        .chain([Drain::Local, Drain::All, Drain::AllForce].map(Self::Drain))
        .chain([
            Self::DrainCpu,
            Self::CacheDisableEnable,
            Self::Query,
            Self::Stats,
        ])
        .collect()
    }
}

/// How many operations [`Requests::each`] has.
pub(crate) fn count() -> usize {
    Request::all().len()
}

/// The modules, while this value lives.
pub(crate) struct Requests {
    _modules: Modules,
}

impl Requests {
    /// Loads them.
    pub(crate) fn new() -> Result<Self, Trouble> {
        Ok(Self {
            _modules: Modules::need()?,
        })
    }

    /// The operations, one at a time.
    pub(crate) fn each(&self) -> impl Iterator<Item = Result<OnDevice, Trouble>> {
        Request::all().into_iter().map(OnDevice::new)
    }
}

/// The operation.
pub(crate) struct OnDevice {
    request: Request,
    device: Device,
    /// Folios that were there before.
    handles: Vec<u64>,
    /// What the operation has made.
    fresh: Vec<u64>,
    opened: Option<Device>,
    /// Before it is done.
    before: Balance,
    /// When it has been done and was not undone.
    after: Balance,
}

impl OnDevice {
    fn new(request: Request) -> Result<Self, Trouble> {
        let device = Device::open().doing("open")?;
        let handles = device.alloc_pages(FOLIOS).doing("ALLOC")?;
        let without = Balance::of(&device)?;
        // FREE has folios of its own.
        let (before, after) = match request {
            Request::Free => (
                Balance {
                    folios: without.folios + u64::from(FOLIOS),
                    pages: without.pages + u64::from(FOLIOS),
                    ..without
                },
                without,
            ),
            _ => (without, without),
        };

        Ok(Self {
            request,
            device,
            handles,
            fresh: Vec::new(),
            opened: None,
            before,
            after,
        })
    }
}

impl Operation for OnDevice {
    fn name(&self) -> String {
        match self.request {
            Request::Open => "open()".into(),
            Request::Alloc { count, order } => format!("ALLOC of {count} folios of order {order}"),
            Request::Free => "FREE".into(),
            Request::Folios(operation) => format!("OP {operation:?}"),
            Request::Drain(drain) => format!("drain {drain:?}"),
            Request::DrainCpu => "DRAIN_CPU".into(),
            Request::CacheDisableEnable => "CACHE_DISABLE and CACHE_ENABLE".into(),
            Request::Query => "QUERY".into(),
            Request::Stats => "STATS".into(),
        }
    }

    fn allocates(&self) -> bool {
        match self.request {
            Request::Open | Request::Alloc { .. } | Request::Free | Request::Folios(_) => true,
            // These must do without memory: they are for when there is none.
            Request::Drain(_)
            | Request::DrainCpu
            | Request::CacheDisableEnable
            | Request::Query
            | Request::Stats => false,
        }
    }

    fn prepare(&mut self) -> Verdict {
        match self.request {
            Request::Free if self.fresh.is_empty() => {
                self.fresh = self.device.alloc_pages(FOLIOS).doing("ALLOC")?;
            }
            // Something to drain.
            Request::Drain(_) | Request::DrainCpu | Request::CacheDisableEnable => {
                self.device
                    .op(Op::Activate, &self.handles)
                    .doing("ACTIVATE")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), Errno> {
        let device = &self.device;

        match self.request {
            Request::Open => self.opened = Some(Device::open()?),
            Request::Alloc { count, order } => {
                self.fresh = device.alloc(count, order, uapi::NODE_ANY, 0)?;
            }
            Request::Free => {
                device.op(Op::Free, &self.fresh)?;
                self.fresh.clear();
            }
            Request::Folios(operation) => {
                device.op(operation, &self.handles)?;
            }
            Request::Drain(drain) => {
                device.drain(drain)?;
            }
            Request::DrainCpu => {
                device.drain_cpu(0)?;
            }
            Request::CacheDisableEnable => {
                device.cache_disable()?;
                device.cache_enable()?;
            }
            Request::Query => {
                device.query(self.handles[0])?;
            }
            Request::Stats => {
                device.stats()?;
            }
        }
        Ok(())
    }

    fn undo(&mut self) -> Verdict {
        if let Some(opened) = self.opened.take() {
            let handles = opened.alloc_pages(1).doing("ALLOC by the opened file")?;
            opened.query(handles[0]).doing("QUERY by the opened file")?;
        }
        if let Request::Alloc { count, .. } = self.request {
            let made = self.device.query_all(&self.fresh).doing("QUERY")?;
            ensure!(
                made.len() == count as usize,
                "{} of {count} folios were allocated",
                made.len()
            );
            self.device.op(Op::Free, &self.fresh).doing("FREE")?;
            self.fresh.clear();
        }
        self.after.check(&self.device)
    }

    fn check_nothing_left(&mut self) -> Verdict {
        self.before.check(&self.device)?;
        // Those of a FREE that failed are all still there.
        self.device.query_all(&self.handles).doing("QUERY")?;
        self.device.query_all(&self.fresh).doing("QUERY")?;
        Ok(())
    }
}
