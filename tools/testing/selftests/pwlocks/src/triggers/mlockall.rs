// SPDX-License-Identifier: GPL-2.0

//! mlockall() in another process.

use super::{Role, mapping::Mapping, trigger::Request};
use crate::{doing::Doing as _, ensure, ktap::Trouble};
use nix::sys::mman::{MlockAllFlags, mlockall};
use std::time::{Duration, Instant};

/// Pages that the process has touched.
const PAGES: usize = 1024;

/// The request.
#[derive(Debug)]
pub(super) struct MlockAll;

impl Request for MlockAll {
    fn make(&mut self) -> Result<Duration, Trouble> {
        let output = Role::MlockAll.command()?.output()?;
        let text = String::from_utf8_lossy(&output.stdout);

        ensure!(output.status.success(), "mlockall: {output:?}");
        let nanoseconds = text.trim().parse().map_err(Trouble::fail)?;
        Ok(Duration::from_nanos(nanoseconds))
    }
}

/// Is that process; prints the nanoseconds that the call took.
pub(super) fn run() -> Result<(), Trouble> {
    let mut memory = Mapping::anonymous(PAGES)?;

    for page in 0..PAGES {
        memory.touch(page);
    }
    let start = Instant::now();
    mlockall(MlockAllFlags::MCL_CURRENT | MlockAllFlags::MCL_FUTURE).doing("mlockall")?;
    println!("{}", start.elapsed().as_nanos());
    Ok(())
}
