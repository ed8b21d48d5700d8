// SPDX-License-Identifier: GPL-2.0

//! A token can't be made of its parts: they are private.
//~ E0451

use pwlocks::cpu::Cpu;
use pwlocks::owner::Owner;

/// Makes a token out of thin air.
pub fn make(template: Owner<'static>, cpu: Cpu) -> Owner<'static> {
    Owner { cpu, ..template }
}
