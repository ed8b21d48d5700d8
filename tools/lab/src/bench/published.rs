// SPDX-License-Identifier: GPL-2.0

//! What the C series says of itself, to stand beside what is measured here.

use serde::Serialize;

/// Where the figures are from.
pub const SOURCE: &str = "cover letter of the C series, v4, May 2026 (measured with v3): cycles per kmalloc() of 64 \
     bytes, on other hardware, which it does not name; nine million allocations in one section \
     without preemption";

/// One of its figures.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Published {
    /// The kernel's configuration.
    pub kernel: &'static str,
    /// What was patched and switched on.
    pub subject: &'static str,
    /// Cycles per kmalloc().
    pub cycles: u32,
}

const fn published(kernel: &'static str, subject: &'static str, cycles: u32) -> Published {
    Published {
        kernel,
        subject,
        cycles,
    }
}

const DYNAMIC: &str = "CONFIG_PREEMPT_DYNAMIC=y";
const RT: &str = "CONFIG_PREEMPT_RT=y";

/// All of them.
pub const PUBLISHED: [Published; 7] = [
    published(DYNAMIC, "not patched", 60),
    published(DYNAMIC, "patched, CONFIG_QPW=n", 62),
    published(DYNAMIC, "patched, qpw=0", 62),
    published(DYNAMIC, "patched, qpw=1", 75),
    published(RT, "not patched", 95),
    published(RT, "patched, qpw=0", 99),
    published(RT, "patched, qpw=1", 97),
];
