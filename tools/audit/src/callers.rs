// SPDX-License-Identifier: GPL-2.0

//! Who leads to a function, and whether anybody does once some functions are replaced.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::functions::Functions;
use crate::pointers::Pointer;
use crate::text::{Edge, Text};

/// So many functions lead to a wanted one only if some are alive. It saves walking over the kernel.
const FAR: usize = 500;

/// What leads to each function, by number.
#[derive(Debug, Default)]
pub struct Callers {
    /// Instructions of other functions.
    edges: HashMap<usize, Vec<Edge>>,
    /// Addresses in data.
    pointers: HashMap<usize, Vec<Pointer>>,
}

impl Callers {
    /// Sorts what decoding found by where it leads.
    pub fn new(functions: &Functions, text: &Text, pointers: &[Pointer]) -> Self {
        let mut callers = Self::default();
        for edge in &text.edges {
            if let Some(number) = functions.at(edge.to) {
                callers.edges.entry(number).or_default().push(*edge);
            }
        }
        for pointer in pointers {
            if let Some(number) = functions.at(pointer.to) {
                callers.pointers.entry(number).or_default().push(*pointer);
            }
        }
        callers
    }

    /// The instructions of others that lead to the function with this number.
    pub fn edges(&self, number: usize) -> &[Edge] {
        self.edges.get(&number).map_or(&[], Vec::as_slice)
    }

    /// The numbers of the functions that lead to it, each once.
    pub fn of(&self, number: usize) -> BTreeSet<usize> {
        self.edges(number).iter().map(|edge| edge.from).collect()
    }

    /// The addresses in data that lead to it, exports included.
    pub fn pointers(&self, number: usize) -> &[Pointer] {
        self.pointers.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Those of `wanted` that nothing leads to any more once the `replaced` ones are.
    ///
    /// Everything is assumed to be dead that leads to a wanted function, then what is alive is taken
    /// out: what data points to, what nobody leads to (so that it is entered in a way that is not
    /// seen here), and what a living function leads to. What is too far away is taken for alive.
    pub fn unreachable(
        &self,
        wanted: &BTreeSet<usize>,
        replaced: &BTreeSet<usize>,
    ) -> BTreeSet<usize> {
        let mut dead = BTreeSet::new();
        let mut alive = BTreeSet::new();
        let mut queue: VecDeque<usize> = wanted.difference(replaced).copied().collect();
        while let Some(number) = queue.pop_front() {
            if dead.contains(&number) || alive.contains(&number) {
                continue;
            }
            let entered = self.edges(number).is_empty() || !self.pointers(number).is_empty();
            if entered || dead.len() >= FAR {
                alive.insert(number);
                continue;
            }
            dead.insert(number);
            queue.extend(self.of(number).difference(replaced));
        }
        loop {
            let revived: Vec<usize> = dead
                .iter()
                .copied()
                .filter(|&number| {
                    let callers = self.of(number);
                    callers
                        .iter()
                        .any(|caller| !dead.contains(caller) && !replaced.contains(caller))
                })
                .collect();
            if revived.is_empty() {
                break;
            }
            for number in revived {
                dead.remove(&number);
            }
        }
        &dead & wanted
    }
}
