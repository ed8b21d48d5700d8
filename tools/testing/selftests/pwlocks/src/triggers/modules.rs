// SPDX-License-Identifier: GPL-2.0

//! The modules of the subject.

use super::Subject;
use crate::{
    ensure, environment,
    ktap::Trouble,
    module::{self, Module},
};

/// Those that are loaded while this value lives.
pub(super) enum Modules {
    /// None.
    Stock,
    /// Dropped in this order: the live module uses pwlocks.
    Live { _live: Module, _pwlocks: Module },
}

impl Modules {
    /// Those that the caller wants (`PWLOCKS_SUBJECT`), pwlocks as it asked for.
    pub(super) fn load() -> Result<Self, Trouble> {
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

    /// What they are about.
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Stock => Subject::Stock,
            Self::Live { .. } => Subject::Live,
        }
    }

    /// The mode in force; none without them.
    pub(super) fn mode(&self) -> Result<Option<u8>, Trouble> {
        match self {
            Self::Stock => Ok(None),
            Self::Live { .. } => {
                let mode = module::parameter("pwlocks", "pwlocks")?;
                Ok(Some(u8::from(mode == "1")))
            }
        }
    }
}
