// SPDX-License-Identifier: GPL-2.0

//! Where a function takes a pointer to a batch that it has: into calls, into memory, through it.
//!
//! Every pointer to a per-CPU batch begins as an address in an instruction, so the functions that
//! refer to a batch are all that can begin anything; that is what the proof rests on. This follows
//! the pointer from there through registers and the stack, to name the helpers that are handed one
//! and to see whether a function that claims only to read does. It errs towards seeing a pointer
//! where there is none: paths are merged, and one spilled register makes every slot suspect.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::ops::Range;

use iced_x86::{
    ConditionCode, Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory,
    Mnemonic, OpAccess, OpKind, Register,
};

use crate::functions::Functions;
use crate::kernel::Kernel;
use crate::text::{Kind, branch_kind, bytes_of, in_batches};

/// What may point to a batch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pointers {
    /// A bit per general register, in the order in which instructions number them.
    registers: u16,
    /// Whether the stack has one.
    spilled: bool,
}

/// What a function does with pointers to batches.
#[derive(Debug, Default)]
pub struct Uses {
    /// Addresses of functions it hands one to, and what they get.
    pub handed: BTreeMap<u64, Pointers>,
    /// Whether it hands one to a function that is not known.
    pub handed_to_unknown: bool,
    /// Whether it reads through one.
    pub reads: bool,
    /// Whether it stores through one.
    pub stores: bool,
    /// Whether it puts one where it is not followed: into memory other than the stack, say.
    pub escapes: bool,
}

/// The registers that carry arguments, by number and in their order, and those that a call changes.
const ARGUMENT_REGISTERS: [u16; 6] = [7, 6, 2, 1, 8, 9];
const ARGUMENTS: u16 = mask(&ARGUMENT_REGISTERS);
const CHANGED: u16 = mask(&[0, 1, 2, 6, 7, 8, 9, 10, 11]);

const fn mask(registers: &[u16]) -> u16 {
    let mut bits = 0;
    let mut next = 0;
    while next < registers.len() {
        bits |= 1 << registers[next];
        next += 1;
    }
    bits
}

impl Pointers {
    fn join(self, other: Self) -> Self {
        Self {
            registers: self.registers | other.registers,
            spilled: self.spilled || other.spilled,
        }
    }

    fn has(self, register: Register) -> bool {
        bit(register).is_some_and(|bit| self.registers & bit != 0)
    }

    fn set(&mut self, register: Register, pointer: bool) {
        if let Some(bit) = bit(register) {
            self.registers &= !bit;
            if pointer {
                self.registers |= bit;
            }
        }
    }

    fn any(self) -> bool {
        self.registers != 0 || self.spilled
    }
}

fn bit(register: Register) -> Option<u16> {
    register
        .is_gpr()
        .then(|| 1 << register.full_register().number())
}

/// The uses of every function that is entered in `from`, and of those it hands a pointer to, except
/// behind those that `stop` names.
pub fn follow(
    kernel: &Kernel<'_>,
    batches: &[Range<u64>],
    from: impl IntoIterator<Item = usize>,
    stop: &dyn Fn(usize) -> bool,
) -> BTreeMap<usize, Uses> {
    let functions = &kernel.functions;
    let mut entries: HashMap<u64, Pointers> = HashMap::new();
    let mut all: BTreeMap<usize, Uses> = BTreeMap::new();
    let mut queue: VecDeque<(u64, Pointers)> = from
        .into_iter()
        .map(|number| (functions.get(number).range.start, Pointers::default()))
        .collect();
    while let Some((entry, pointers)) = queue.pop_front() {
        let Some(number) = functions.at(entry) else {
            continue;
        };
        let known = entries.get(&entry).copied();
        let joined = known.unwrap_or_default().join(pointers);
        if known == Some(joined) {
            continue;
        }
        entries.insert(entry, joined);
        let uses = function_uses(kernel, batches, number, entry, joined);
        let sum = all.entry(number).or_default();
        sum.handed_to_unknown |= uses.handed_to_unknown;
        sum.reads |= uses.reads;
        sum.stores |= uses.stores;
        sum.escapes |= uses.escapes;
        for (to, pointers) in uses.handed {
            let slot = sum.handed.entry(to).or_default();
            *slot = slot.join(pointers);
            if !functions.at(to).is_some_and(stop) {
                queue.push_back((to, pointers));
            }
        }
    }
    all
}

