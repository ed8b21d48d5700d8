// SPDX-License-Identifier: GPL-2.0

//! What the host and the guest's first process agree on: the plan that goes in and the frame lines
//! that come out.

pub mod frame;
pub mod plan;
