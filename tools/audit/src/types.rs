// SPDX-License-Identifier: GPL-2.0

//! The kernel's types, from the BTF that it carries.

use btf_rs::{Btf, BtfType, Parameter, Struct, Type};

use crate::error::{Error, Result};

/// Bytes of a pointer.
const POINTER: u64 = 8;

/// The types of a kernel.
pub struct Types(Btf);

/// Where a member is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Bytes from the start of the structure.
    pub offset: u64,
    /// Its bytes.
    pub size: u64,
}

impl Types {
    /// Reads a `.BTF` section.
    pub fn parse(section: &[u8]) -> Result<Self> {
        let btf = Btf::from_bytes(section).map_err(|error| Error::Btf(error.to_string()))?;
        Ok(Self(btf))
    }

    /// The sizes of the structures called `name`; normally one.
    pub fn sizes(&self, name: &str) -> Vec<u64> {
        self.structs(name)
            .iter()
            .map(|found| found.size() as u64)
            .collect()
    }

    /// Where `path` is in every structure called `name`: members with dots between, where those of
    /// unnamed structures and unions count as members of what they are in.
    pub fn places(&self, name: &str, path: &str) -> Vec<Option<Place>> {
        let structs = self.structs(name);
        structs
            .iter()
            .map(|found| self.place(found, path))
            .collect()
    }

    /// How many arguments the function `name` takes, if each takes a register; `None` if that is
    /// unknown or varies.
    pub fn arguments(&self, name: &str) -> Option<usize> {
        let mut counts = Vec::new();
        for found in self.0.resolve_types_by_name(name).ok()? {
            let Type::Func(function) = found else {
                continue;
            };
            if let Ok(Type::FuncProto(proto)) = self.0.resolve_chained_type(&function) {
                let odd = |parameter: &Parameter| {
                    // A structure may take several.
                    let kind = self.0.resolve_chained_type(parameter).ok();
                    let kind = kind.and_then(|kind| self.plain(kind));
                    parameter.is_variadic()
                        || matches!(kind, None | Some(Type::Struct(_) | Type::Union(_)))
                };
                let parameters = &proto.parameters;
                counts.push((!parameters.iter().any(odd)).then_some(parameters.len()));
            }
        }
        counts.dedup();
        match counts[..] {
            [count] => count,
            _ => None,
        }
    }

    fn structs(&self, name: &str) -> Vec<Struct> {
        let found = self.0.resolve_types_by_name(name).unwrap_or_default();
        let structs = found.into_iter().filter_map(|found| match found {
            Type::Struct(found) => Some(found),
            _ => None,
        });
        structs.collect()
    }

    fn place(&self, inside: &Struct, path: &str) -> Option<Place> {
        let (first, rest) = match path.split_once('.') {
            Some((first, rest)) => (first, Some(rest)),
            None => (path, None),
        };
        for member in &inside.members {
            if member.bitfield_size().is_some_and(|bits| bits != 0) {
                continue;
            }
            let offset = u64::from(member.bit_offset() / 8);
            let kind = self.0.resolve_chained_type(member).ok()?;
            let name = self.0.resolve_name(member).unwrap_or_default();
            let found = if name.is_empty() {
                self.place(&self.members(kind)?, path)
            } else if name != first {
                None
            } else if let Some(rest) = rest {
                self.place(&self.members(kind)?, rest)
            } else {
                let size = self.size(kind)?;
                Some(Place { offset: 0, size })
            };
            if let Some(place) = found {
                return Some(Place {
                    offset: offset + place.offset,
                    ..place
                });
            }
        }
        None
    }

    /// The structure or union that a type is, behind typedefs and qualifiers.
    fn members(&self, kind: Type) -> Option<Struct> {
        match self.plain(kind)? {
            Type::Struct(found) | Type::Union(found) => Some(found),
            _ => None,
        }
    }

    fn plain(&self, mut kind: Type) -> Option<Type> {
        loop {
            let next: &dyn BtfType = match &kind {
                Type::Typedef(named) => named,
                Type::TypeTag(tagged) => tagged,
                Type::Const(qualified) | Type::Volatile(qualified) | Type::Restrict(qualified) => {
                    qualified
                }
                _ => return Some(kind),
            };
            kind = self.0.resolve_chained_type(next).ok()?;
        }
    }

    fn size(&self, kind: Type) -> Option<u64> {
        Some(match self.plain(kind)? {
            Type::Int(number) => number.size() as u64,
            Type::Enum(number) => number.size() as u64,
            Type::Enum64(number) => number.size() as u64,
            Type::Float(number) => number.size() as u64,
            Type::Struct(found) | Type::Union(found) => found.size() as u64,
            Type::Ptr(_) => POINTER,
            Type::Array(array) => {
                let item = self.0.resolve_chained_type(&array).ok()?;
                self.size(item)? * array.len() as u64
            }
            _ => return None,
        })
    }
}
