// SPDX-License-Identifier: GPL-2.0

//! From where another CPU is looked at.

use crate::{cpulist, ktap::Trouble};

/// The first CPU that is not `isolated`; skips if there is no other.
pub fn home_cpu(isolated: usize) -> Result<usize, Trouble> {
    cpulist::read("online")?
        .into_iter()
        .find(|&cpu| cpu != isolated)
        .ok_or_else(|| Trouble::skip("there is one CPU only"))
}
