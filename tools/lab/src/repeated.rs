// SPDX-License-Identifier: GPL-2.0

//! The guests of a debug kernel that find the more the longer they go on: `make check-debug` has them
//! do as much as fits, `make soak DEBUG=` what its MINUTES ask for.

use crate::matrix::{GuestSpec, Program};
use crate::variant::Variant;

/// Leaves the memory block that is plugged at boot for the tests to put online.
const BLOCK_OFFLINE: &str = "memhp_default_state=offline";

/// A guest that does the same many times.
struct Repeated {
    guest: &'static str,
    /// Its only program, and seconds that it takes at the most for what `make check-debug` asks of it.
    program: Program,
    /// What is counted.
    unit: Unit,
    /// How many there are in `make check-debug`.
    in_check: u64,
    /// How many there are in `make soak` for each of its minutes.
    per_minute: u64,
    /// Whether it is about the running kernel's own drains.
    live: bool,
    argument: Option<&'static str>,
}

/// What is counted: seconds, or something that has this name.
#[derive(Clone, Copy)]
enum Unit {
    Seconds,
    Times(&'static str),
}

const fn program(name: &'static str, timeout_s: u64) -> Program {
    Program { name, timeout_s }
}

const ALL: [Repeated; 4] = [
    Repeated {
        guest: "killed",
        program: program("killed", 400),
        unit: Unit::Seconds,
        in_check: 20,
        per_minute: 30,
        live: true,
        argument: None,
    },
    Repeated {
        guest: "fuzz",
        program: program("fuzz", 900),
        unit: Unit::Times("inputs"),
        in_check: 10_000,
        per_minute: 100_000,
        live: true,
        argument: None,
    },
    // Each failure takes a load and an unload of a module, or a switch of the mode.
    Repeated {
        guest: "fault-injection",
        program: program("fault_injection", 900),
        unit: Unit::Times("allocations"),
        in_check: 10,
        per_minute: 20,
        live: false,
        argument: None,
    },
    // Every CPU and a block of memory, with each of two loads.
    Repeated {
        guest: "hotplug-cycles",
        program: program("hotplug_cycles", 900),
        unit: Unit::Times("cycles"),
        in_check: 10,
        per_minute: 50,
        live: true,
        argument: Some(BLOCK_OFFLINE),
    },
];

impl Repeated {
    fn in_soak(&self, minutes: u64) -> u64 {
        self.per_minute * minutes
    }

    /// The guest that does it so many times.
    fn guest(&self, times: u64) -> GuestSpec {
        let program = Program {
            timeout_s: self.program.timeout_s * times.div_ceil(self.in_check),
            ..self.program
        };
        let guest = GuestSpec::new(self.guest, Variant::TESTED, &[program]);
        let (seconds, count) = match self.unit {
            Unit::Seconds => (Some(times), None),
            Unit::Times(_) => (None, Some(times)),
        };
        GuestSpec {
            seconds,
            count,
            live: self.live,
            argument: self.argument,
            ..guest
        }
    }
}

/// The guests with what fits into `make check-debug`.
pub fn in_check() -> impl Iterator<Item = GuestSpec> {
    ALL.iter().map(|repeated| repeated.guest(repeated.in_check))
}

/// The guests with what `minutes` of `make soak` ask for.
pub fn in_soak(minutes: u64) -> impl Iterator<Item = GuestSpec> {
    ALL.iter()
        .map(move |repeated| repeated.guest(repeated.in_soak(minutes)))
}

/// How much of what `minutes` of `make soak` do `make check-debug` does.
pub fn both(minutes: u64) -> String {
    let both = ALL.iter().map(|repeated| {
        let unit = match repeated.unit {
            Unit::Seconds => "s",
            Unit::Times(what) => what,
        };
        let (checked, soaked) = (repeated.in_check, repeated.in_soak(minutes));
        format!("{} {checked} of {soaked} {unit}", repeated.guest)
    });
    both.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{both, in_check, in_soak};

    #[test]
    fn ten_minutes_are_what_was_asked_for() {
        let asked = [
            ("killed", "PWLOCKS_SECONDS", "300"),
            ("fuzz", "PWLOCKS_COUNT", "1000000"),
            ("fault-injection", "PWLOCKS_COUNT", "200"),
            ("hotplug-cycles", "PWLOCKS_COUNT", "500"),
        ];
        let guests: Vec<_> = in_soak(10).collect();
        assert_eq!(guests.len(), asked.len());
        for (name, variable, value) in asked {
            let guest = guests.iter().find(|guest| guest.name == name).unwrap();
            assert_eq!(guest.plan(4).steps[0].env[variable], value, "{name}");
        }
    }

    #[test]
    fn who_does_more_has_more_time() {
        for (less, more) in in_check().zip(in_soak(10)) {
            assert_eq!(less.name, more.name);
            assert!(more.timeout_s() >= 10 * less.timeout_s(), "{}", more.name);
        }
    }

    #[test]
    fn both_counts_are_said() {
        assert!(
            both(10).contains("fuzz 10000 of 1000000 inputs"),
            "{}",
            both(10)
        );
        assert!(both(1).contains("killed 20 of 30 s"), "{}", both(1));
    }
}