/// What one function does that is entered at `entry` with `pointers`.
fn function_uses(
    kernel: &Kernel<'_>,
    batches: &[Range<u64>],
    number: usize,
    entry: u64,
    pointers: Pointers,
) -> Uses {
    let mut uses = Uses::default();
    let range = &kernel.functions.get(number).range;
    let Some(bytes) = bytes_of(&kernel.image, range) else {
        return uses;
    };
    let code: BTreeMap<u64, Instruction> =
        Decoder::with_ip(64, bytes, range.start, DecoderOptions::NONE)
            .iter()
            .map(|instruction| (instruction.ip(), instruction))
            .collect();
    let mut walk = Walk {
        kernel,
        batches,
        info: InstructionInfoFactory::new(),
        uses: &mut uses,
    };
    let mut states: HashMap<u64, Pointers> = HashMap::new();
    let mut queue = VecDeque::from([(entry, pointers)]);
    while let Some((at, pointers)) = queue.pop_front() {
        let Some(instruction) = code.get(&at) else {
            continue;
        };
        let known = states.get(&at).copied();
        let joined = known.unwrap_or_default().join(pointers);
        if known == Some(joined) {
            continue;
        }
        states.insert(at, joined);
        let after = walk.step(instruction, joined);
        match instruction.flow_control() {
            FlowControl::Return => {}
            FlowControl::UnconditionalBranch => {
                queue.push_back((instruction.near_branch_target(), after));
            }
            FlowControl::ConditionalBranch => {
                queue.push_back((instruction.near_branch_target(), after));
                queue.push_back((instruction.next_ip(), after));
            }
            // A jump table: it may lead to anywhere in the function.
            FlowControl::IndirectBranch => {
                queue.extend(code.keys().map(|&place| (place, after)));
            }
            // ud2 as well: it is how warnings are made, and the function goes on behind it.
            _ => queue.push_back((instruction.next_ip(), after)),
        }
    }
    uses
}

struct Walk<'a> {
    kernel: &'a Kernel<'a>,
    batches: &'a [Range<u64>],
    info: InstructionInfoFactory,
    uses: &'a mut Uses,
}

impl<'a> Walk<'a> {
    /// What may point to a batch after `instruction`.
    fn step(&mut self, instruction: &Instruction, before: Pointers) -> Pointers {
        let pointer = carries(instruction) && self.has_pointer(instruction, before);
        let mut after = before;
        let info = self.info.info(instruction);
        for used in info.used_registers() {
            match used.access() {
                OpAccess::Write | OpAccess::ReadWrite => after.set(used.register(), pointer),
                OpAccess::CondWrite | OpAccess::ReadCondWrite if pointer => {
                    after.set(used.register(), true);
                }
                _ => {}
            }
        }
        for memory in info.used_memory() {
            let writes = !matches!(
                memory.access(),
                OpAccess::Read | OpAccess::CondRead | OpAccess::NoMemAccess | OpAccess::None
            );
            let displacement = in_batches(memory.displacement(), self.batches).is_some();
            let through = displacement || before.has(memory.base()) || before.has(memory.index());
            self.uses.stores |= through && writes;
            self.uses.reads |= through && !matches!(memory.access(), OpAccess::NoMemAccess);
            if !writes {
                continue;
            }
            if pointer && memory.base() == Register::RSP {
                after.spilled = true;
            } else if pointer {
                self.uses.escapes = true;
            }
        }
        // Into a vector register, for instance: from there it is not followed.
        if !carries(instruction) && !compares(instruction) && !clears(instruction) {
            let mut operands = 0..instruction.op_count();
            self.uses.escapes |= operands.any(|operand| {
                instruction.op_kind(operand) == OpKind::Register
                    && (operand > 0 || !overwrites(instruction))
                    && before.has(instruction.op_register(operand))
            });
        }
        self.leave(instruction, after)
    }

    /// Whether an operand that is read is a pointer to a batch.
    fn has_pointer(&self, instruction: &Instruction, before: Pointers) -> bool {
        (0..instruction.op_count()).any(|operand| match instruction.op_kind(operand) {
            // The first operand is the target; of these instructions it is read as well by all
            // but those that move.
            OpKind::Register => {
                (operand > 0 || !moves(instruction)) && before.has(instruction.op_register(operand))
            }
            OpKind::Memory if instruction.mnemonic() == Mnemonic::Lea => {
                before.has(instruction.memory_base())
                    || before.has(instruction.memory_index())
                    || in_batches(instruction.memory_displacement64(), self.batches).is_some()
            }
            OpKind::Memory => {
                operand > 0 && before.spilled && instruction.memory_base() == Register::RSP
            }
            OpKind::Immediate32 | OpKind::Immediate64 | OpKind::Immediate32to64 => {
                in_batches(instruction.immediate(operand), self.batches).is_some()
            }
            _ => false,
        }) || instruction.mnemonic() == Mnemonic::Pop && before.spilled
    }

