// SPDX-License-Identifier: GPL-2.0

//! Folios, lists and batches for the KUnit suites of the port: what its traits ask for and no more,
//! which remember what is done to them.

mod batches;
mod folio;
mod lists;
mod memory;

pub(crate) use folio::{
    Folio,
    Nature,
    Place, //
};
pub(crate) use lists::Lists;
pub(crate) use memory::Memory;
