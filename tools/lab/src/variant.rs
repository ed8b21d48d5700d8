// SPDX-License-Identifier: GPL-2.0

//! The ways in which the modules can be built.

/// A set of build options.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Variant {
    /// `CONFIG_PWLOCKS`.
    pub pwlocks: bool,
    /// `CONFIG_PWLOCKS_DEFAULT`.
    pub on_by_default: bool,
    /// `CONFIG_PWLOCKS_TEST=m`.
    pub test_module: bool,
    /// `CONFIG_PWLOCKS_KUNIT`.
    pub kunit: bool,
    /// `CONFIG_PWLOCKS_STRETCH`.
    pub stretched: bool,
    /// `SABOTAGE`: what is broken on purpose.
    pub sabotage: Option<&'static str>,
    /// `ALTERNATIVE`: what is done for isolated CPUs instead.
    pub alternative: Option<&'static str>,
}

impl Variant {
    /// What a user gets who sets nothing.
    pub const STANDARD: Self = Self {
        pwlocks: true,
        on_by_default: false,
        test_module: false,
        kunit: false,
        stretched: false,
        sabotage: None,
        alternative: None,
    };

    /// The standard with the in-kernel tests.
    pub const TESTED: Self = Self {
        test_module: true,
        ..Self::STANDARD
    };

    /// The standard with the KUnit suites, for a kernel that has KUnit.
    pub const KUNIT: Self = Self {
        kunit: true,
        ..Self::STANDARD
    };

    /// The tested one with stretched time.
    pub const STRETCHED: Self = Self {
        stretched: true,
        ..Self::TESTED
    };

    /// The standard with something else done for isolated CPUs.
    pub const fn alternative(name: &'static str) -> Self {
        Self {
            alternative: Some(name),
            ..Self::STANDARD
        }
    }

    /// A short name, fit for a file name.
    pub fn name(self) -> String {
        let special = self.sabotage.or(self.alternative);
        let base = match (self.pwlocks, self.on_by_default, special) {
            (_, _, Some(name)) => name,
            (false, _, None) => "config-n",
            (true, true, None) => "default-y",
            (true, false, None) => "standard",
        };
        let suffixes = [
            (self.test_module && self.sabotage.is_none(), "-test"),
            (self.kunit, "-kunit"),
            (self.stretched, "-stretched"),
        ];
        suffixes
            .into_iter()
            .filter(|(there, _)| *there)
            .fold(base.to_owned(), |name, (_, suffix)| name + suffix)
    }

    /// The variables for make.
    pub fn make_arguments(self) -> Vec<String> {
        let yes_no = |on| if on { "y" } else { "n" };
        let mut arguments = vec![
            format!("CONFIG_PWLOCKS={}", yes_no(self.pwlocks)),
            format!("CONFIG_PWLOCKS_DEFAULT={}", yes_no(self.on_by_default)),
            format!(
                "CONFIG_PWLOCKS_TEST={}",
                if self.test_module { "m" } else { "n" }
            ),
            format!("CONFIG_PWLOCKS_KUNIT={}", yes_no(self.kunit)),
            format!("CONFIG_PWLOCKS_STRETCH={}", yes_no(self.stretched)),
        ];
        arguments.extend(self.sabotage.map(|name| format!("SABOTAGE={name}")));
        arguments.extend(self.alternative.map(|name| format!("ALTERNATIVE={name}")));
        arguments
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;

    #[test]
    fn variants_have_names_of_their_own() {
        let names = [
            (Variant::STANDARD, "standard"),
            (Variant::TESTED, "standard-test"),
            (Variant::KUNIT, "standard-kunit"),
            (Variant::STRETCHED, "standard-test-stretched"),
            (Variant::alternative("skip"), "skip"),
        ];
        for (variant, name) in names {
            assert_eq!(variant.name(), name);
        }
    }

    #[test]
    fn what_users_get_has_no_tests_in_it() {
        let arguments = Variant::STANDARD.make_arguments();
        for option in ["TEST", "KUNIT", "STRETCH"] {
            assert!(arguments.contains(&format!("CONFIG_PWLOCKS_{option}=n")));
        }
        for option in ["SABOTAGE=", "ALTERNATIVE="] {
            assert!(
                !arguments
                    .iter()
                    .any(|argument| argument.starts_with(option))
            );
        }
    }
}
