// SPDX-License-Identifier: GPL-2.0

//! What can be done to folios.

use super::uapi;

/// An operation of `MM_SWAP_DEMO_OP`; the C header says what each does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
#[allow(missing_docs, reason = "the C header is the documentation")]
pub enum Operation {
    LruAdd = uapi::OP_LRU_ADD,
    DeactivateFile = uapi::OP_DEACTIVATE_FILE,
    Deactivate = uapi::OP_DEACTIVATE,
    Lazyfree = uapi::OP_LAZYFREE,
    Activate = uapi::OP_ACTIVATE,
    MoveTail = uapi::OP_MOVE_TAIL,
    MoveTailTimer = uapi::OP_MOVE_TAIL_TIMER,
    Mlock = uapi::OP_MLOCK,
    MlockNew = uapi::OP_MLOCK_NEW,
    Munlock = uapi::OP_MUNLOCK,
    BhAdd = uapi::OP_BH_ADD,
    Free = uapi::OP_FREE,
    Access = uapi::OP_ACCESS,
}

impl Operation {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; uapi::OP_MAX as usize] = [
        Self::LruAdd,
        Self::DeactivateFile,
        Self::Deactivate,
        Self::Lazyfree,
        Self::Activate,
        Self::MoveTail,
        Self::MoveTailTimer,
        Self::Mlock,
        Self::MlockNew,
        Self::Munlock,
        Self::BhAdd,
        Self::Free,
        Self::Access,
    ];

    /// The number the kernel knows it by.
    pub fn number(self) -> u32 {
        self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::Operation;

    #[test]
    fn all_in_order() {
        assert!(Operation::ALL.iter().map(|op| op.number()).eq(1..=13));
    }
}
