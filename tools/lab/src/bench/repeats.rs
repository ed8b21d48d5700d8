// SPDX-License-Identifier: GPL-2.0

//! Whether counted figures come out the same in each guest.

use std::collections::BTreeMap;

use crate::bench::counted::{Counted, Figures};

/// By which share of itself a figure may differ from guest to guest.
const SHARE: f64 = 0.001;

/// What in `guests`, all of the same kind, does not repeat, with both values.
pub fn differences(guests: &[Figures]) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<Option<Counted>>> = BTreeMap::new();
    for name in guests.iter().flat_map(BTreeMap::keys) {
        let figures = guests.iter().map(|figures| figures.get(name).copied());
        by_name.insert(name, figures.collect());
    }
    let mut found = Vec::new();
    for (name, figures) in by_name {
        if figures.iter().any(Option::is_none) {
            found.push(format!("{name}: some guests have no figure"));
            continue;
        }
        let figures = || figures.iter().flatten();
        let by_value = |a: &&Counted, b: &&Counted| a.value.total_cmp(&b.value);
        if let (Some(least), Some(most)) = (figures().min_by(by_value), figures().max_by(by_value))
        {
            if most.value - least.value > least.tolerance(SHARE) {
                found.push(format!(
                    "{name}: {:.1} in one guest and {:.1} in another, more than 0.1 % apart",
                    least.value, most.value
                ));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::differences;
    use crate::bench::counted::{Counted, Figures};

    fn guest(figures: &[(&str, f64)]) -> Figures {
        let figures = figures.iter();
        figures
            .map(|(name, value)| ((*name).to_owned(), Counted::whole(*value)))
            .collect()
    }

    #[test]
    fn a_figure_that_moves_is_named_with_both_values() {
        let found = differences(&[
            guest(&[("kmalloc stock", 5000.0), ("PwLock", 19.0)]),
            guest(&[("kmalloc stock", 5006.0), ("PwLock", 19.0)]),
        ]);
        assert_eq!(
            found,
            ["kmalloc stock: 5000.0 in one guest and 5006.0 in another, more than 0.1 % apart"]
        );
    }

    #[test]
    fn what_is_within_a_thousandth_repeats() {
        let same = [guest(&[("hold", 16300.0)]), guest(&[("hold", 16310.0)])];
        assert!(differences(&same).is_empty());
        assert!(differences(&same[..1]).is_empty());
        assert!(differences(&[]).is_empty());
    }

    #[test]
    fn a_figure_that_one_guest_lacks_does_not_repeat() {
        let found = differences(&[guest(&[("hold", 9.0)]), guest(&[])]);
        assert_eq!(found.len(), 1);
    }
}
