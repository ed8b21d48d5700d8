// SPDX-License-Identifier: GPL-2.0

//! The instruction by which a CPU asks for its counts.

use std::arch::asm;

/// The first bytes of `nopl disp32(%rax)`.
const NOP: [u8; 3] = [0x0f, 0x1f, 0x80];

/// What this one adds to `%rax`, which no compiler and no kernel pads with: "lock", backwards.
const DISPLACEMENT: u32 = 0x6b63_6f6c;

/// The instruction: a `nopl` with a memory operand, which it does not touch. Every x86-64 CPU has it,
/// so a program that executes it does the same on a machine where nobody looks.
pub const MARK: [u8; 7] = {
    let [a, b, c] = NOP;
    let [d, e, f, g] = DISPLACEMENT.to_le_bytes();

    [a, b, c, d, e, f, g]
};

/// Executes [`MARK`].
///
/// What memory holds is written before it and read after it.
#[inline(always)]
pub fn mark() {
    // SAFETY: Does nothing. The plugin writes to a page that is only accessed atomically.
    unsafe {
        asm!(
            ".byte {a}, {b}, {c}", ".long {displacement}",
            a = const NOP[0],
            b = const NOP[1],
            c = const NOP[2],
            displacement = const DISPLACEMENT,
            options(nostack, preserves_flags)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{MARK, mark};

    /// Padding that compilers and the kernel use has small displacements, with more prefixes.
    #[test]
    fn it_is_no_padding() {
        assert_eq!(MARK, *b"\x0f\x1f\x80lock");
    }

    #[test]
    fn a_processor_takes_it() {
        mark();
    }
}
