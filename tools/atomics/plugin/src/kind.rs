// SPDX-License-Identifier: GPL-2.0

//! What an instruction is to be counted as.

use atomic_counts::MARK;
use iced_x86::{Decoder, DecoderOptions, Mnemonic, OpKind};

/// What the guest's code is decoded as. What a guest executes before it is in 64-bit mode, that is
/// before its kernel, may be counted wrongly; nobody asks for it.
const BITS: u32 = 64;

/// A kind of instruction.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// Asks for the counts, and is not counted.
    Mark,
    /// Reads and writes memory in one step that no other CPU can come between.
    Atomic,
    /// Any other.
    Plain,
}

impl Kind {
    /// The kind of the instruction that `bytes` begin with.
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(&MARK) {
            return Self::Mark;
        }
        let instruction = Decoder::new(BITS, bytes, DecoderOptions::NONE).decode();
        // It needs no prefix for being atomic.
        let exchanges_with_memory = instruction.mnemonic() == Mnemonic::Xchg
            && [instruction.op0_kind(), instruction.op1_kind()].contains(&OpKind::Memory);

        if instruction.has_lock_prefix() || exchanges_with_memory {
            Self::Atomic
        } else {
            Self::Plain
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn what_locks_the_bus_is_atomic() {
        for bytes in [
            // lock cmpxchg %edx,(%rdi), which a spinlock is taken with
            &[0xf0, 0x0f, 0xb1, 0x17][..],
            // lock cmpxchg16b (%rsi)
            &[0xf0, 0x48, 0x0f, 0xc7, 0x0e],
            // lock xadd %eax,(%rdi)
            &[0xf0, 0x0f, 0xc1, 0x07],
            // lock btsl $0,(%rdi)
            &[0xf0, 0x0f, 0xba, 0x2f, 0x00],
            // lock addl $0,-4(%rsp), a memory barrier
            &[0xf0, 0x83, 0x44, 0x24, 0xfc, 0x00],
            // lock incl %gs:(%rax), prefixes in either order
            &[0xf0, 0x65, 0xff, 0x00],
            &[0x65, 0xf0, 0xff, 0x00],
            // xchg %eax,(%rdi), and of a byte
            &[0x87, 0x07],
            &[0x86, 0x07],
            // lock xchg %rax,%gs:8(%rip)
            &[0xf0, 0x65, 0x48, 0x87, 0x05, 0x08, 0x00, 0x00, 0x00],
        ] {
            assert_eq!(Kind::of(bytes), Kind::Atomic, "{bytes:02x?}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        for bytes in [
            // xchg %ax,%ax and xchg %rbx,%rcx: registers only
            &[0x66, 0x90][..],
            &[0x48, 0x87, 0xd9],
            // cmpxchg %edx,(%rdi) without the prefix, as for data of one CPU
            &[0x0f, 0xb1, 0x17],
            // the same with the prefix that Linux puts there on a machine of one CPU
            &[0x3e, 0x0f, 0xb1, 0x17],
            // btsl $0,(%rdi)
            &[0x0f, 0xba, 0x2f, 0x00],
            // mov $0xf0,%al: the prefix's value as data
            &[0xb0, 0xf0],
            // movb $0,(%rdi), which a spinlock is released with
            &[0xc6, 0x07, 0x00],
            // mfence
            &[0x0f, 0xae, 0xf0],
        ] {
            assert_eq!(Kind::of(bytes), Kind::Plain, "{bytes:02x?}");
        }
    }

    #[test]
    fn other_nops_are_no_marks() {
        let mark = [0x0f, 0x1f, 0x80, b'l', b'o', b'c', b'k'];

        assert_eq!(Kind::of(&mark), Kind::Mark);
        assert_eq!(Kind::of(&[0x0f, 0x1f, 0x80, 0, 0, 0, 0]), Kind::Plain);
    }

    #[test]
    fn what_is_no_instruction_is_plain() {
        assert_eq!(Kind::of(&[]), Kind::Plain);
        assert_eq!(Kind::of(&[0x0f, 0xff, 0xff]), Kind::Plain);
    }
}
