// SPDX-License-Identifier: GPL-2.0

//! What QEMU has for its plugins, as far as it is used here. Debian packages no header of it; QEMU's
//! documentation of its TCG plugins describes it.

use std::{
    ffi::{c_int, c_uint, c_void},
    marker::PhantomData,
};

/// The longest instruction of the architecture, in bytes.
const LONGEST: usize = 15;

/// The interface that this is written for, QEMU 10.0's. QEMU refuses a plugin whose number it does
/// not support any more, or not yet.
pub const VERSION: c_int = 4;

/// How QEMU tells plugins apart.
pub type Id = u64;

/// QEMU's `QEMU_PLUGIN_CB_NO_REGS`: a function that does not look at a CPU's registers.
const NO_REGISTERS: c_int = 0;

/// QEMU's `QEMU_PLUGIN_INLINE_ADD_U64`.
const ADD: c_int = 0;

/// A block of instructions that are translated together.
#[repr(C)]
pub struct RawBlock {
    opaque: [u8; 0],
}

#[repr(C)]
struct RawInstruction {
    opaque: [u8; 0],
}

#[repr(C)]
struct RawScoreboard {
    opaque: [u8; 0],
}

/// QEMU's `qemu_plugin_u64`: a number for each CPU, at an offset into what a scoreboard has of it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Counter {
    scoreboard: *mut RawScoreboard,
    offset: usize,
}

// SAFETY: The scoreboard lives as long as QEMU does, and QEMU's functions may be given it anywhere.
unsafe impl Send for Counter {}

// SAFETY: As above.
unsafe impl Sync for Counter {}

/// Called for each block that is translated.
pub type OnBlock = extern "C" fn(Id, *mut RawBlock);

/// Called when a CPU executes an instruction.
pub type OnInstruction = extern "C" fn(c_uint, *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: Id, on_block: OnBlock);
    fn qemu_plugin_tb_n_insns(block: *const RawBlock) -> usize;
    fn qemu_plugin_tb_get_insn(block: *const RawBlock, index: usize) -> *mut RawInstruction;
    fn qemu_plugin_insn_data(
        instruction: *const RawInstruction,
        to: *mut c_void,
        length: usize,
    ) -> usize;
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        instruction: *mut RawInstruction,
        function: OnInstruction,
        flags: c_int,
        data: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(
        instruction: *mut RawInstruction,
        operation: c_int,
        counter: Counter,
        number: u64,
    );
    fn qemu_plugin_scoreboard_new(size: usize) -> *mut RawScoreboard;
    fn qemu_plugin_u64_get(counter: Counter, cpu: c_uint) -> u64;
}

impl Counter {
    /// A new one, zero for every CPU, that is never removed.
    pub fn new() -> Self {
        // SAFETY: May be called from when the plugin is installed on.
        let scoreboard = unsafe { qemu_plugin_scoreboard_new(size_of::<u64>()) };

        Self {
            scoreboard,
            offset: 0,
        }
    }

    /// What it is for `cpu`, whose thread must be the caller's for it to stay that.
    pub fn get(self, cpu: c_uint) -> u64 {
        // SAFETY: The scoreboard is never removed, and has a number for each CPU there is.
        unsafe { qemu_plugin_u64_get(self, cpu) }
    }
}

/// Has QEMU call `on_block` from now on.
pub fn on_translation(id: Id, on_block: OnBlock) {
    // SAFETY: The number is this plugin's, and the function stays.
    unsafe { qemu_plugin_register_vcpu_tb_trans_cb(id, on_block) };
}

/// A block that is just being translated.
pub struct Block<'a> {
    raw: *mut RawBlock,
    while_translated: PhantomData<&'a RawBlock>,
}

impl Block<'_> {
    /// The block that an [`OnBlock`] was called with.
    ///
    /// # Safety
    ///
    /// It must be that, and the value gone when the function returns.
    pub unsafe fn new(raw: *mut RawBlock) -> Self {
        Self {
            raw,
            while_translated: PhantomData,
        }
    }

    /// Its instructions, in their order.
    pub fn instructions(&self) -> impl Iterator<Item = Instruction<'_>> {
        // SAFETY: The block is being translated.
        let count = unsafe { qemu_plugin_tb_n_insns(self.raw) };

        (0..count).map(|index| Instruction {
            // SAFETY: The block is being translated, and has that many.
            raw: unsafe { qemu_plugin_tb_get_insn(self.raw, index) },
            while_translated: PhantomData,
        })
    }
}

/// An instruction of a [`Block`].
pub struct Instruction<'a> {
    raw: *mut RawInstruction,
    while_translated: PhantomData<&'a RawInstruction>,
}

impl Instruction<'_> {
    /// Calls `f` with its bytes.
    pub fn with_bytes<T>(&self, f: impl FnOnce(&[u8]) -> T) -> T {
        let mut bytes = [0; LONGEST];
        // SAFETY: The block is being translated, and so many bytes may be written there.
        let length =
            unsafe { qemu_plugin_insn_data(self.raw, bytes.as_mut_ptr().cast(), bytes.len()) };

        f(&bytes[..length.min(LONGEST)])
    }

    /// Adds one to the executing CPU's `counter` each time that it is executed.
    pub fn count(&self, counter: Counter) {
        // SAFETY: The block is being translated; the scoreboard is never removed.
        unsafe { qemu_plugin_register_vcpu_insn_exec_inline_per_vcpu(self.raw, ADD, counter, 1) };
    }

    /// Calls `function` each time before it is executed, in the thread of the CPU.
    pub fn call(&self, function: OnInstruction) {
        let data = std::ptr::null_mut();

        // SAFETY: The block is being translated, and the function stays.
        unsafe {
            qemu_plugin_register_vcpu_insn_exec_cb(self.raw, function, NO_REGISTERS, data);
        };
    }
}
