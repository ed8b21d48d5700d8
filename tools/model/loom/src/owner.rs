// SPDX-License-Identifier: GPL-2.0

//! `pwlocks::owner`: tokens of requesters.

use crate::cpu::Cpu;
use std::marker::PhantomData;

/// The right to touch one CPU's state.
pub struct Owner<'a>(Cpu, PhantomData<&'a ()>);

impl Owner<'_> {
    /// The token of the requester of work for `cpu`.
    pub fn of_requester(cpu: Cpu) -> Self {
        Self(cpu, PhantomData)
    }

    /// The CPU.
    pub fn cpu(&self) -> Cpu {
        self.0
    }
}
