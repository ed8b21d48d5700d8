// SPDX-License-Identifier: GPL-2.0

//! Taking a block of memory offline.

use super::trigger::Request;
use crate::{ktap::Trouble, memory_block::MemoryBlock};
use std::time::{Duration, Instant};

impl Request for MemoryBlock {
    fn prepare(&mut self) -> Result<(), Trouble> {
        self.online()
    }

    fn make(&mut self) -> Result<Duration, Trouble> {
        let start = Instant::now();

        self.offline()?;
        Ok(start.elapsed())
    }
}
