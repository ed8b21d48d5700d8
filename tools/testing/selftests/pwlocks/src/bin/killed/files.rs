// SPDX-License-Identifier: GPL-2.0

//! Reads what the modules show, and keeps it open for a while.

use crate::role::Participant;
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{ktap::Trouble, our_modules};
use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    thread,
    time::Duration,
};

/// The longest time that a file stays open, and its module can't be unloaded.
const LONGEST_US: u64 = 3000;

pub(crate) struct Files;

impl Participant for Files {
    fn act(&mut self, rng: &mut Rng) -> Result<bool, Trouble> {
        let all: Vec<_> = our_modules::debugfs()
            .into_iter()
            .chain(our_modules::parameters())
            .collect();
        let pause = Duration::from_micros(rng.u64(..LONGEST_US));
        let choice = rng.usize(..);
        let Some(path) = all.get(choice % all.len().max(1)) else {
            thread::sleep(pause);
            return Ok(false);
        };

        match read(path, pause) {
            Ok(()) => Ok(true),
            Err(error) if is_going(&error) => Ok(false),
            Err(error) => Err(format!("{}: {error}", path.display()).into()),
        }
    }
}

fn read(path: &Path, pause: Duration) -> io::Result<()> {
    let mut file = File::open(path)?;

    thread::sleep(pause);
    file.read_to_end(&mut Vec::new())?;
    thread::sleep(pause);
    Ok(())
}

/// Whether it means that the file's module goes or has gone.
fn is_going(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw);

    matches!(
        errno,
        Some(Errno::ENOENT | Errno::ENODEV | Errno::ENXIO | Errno::EIO)
    )
}
