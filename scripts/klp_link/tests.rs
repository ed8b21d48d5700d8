// SPDX-License-Identifier: GPL-2.0

//! Tests of the whole, on modules that are made up for them.

mod files;
mod link;
mod module;
