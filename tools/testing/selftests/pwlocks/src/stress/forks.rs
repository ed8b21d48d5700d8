// SPDX-License-Identifier: GPL-2.0

//! Processes that share pages until they write to them.

use super::Stressor;
use crate::{doing::Doing as _, ensure, ktap::Trouble, memory::Memory};
use nix::{
    libc,
    sys::wait::{WaitStatus, waitpid},
    unistd::{ForkResult, Pid, fork},
};

/// Pages that are copied.
const PAGES: usize = 100;

/// Children at once.
const CHILDREN: u64 = 4;

/// Forks, several at once, and each child writes to the pages.
pub(super) struct Forks;

impl Stressor for Forks {
    fn name(&self) -> &'static str {
        "children forked"
    }

    fn round(&mut self) -> Result<u64, Trouble> {
        let memory = Memory::anonymous(PAGES)?;

        memory.touch();
        let children: Result<Vec<_>, _> = (0..CHILDREN).map(|_| child(&memory)).collect();
        for child in children? {
            let status = waitpid(child, None).doing("waitpid")?;
            ensure!(
                status == WaitStatus::Exited(child, 0),
                "a child ended with {status:?}"
            );
        }
        Ok(CHILDREN)
    }
}

fn child(memory: &Memory) -> Result<Pid, Trouble> {
    // SAFETY: The child writes to memory and exits, neither of which takes a lock that another
    // thread of this process may have had.
    match unsafe { fork() }.doing("fork")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            memory.touch();
            // SAFETY: Ends the process, and nothing of this one's is undone twice.
            unsafe { libc::_exit(0) }
        }
    }
}
