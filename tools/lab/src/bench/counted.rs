// SPDX-License-Identifier: GPL-2.0

//! Figures that are the same whenever they are counted, so that one can be held against another.
//!
//! What an operation takes as a whole, from user space, differs from one boot to the next: where the
//! kernel and its memory came to lie decides how many page tables are walked and made. That is the
//! stock kernel's affair. What a module adds to it does not differ, and is what is ours: so of an
//! operation that was counted on the stock kernel as well the figure is the difference to that, in the
//! same guest.

use std::collections::BTreeMap;

use crate::bench::row::Row;
use crate::bench::subject::Subject;

/// Instructions by which a difference may differ: each of the two is the least that several rounds
/// agree on to within as many.
const NOISE: f64 = 2.0;

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// The instructions, or the difference in them.
    pub value: f64,
    /// What a share of is meant where one is given: the whole operation, of a difference.
    pub whole: f64,
    /// Whether it is a difference.
    pub is_difference: bool,
}

/// Figures by name.
pub type Figures = BTreeMap<String, Counted>;

impl Counted {
    /// How much the figure may differ if it may by a `share`.
    ///
    /// A whole number is one that was rounded.
    pub fn tolerance(&self, share: f64) -> f64 {
        let rounding = if self.is_difference { NOISE } else { 1.0 };
        (self.whole.abs() * share).max(rounding)
    }

    /// How much it may grow from here if it may by a `share` of itself, which for a difference is
    /// less than its noise.
    pub fn growth(&self, share: f64) -> f64 {
        let noise = if self.is_difference { NOISE } else { 0.0 };
        (self.value.abs() * share).max(noise)
    }
}

/// Those of one guest.
pub fn figures(rows: &[Row]) -> Figures {
    let mut figures = Figures::new();
    for row in rows {
        match row {
            Row::Cost(cost) => {
                let Some(value) = cost.instructions else {
                    continue;
                };
                let name = format!("{} {}", cost.operation, cost.subject);
                let is_stock = cost.subject == Subject::stock();
                match stock(rows, &cost.operation) {
                    Some(whole) if !is_stock => {
                        let counted = Counted {
                            value: value - whole,
                            whole,
                            is_difference: true,
                        };
                        figures.insert(format!("{name} - stock"), counted);
                    }
                    // It is what others are held against, or there is nothing to hold them against.
                    Some(_) => {}
                    None if cost.subject.is_live() => {}
                    None => {
                        figures.insert(name, Counted::whole(value));
                    }
                }
            }
            Row::Hold(hold) => {
                let name = format!("hold {}", hold.way);
                figures.insert(name, Counted::whole(hold.longest as f64));
            }
            Row::Scale(_)
            | Row::Latency(_)
            | Row::Interference(_)
            | Row::Oslat(_)
            | Row::Osnoise(_)
            | Row::Timerlat(_)
            | Row::Alternative(_) => {}
        }
    }
    figures
}

impl Counted {
    /// A figure that stands for itself.
    pub fn whole(value: f64) -> Self {
        Self {
            value,
            whole: value,
            is_difference: false,
        }
    }
}

/// What `operation` takes on the stock kernel.
fn stock(rows: &[Row], operation: &str) -> Option<f64> {
    rows.iter().find_map(|row| match row {
        Row::Cost(cost) if cost.operation == operation && cost.subject == Subject::stock() => {
            cost.instructions
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Counted, figures};
    use crate::bench::row::Row;
    use crate::bench::text_lines;

    fn of(text: &str) -> Vec<(String, f64)> {
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let mut rows = text_lines::find(&lines).unwrap();
        rows.extend(Row::find(&lines).unwrap());
        let figures = figures(&rows).into_iter();
        figures.map(|(name, figure)| (name, figure.value)).collect()
    }

    #[test]
    fn an_operation_of_the_kernel_counts_by_its_difference() {
        let found = of("# count mlock stock 2485.0\n# count mlock live0 2485.0\n\
                        # count mlock live1 2503.0\n# count PwLock local 19\n");
        let expected = [
            ("PwLock pwlocks 0", 19.0),
            ("mlock live 0 - stock", 0.0),
            ("mlock live 1 - stock", 18.0),
        ];
        assert_eq!(
            found,
            expected.map(|(name, value)| (name.to_owned(), value))
        );
    }

    #[test]
    fn there_is_no_difference_to_nothing() {
        assert_eq!(
            of("# count mlock stock unsettled\n# count mlock live1 9\n"),
            []
        );
    }

    #[test]
    fn holds_stand_for_themselves() {
        let found = of(
            "{\"bench\":\"hold\",\"way\":\"locked\",\"longest\":16309,\"mean\":16400.5,\"tries\":8}\n",
        );
        assert_eq!(found, [("hold locked".to_owned(), 16309.0)]);
    }

    #[test]
    fn a_difference_is_allowed_its_noise_and_a_whole_its_share() {
        let difference = Counted {
            value: 18.0,
            whole: 2485.0,
            is_difference: true,
        };
        assert_eq!(
            (difference.tolerance(0.001), difference.growth(0.02)),
            (2.485, 2.0)
        );
        let whole = Counted::whole(1000.0);
        assert_eq!((whole.tolerance(0.001), whole.growth(0.02)), (1.0, 20.0));
        // A lock may not cost one instruction more.
        assert!(Counted::whole(19.0).growth(0.02) < 1.0);
    }
}
