// SPDX-License-Identifier: GPL-2.0

//! All that is read from a kernel image, before anything is judged.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::callers::Callers;
use crate::coverage::Variable;
use crate::error::{Error, Result};
use crate::functions::Functions;
use crate::identity::Identity;
use crate::image::Image;
use crate::kallsyms::{self, Symbol};
use crate::pointers::{self, Pointer};
use crate::relocations::Relocations;
use crate::text::{self, Text};
use crate::types::Types;

/// Bytes of `endbr64`, behind which a traced function has its entry.
pub const ENDBR: u64 = 4;

/// A kernel, taken apart.
pub struct Kernel<'data> {
    /// Its memory.
    pub image: Image<'data>,
    /// Its symbols, by address.
    pub symbols: Vec<Symbol>,
    /// Its types.
    pub types: Types,
    /// Which one it is.
    pub identity: Identity,
    /// The places that hold absolute addresses.
    pub relocations: Relocations,
    /// Its functions.
    pub functions: Functions,
    /// Where functions may be traced, and so replaced.
    pub traced: BTreeSet<u64>,
}

/// What a kernel has to do with some of its variables.
pub struct Evidence {
    /// The variables' addresses.
    pub batches: Vec<Range<u64>>,
    /// What its instructions refer to.
    pub text: Text,
    /// What its data refers to.
    pub pointers: Vec<Pointer>,
    /// Who leads to whom.
    pub callers: Callers,
}

impl<'data> Kernel<'data> {
    /// Takes an unpacked kernel apart.
    pub fn parse(kernel: &'data [u8]) -> Result<Self> {
        let image = Image::parse(kernel)?;
        let missing = |name: &str| Error::Elf(format!("it has no {name}"));
        let rodata = image.section(".rodata").ok_or_else(|| missing(".rodata"))?;
        let symbols = kallsyms::read(rodata.data, rodata.start)?;
        let btf = image.section(".BTF").ok_or_else(|| missing(".BTF"))?;
        let types = Types::parse(btf.data)?;
        let names = types.places("uts_namespace", "name");
        let Some(&Some(names)) = names.first() else {
            return Err(Error::Btf("no struct uts_namespace with a name".to_owned()));
        };
        Ok(Self {
            identity: Identity::read(&image, &symbols, names.offset)?,
            relocations: Relocations::parse(kernel)?,
            functions: Functions::new(&image, &symbols),
            traced: traced(&image, &symbols)?,
            image,
            symbols,
            types,
        })
    }

    /// Decodes all text and looks for what touches `variables`.
    pub fn evidence(&self, variables: &[Variable]) -> Result<Evidence> {
        let batches = variables
            .iter()
            .map(|variable| self.variable(variable))
            .collect::<Result<Vec<_>>>()?;
        let text = text::decode(&self.image, &self.functions, &batches);
        let pointers = pointers::find(
            &self.image,
            &self.symbols,
            &self.functions,
            &self.relocations,
            &batches,
        );
        Ok(Evidence {
            callers: Callers::new(&self.functions, &text, &pointers),
            batches,
            text,
            pointers,
        })
    }

    /// Whether the function with this number begins with an entry for ftrace.
    pub fn is_traced(&self, number: usize) -> bool {
        let start = self.functions.get(number).range.start;
        self.traced.contains(&start) || self.traced.contains(&(start + ENDBR))
    }

    /// How many symbols are called `name`.
    pub fn count(&self, name: &str) -> usize {
        let called = self.symbols.iter().filter(|symbol| symbol.name == name);
        called.count()
    }

    /// The addresses of a variable, whose size is that of its structure: the next symbol may be
    /// further away, and what lies between belongs to neither.
    fn variable(&self, variable: &Variable) -> Result<Range<u64>> {
        let address = unique(&self.symbols, variable.name)?;
        match self.types.sizes(variable.layout)[..] {
            [size] => Ok(address..address + size),
            ref sizes => Err(Error::Btf(format!(
                "{} structures are called {}, where one is needed",
                sizes.len(),
                variable.layout
            ))),
        }
    }
}

fn unique(symbols: &[Symbol], name: &str) -> Result<u64> {
    let found: Vec<_> = symbols
        .iter()
        .filter(|symbol| symbol.name == name)
        .collect();
    match found[..] {
        [symbol] => Ok(symbol.address),
        _ => Err(Error::Symbol {
            name: name.to_owned(),
            count: found.len(),
        }),
    }
}

/// The tracer's list of places.
fn traced(image: &Image<'_>, symbols: &[Symbol]) -> Result<BTreeSet<u64>> {
    let start = unique(symbols, "__start_mcount_loc")?;
    let end = unique(symbols, "__stop_mcount_loc")?;
    let places = (start..end).step_by(8);
    Ok(places.filter_map(|at| image.u64_at(at)).collect())
}
