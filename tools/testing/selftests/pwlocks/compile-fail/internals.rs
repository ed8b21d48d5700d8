// SPDX-License-Identifier: GPL-2.0

//! The modules of the crate that are not for users are private.
//~ E0603

/// Makes the debugfs files.
pub use pwlocks::stats::new;
