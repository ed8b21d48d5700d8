// SPDX-License-Identifier: GPL-2.0

//! The ways in which the modules can be built.

/// A set of build options.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Variant {
    /// `CONFIG_PWLOCKS`.
    pub pwlocks: bool,
    /// `CONFIG_PWLOCKS_DEFAULT`.
    pub on_by_default: bool,
    /// `CONFIG_PWLOCKS_TEST=m`.
    pub test_module: bool,
    /// `SABOTAGE`: what is broken on purpose.
    pub sabotage: Option<&'static str>,
}

impl Variant {
    /// What a user gets who sets nothing.
    pub const STANDARD: Self = Self {
        pwlocks: true,
        on_by_default: false,
        test_module: false,
        sabotage: None,
    };

    /// The standard with the in-kernel tests.
    pub const TESTED: Self = Self {
        test_module: true,
        ..Self::STANDARD
    };

    /// A short name, fit for a file name.
    pub fn name(self) -> String {
        let base = match (self.pwlocks, self.on_by_default, self.sabotage) {
            (_, _, Some(sabotage)) => sabotage,
            (false, _, None) => "config-n",
            (true, true, None) => "default-y",
            (true, false, None) => "standard",
        };
        let suffix = if self.test_module && self.sabotage.is_none() {
            "-test"
        } else {
            ""
        };
        format!("{base}{suffix}")
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
        ];
        arguments.extend(self.sabotage.map(|name| format!("SABOTAGE={name}")));
        arguments
    }
}