    /// Notes what is handed over if `instruction` leaves the function.
    fn leave(&mut self, instruction: &Instruction, mut pointers: Pointers) -> Pointers {
        let functions = &self.kernel.functions;
        let to = instruction.near_branch_target();
        match branch_kind(instruction) {
            Some(Kind::Call) => {
                let arguments = self.arguments(to, pointers);
                self.hand(to, arguments);
                if self.is_c(to) {
                    pointers.registers &= !CHANGED;
                }
                // It may give back what it got.
                if arguments.any() {
                    pointers.set(Register::RAX, true);
                }
            }
            Some(_) if functions.at(to) != functions.at(instruction.ip()) => {
                // To another function's entry it is a call at the end of this one; to anywhere
                // else, or to what the compiler split off, it goes on with everything.
                let function = functions.at(to).map(|number| functions.get(number));
                let call = function.is_some_and(|function| {
                    function.range.start == to && !function.name().contains(".cold")
                });
                let arguments = self.arguments(to, pointers);
                self.hand(to, if call { arguments } else { pointers });
            }
            None if instruction.flow_control() == FlowControl::IndirectCall => {
                self.uses.handed_to_unknown |= pointers.registers & ARGUMENTS != 0;
            }
            _ => {}
        }
        pointers
    }

    /// Whether the function at `to` is known to be made from C, so that its type is right and it
    /// keeps to the ABI. Assembly may leave all registers alone, as ftrace's entry does, or get
    /// something in any of them. The assembler gives it a type as well, without arguments, but the
    /// compiler only gives C an entry for ftrace.
    fn is_c(&self, to: u64) -> bool {
        let taken = self.kernel.types.arguments(self.name(to));
        let traced = || {
            let number = self.kernel.functions.at(to);
            number.is_some_and(|number| self.kernel.is_traced(number))
        };
        taken.is_some_and(|taken| taken > 0) || traced()
    }

    /// What of `pointers` the function at `to` gets as arguments: no more than it takes, if the
    /// kernel's types say that.
    fn arguments(&self, to: u64, pointers: Pointers) -> Pointers {
        let taken = self.kernel.types.arguments(self.name(to));
        let taken = taken.filter(|_| self.is_c(to));
        let registers = &ARGUMENT_REGISTERS[..taken.unwrap_or(usize::MAX).min(6)];
        Pointers {
            registers: pointers.registers & mask(registers),
            // More of them are on the stack.
            spilled: pointers.spilled && taken.is_some_and(|taken| taken > 6),
        }
    }

    fn hand(&mut self, to: u64, pointers: Pointers) {
        let name = self.name(to);
        // A return is a jump to code that returns.
        if !pointers.any() || preserves(name) || name.contains("x86_return_thunk") {
            return;
        }
        if name.starts_with("__x86_indirect_") {
            self.uses.handed_to_unknown = true;
        } else {
            let slot = self.uses.handed.entry(to).or_default();
            *slot = slot.join(pointers);
        }
    }

    fn name(&self, address: u64) -> &'a str {
        let functions = &self.kernel.functions;
        let number = functions.at(address);
        number.map_or("", |number| functions.get(number).name())
    }
}

/// Whether the function is called from inline assembly and leaves all registers alone: the tracer's
/// entry, and the ways to be preempted.
fn preserves(name: &str) -> bool {
    name == "__fentry__" || name.contains("preempt_schedule")
}

/// Whether what `instruction` writes is, or may be, what it reads.
fn carries(instruction: &Instruction) -> bool {
    moves(instruction)
        // A conditional move.
        || instruction.condition_code() != ConditionCode::None
        || matches!(
            instruction.mnemonic(),
            Mnemonic::Add
                | Mnemonic::Sub
                | Mnemonic::And
                | Mnemonic::Or
                | Mnemonic::Inc
                | Mnemonic::Dec
                | Mnemonic::Push
                | Mnemonic::Pop
                | Mnemonic::Xchg
                | Mnemonic::Xadd
                | Mnemonic::Cmpxchg
        )
}

/// Whether `instruction` only looks at what a register has, and keeps no more than flags.
fn compares(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Cmp | Mnemonic::Test)
}

/// Whether `instruction` makes a register 0.
fn clears(instruction: &Instruction) -> bool {
    instruction.mnemonic() == Mnemonic::Xor
        && instruction.op0_register() == instruction.op1_register()
}

/// Whether `instruction` gives its first operand a value that has nothing to do with the old one.
fn overwrites(instruction: &Instruction) -> bool {
    matches!(instruction.mnemonic(), Mnemonic::Movzx | Mnemonic::Movsx)
}

/// Whether `instruction` writes its first operand without reading it.
fn moves(instruction: &Instruction) -> bool {
    matches!(
        instruction.mnemonic(),
        Mnemonic::Mov | Mnemonic::Lea | Mnemonic::Movsxd
    )
}

/// The functions that are handed a pointer to a batch, by number.
pub fn receivers(functions: &Functions, uses: &BTreeMap<usize, Uses>) -> BTreeSet<usize> {
    let handed = uses.values().flat_map(|uses| uses.handed.keys());
    handed.filter_map(|&to| functions.at(to)).collect()
}
