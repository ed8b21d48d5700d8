// SPDX-License-Identifier: GPL-2.0

//! Proves from a kernel's boot image that mm_swap_live covers all that touches a batch.
//!
//! The module may drain another CPU's batches only if nothing else touches them without its locks.
//! Which functions do differs between builds, by what the compiler inlined and split off, so it is
//! looked up in the very image: its text is decoded whole, every operand that is an address inside a
//! batch is found, and each function that has one must be replaced by the module, or reached only
//! through functions that are, or argued in the module's list. The structures are compared with the
//! kernel's own description of them.
//!
//! Why this is complete: a pointer to a per-CPU variable is made from its address, which is a
//! constant of the kernel. It can be in an instruction, where decoding finds it, or in data, which
//! is searched. For the absolute ones the list of relocations, made by the build, says
//! independently where they are, and the two are compared. Who got the pointer from whom is
//! followed in addition, to name the helpers. What this cannot see: that code computes the address
//! from that of another variable (compilers do not, between variables), and modules, which cannot
//! refer to a variable that is not exported.

pub mod boot_image;
pub mod callers;
#[path = "../../../rust/mm_swap_live/coverage.rs"]
pub mod coverage;
pub mod coverage_of;
#[path = "../../../scripts/klp_link/declared.rs"]
mod declared;
pub mod error;
pub mod functions;
pub mod handed;
pub mod identity;
pub mod image;
pub mod judge;
pub mod kallsyms;
pub mod kernel;
#[allow(dead_code, reason = "klp_link uses the rest")]
#[path = "../../../scripts/klp_link/name.rs"]
mod name;
pub mod names;
pub mod pointers;
pub mod record;
pub mod relocations;
pub mod report;
pub mod structs;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
mod synthetic_btf;
#[cfg(test)]
mod tests;
pub mod text;
pub mod types;

use crate::coverage_of::Coverage;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::report::{Report, Verdict};

/// Audits a boot image against the module's lists for its flavour.
pub fn audit(boot_image: &[u8]) -> Result<Report> {
    let kernel = boot_image::unpack(boot_image)?;
    let kernel = Kernel::parse(&kernel)?;
    let coverage = Coverage::of(&kernel);
    report(&kernel, &coverage)
}

/// Audits a kernel against `coverage`.
pub fn report(kernel: &Kernel<'_>, coverage: &Coverage) -> Result<Report> {
    let evidence = kernel.evidence(&coverage.batches)?;
    let mut functions = judge::judge(kernel, &evidence, coverage);
    functions.extend(names::judge(kernel, coverage)?);
    functions.sort();
    let structs = structs::compare(&kernel.types, &coverage.layout);
    let covered = |function: &report::Judged| function.verdict != Verdict::Uncovered;
    Ok(Report {
        release: kernel.identity.release.clone(),
        version: kernel.identity.version.clone(),
        build_id: kernel.identity.build_id_digits(),
        ok: functions.iter().all(covered) && structs.iter().all(|compared| compared.ok),
        functions,
        structs,
    })
}
