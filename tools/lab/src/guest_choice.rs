// SPDX-License-Identifier: GPL-2.0

//! Which guests of the debug kernels the user wants.

use std::collections::BTreeSet;

use crate::failure::{Failure, Result};

/// Which guests of a debug kernel are booted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Guests {
    /// All that there are.
    All,
    /// Those of [`FEW`].
    Few,
    /// All but those of [`FEW`].
    Others,
    /// Those with one of these names.
    Named(Vec<String>),
}

/// What comes first where there may be no time for all, as in `.ci/run`: the mistakes that lockdep and KCSAN
/// have to find, and of what the checkers look at (the locks, the switch, the demo's folios, the kernel's own)
/// the guest in which most goes on.
const FEW: [&str; 9] = [
    "kcsan",
    "lockdep-nesting",
    "lockdep-wait-type",
    "kunit-1",
    "flip-stretched",
    "conservation-flipping",
    "live",
    "killed",
    "fuzz",
];

impl Guests {
    /// Whether the guest called `name` is one of them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Few => FEW.contains(&name),
            Self::Others => !FEW.contains(&name),
            Self::Named(names) => names.iter().any(|one| one == name),
        }
    }

    /// Fails if `command`, which could boot the guests `all`, would leave out one that was asked for.
    pub fn must_be_among(
        &self,
        command: &str,
        all: impl IntoIterator<Item = String>,
    ) -> Result<()> {
        let Self::Named(names) = self else {
            return Ok(());
        };
        let all: BTreeSet<_> = all.into_iter().collect();
        let Some(unknown) = names.iter().find(|&name| !all.contains(name)) else {
            return Ok(());
        };
        let all: Vec<_> = all.into_iter().collect();
        Err(Failure::usage(
            command,
            format!("GUESTS has {unknown:?}, which is none of its guests on these kernels"),
        )
        .remedy(format!(
            "all, few, others, or some of these, separated by commas: {}",
            all.join(", ")
        )))
    }
}

/// What the user calls them; which names there are depends on the kernels.
impl From<&str> for Guests {
    fn from(text: &str) -> Self {
        match text {
            "" | "all" => Self::All,
            "few" => Self::Few,
            "others" => Self::Others,
            names => Self::Named(names.split(',').map(str::to_owned).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FEW, Guests};
    use crate::check_debug;
    use crate::debug_kernel::DebugKernel;

    #[test]
    fn the_few_are_some_of_all() {
        let mut seen = BTreeSet::new();
        for kernel in DebugKernel::ALL {
            let (few, all) = (
                check_debug::guests(kernel, &Guests::Few),
                check_debug::guests(kernel, &Guests::All),
            );
            assert!(few.len() < all.len());
            seen.extend(few.into_iter().map(|guest| guest.name));
        }
        assert_eq!(seen, FEW.map(str::to_owned).into());
    }

    #[test]
    fn the_few_and_the_others_are_all() {
        for kernel in DebugKernel::ALL {
            let number = |chosen: &Guests| check_debug::guests(kernel, chosen).len();
            let (few, others) = (number(&Guests::Few), number(&Guests::Others));
            assert_eq!(few + others, number(&Guests::All));
            for guest in check_debug::guests(kernel, &Guests::Others) {
                assert!(!Guests::Few.has(&guest.name), "{}", guest.name);
            }
        }
    }

    #[test]
    fn they_are_all_few_others_or_named() {
        assert_eq!(Guests::from(""), Guests::All);
        assert_eq!(Guests::from("all"), Guests::All);
        assert_eq!(Guests::from("few"), Guests::Few);
        assert_eq!(Guests::from("others"), Guests::Others);
        let two = Guests::from("fuzz,mode-1");
        assert!(two.has("fuzz") && two.has("mode-1") && !two.has("mode-0"));
    }

    #[test]
    fn a_name_that_is_none_is_answered_with_all_there_are() {
        let all = || ["live", "fuzz"].map(str::to_owned);
        Guests::All.must_be_among("soak", all()).unwrap();
        Guests::Few.must_be_among("soak", all()).unwrap();
        Guests::Others.must_be_among("soak", all()).unwrap();
        Guests::from("fuzz").must_be_among("soak", all()).unwrap();
        let wrong = Guests::from("fuzz,furz");
        let failure = wrong.must_be_among("soak", all()).unwrap_err();
        assert!(failure.cause.contains("\"furz\""), "{failure:?}");
        assert!(failure.remedy.unwrap().ends_with("commas: fuzz, live"));
    }
}
