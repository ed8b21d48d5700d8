// SPDX-License-Identifier: GPL-2.0

//! Switching the mode while mm_swap_live is loaded, which replaces the kernel's functions for it.

use crate::operation::Operation;
use nix::errno::Errno;
use selftests::{
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    live::{self, Replaced},
    module::{self, Module},
};

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// `pwlocks=1`
    ToRemote,
    /// `pwlocks=0`: has nothing to fail with but the write itself, as all that was replaced has to go
    /// back.
    ToLocal,
}

impl Direction {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::ToRemote, Self::ToLocal];

    fn mode(self) -> &'static str {
        match self {
            Self::ToRemote => "1",
            Self::ToLocal => "0",
        }
    }

    fn back(self) -> Self {
        match self {
            Self::ToRemote => Self::ToLocal,
            Self::ToLocal => Self::ToRemote,
        }
    }

    fn go(self) -> Result<(), Errno> {
        module::write_parameter("pwlocks", "pwlocks", self.mode())
    }

    /// Checks that it has been gone, completely.
    fn check(self) -> Verdict {
        let mode = module::parameter("pwlocks", "pwlocks")?;
        ensure!(mode == self.mode(), "the mode is {mode}");
        match self {
            Self::ToRemote => Replaced::is_complete(),
            Self::ToLocal => {
                let replaced = Replaced::now()?;
                ensure!(replaced.is_empty(), "replaced while off: {replaced:?}");
                Ok(())
            }
        }
    }
}

/// The operation.
pub(crate) struct Switching {
    direction: Direction,
    // In this order: it uses the next.
    _live: Module,
    _pwlocks: Module,
}

impl Switching {
    /// Loads both modules, in the mode that is to be left.
    pub(crate) fn new(direction: Direction) -> Result<Self, Trouble> {
        let mode = direction.back().mode();
        let pwlocks = Module::need("pwlocks", &format!("pwlocks={mode}"))?;

        Ok(Self {
            direction,
            _live: Module::need(live::MODULE, "")?,
            _pwlocks: pwlocks,
        })
    }
}

impl Operation for Switching {
    fn name(&self) -> String {
        format!(
            "writing pwlocks={} with {} loaded",
            self.direction.mode(),
            live::MODULE
        )
    }

    fn run(&mut self) -> Result<(), Errno> {
        self.direction.go()
    }

    fn undo(&mut self) -> Verdict {
        self.direction.check()?;
        self.direction.back().go().doing("switching back")?;
        self.check_nothing_left()
    }

    fn check_nothing_left(&mut self) -> Verdict {
        self.direction.back().check()
    }
}
