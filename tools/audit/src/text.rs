// SPDX-License-Identifier: GPL-2.0

//! All instructions of the kernel, decoded once: what refers to a batch, and who calls whom.

use std::ops::Range;

use iced_x86::{Decoder, DecoderOptions, FlowControl, Instruction, OpKind};

use crate::functions::Functions;
use crate::image::{Image, extended};

/// An instruction that has an address inside a batch as an operand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Reference {
    /// The number of the function it is in.
    pub function: usize,
    /// Where it is.
    pub at: u64,
    /// Its bytes.
    pub length: u64,
    /// The address it has.
    pub value: u64,
}

/// How one function gets to another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// By a call.
    Call,
    /// By a jump, as at the end of a function.
    Jump,
    /// It has the address, and may do anything with it.
    Address,
}

/// An instruction of one function that names an address in another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Edge {
    /// The number of the function it is in.
    pub from: usize,
    /// The address it names.
    pub to: u64,
    /// What it does with the address.
    pub kind: Kind,
}

/// What decoding all text gave.
#[derive(Debug, Default)]
pub struct Text {
    /// What refers to a batch.
    pub references: Vec<Reference>,
    /// What leads from one function to another.
    pub edges: Vec<Edge>,
    /// Functions with bytes that are no instruction, by number.
    pub undecoded: Vec<usize>,
    /// How many instructions there were.
    pub instructions: u64,
}

/// Decodes every function and looks for addresses in `batches`.
pub fn decode(image: &Image<'_>, functions: &Functions, batches: &[Range<u64>]) -> Text {
    let mut text = Text::default();
    for (number, function) in functions.all().iter().enumerate() {
        let Some(bytes) = bytes_of(image, &function.range) else {
            continue;
        };
        decode_function(
            &mut text,
            image,
            number,
            function.range.start,
            bytes,
            batches,
        );
    }
    text
}

/// The bytes at these addresses.
pub fn bytes_of<'data>(image: &Image<'data>, range: &Range<u64>) -> Option<&'data [u8]> {
    let length = usize::try_from(range.end - range.start).ok()?;
    image.at(range.start)?.get(..length)
}

fn decode_function(
    text: &mut Text,
    image: &Image<'_>,
    number: usize,
    start: u64,
    bytes: &[u8],
    batches: &[Range<u64>],
) {
    let end = start + bytes.len() as u64;
    let mut decoder = Decoder::with_ip(64, bytes, start, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    let mut whole = true;
    while decoder.can_decode() {
        decoder.decode_out(&mut instruction);
        text.instructions += 1;
        if instruction.is_invalid() {
            // Data among code. Instructions are found again after a few bytes; what lies between
            // is searched as bytes below.
            whole = false;
            let next = instruction.ip() + 1;
            let skipped = usize::try_from(next - start).unwrap_or(bytes.len());
            decoder.set_ip(next);
            if decoder.set_position(skipped).is_err() {
                break;
            }
            continue;
        }
        for value in addresses(&instruction) {
            if let Some(value) = in_batches(value, batches) {
                text.references.push(Reference {
                    function: number,
                    at: instruction.ip(),
                    length: instruction.len() as u64,
                    value,
                });
            } else if !(start..end).contains(&value)
                && image.section_at(value).is_some_and(|section| section.text)
            {
                text.edges.push(Edge {
                    from: number,
                    to: value,
                    kind: Kind::Address,
                });
            }
        }
        if let Some(kind) = branch_kind(&instruction) {
            let to = instruction.near_branch_target();
            if !(start..end).contains(&to) {
                text.edges.push(Edge {
                    from: number,
                    to,
                    kind,
                });
            }
        }
    }
    if !whole {
        text.undecoded.push(number);
        search_bytes(text, number, start, bytes, batches);
    }
}

/// How `instruction` leaves for a place that is known.
pub fn branch_kind(instruction: &Instruction) -> Option<Kind> {
    let near = matches!(
        instruction.op0_kind(),
        OpKind::NearBranch16 | OpKind::NearBranch32 | OpKind::NearBranch64
    );
    match instruction.flow_control() {
        FlowControl::Call if near => Some(Kind::Call),
        FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch if near => {
            Some(Kind::Jump)
        }
        _ => None,
    }
}

/// The values among the operands that may be addresses: immediates, and displacements of memory
/// operands with or without registers. %gs makes no difference: these kernels' per-CPU symbols are
/// ordinary addresses, and what %gs adds is the distance to a CPU's copy.
pub fn addresses(instruction: &Instruction) -> impl Iterator<Item = u64> {
    (0..instruction.op_count()).filter_map(|operand| match instruction.op_kind(operand) {
        OpKind::Memory => Some(instruction.memory_displacement64()),
        OpKind::Immediate32 | OpKind::Immediate64 | OpKind::Immediate32to64 => {
            Some(instruction.immediate(operand))
        }
        _ => None,
    })
}

/// The address in a batch that `value` is: itself, or with a sign that 32 bits lack.
pub fn in_batches(value: u64, batches: &[Range<u64>]) -> Option<u64> {
    let extended = match u32::try_from(value) {
        Ok(low) => extended(low),
        Err(_) => value,
    };
    let inside = batches.iter().any(|batch| batch.contains(&extended));
    inside.then_some(extended)
}

/// Looks for addresses in `batches` at every byte, as a displacement relative to the end of an
/// instruction of whatever length, or absolute.
fn search_bytes(text: &mut Text, number: usize, start: u64, bytes: &[u8], batches: &[Range<u64>]) {
    for (place, window) in bytes.windows(4).enumerate() {
        let value = u32::from_le_bytes([window[0], window[1], window[2], window[3]]);
        let at = start + place as u64;
        // Behind a displacement come no, one, two or four bytes of an immediate.
        let relative = [0, 1, 2, 4].map(|rest| (at + 4 + rest).wrapping_add(extended(value)));
        let found = relative.into_iter().chain([extended(value)]);
        for value in found.filter_map(|value| in_batches(value, batches)) {
            text.references.push(Reference {
                function: number,
                at,
                length: 4,
                value,
            });
        }
    }
}
