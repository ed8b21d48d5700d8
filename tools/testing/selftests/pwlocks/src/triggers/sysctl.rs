// SPDX-License-Identifier: GPL-2.0

//! A request made by writing 1 to a file of /proc/sys.

use super::trigger::Request;
use crate::{kernel_file, ktap::Trouble};
use std::time::{Duration, Instant};

/// The file.
#[derive(Debug)]
pub(super) struct Sysctl(pub(super) &'static str);

impl Request for Sysctl {
    fn make(&mut self) -> Result<Duration, Trouble> {
        let start = Instant::now();

        kernel_file::write(self.0, "1")?;
        Ok(start.elapsed())
    }
}
