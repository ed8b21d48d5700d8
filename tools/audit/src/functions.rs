// SPDX-License-Identifier: GPL-2.0

//! The kernel's text, cut into functions at its symbols.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::image::Image;
use crate::kallsyms::Symbol;

/// A stretch of instructions from one symbol to the next.
#[derive(Debug)]
pub struct Function {
    /// Its symbols, of which there is more than one where functions share an address.
    pub names: Vec<String>,
    /// Its addresses.
    pub range: Range<u64>,
}

impl Function {
    /// Its name, the first one if it has several.
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }

    /// Whether `name` is one of its names.
    pub fn is_called(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }
}

/// All functions, in the order of their addresses.
#[derive(Debug)]
pub struct Functions(Vec<Function>);

impl Functions {
    /// Cuts all text of `image`, also what comes before a section's first symbol: no instruction
    /// may go unseen because nobody named it.
    pub fn new(image: &Image<'_>, symbols: &[Symbol]) -> Self {
        let mut functions = Vec::new();
        for section in image.sections.iter().filter(|section| section.text) {
            let inside = |symbol: &&Symbol| section.range().contains(&symbol.address);
            let mut starts: BTreeMap<u64, Vec<String>> = BTreeMap::new();
            for symbol in symbols.iter().filter(inside) {
                if symbol.is_text() {
                    let names = starts.entry(symbol.address).or_default();
                    names.push(symbol.name.clone());
                }
            }
            let unnamed = || vec![format!("start of {}", section.name)];
            starts.entry(section.start).or_insert_with(unnamed);
            let next_starts = starts.keys().skip(1).copied();
            let ends: Vec<u64> = next_starts.chain([section.range().end]).collect();
            for ((start, names), end) in starts.into_iter().zip(ends) {
                let range = start..end;
                functions.push(Function { names, range });
            }
        }
        // The code that kexec copies away to leave this kernel lies among the data.
        let place = |name| symbols.iter().find(|symbol| symbol.name == name);
        if let (Some(start), Some(end)) = (
            place("__relocate_kernel_start"),
            place("__relocate_kernel_end"),
        ) {
            functions.push(Function {
                names: vec!["relocate_kernel".to_owned()],
                range: start.address..end.address,
            });
        }
        functions.sort_by_key(|function| function.range.start);
        Self(functions)
    }

    /// The functions.
    pub fn all(&self) -> &[Function] {
        &self.0
    }

    /// The function with this number.
    pub fn get(&self, number: usize) -> &Function {
        &self.0[number]
    }

    /// The number of the function that `address` is in.
    pub fn at(&self, address: u64) -> Option<usize> {
        let after = self
            .0
            .partition_point(|function| function.range.start <= address);
        let number = after.checked_sub(1)?;
        self.0[number].range.contains(&address).then_some(number)
    }

    /// The numbers of the functions called `name`.
    pub fn called(&self, name: &str) -> Vec<usize> {
        let numbered = self.0.iter().enumerate();
        numbered
            .filter(|(_, function)| function.is_called(name))
            .map(|(number, _)| number)
            .collect()
    }
}
