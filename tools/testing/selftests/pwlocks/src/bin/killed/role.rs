// SPDX-License-Identifier: GPL-2.0

//! Who takes part. Each is a process of this program with arguments that say what it is to be.

use crate::{drains::Drains, files::Files, folios::Folios, mode, mode::Mode, modules::Loader};
use fastrand::Rng;
use nix::{
    sys::{prctl::set_pdeathsig, signal::Signal},
    unistd::write,
};
use selftests::{
    doing::Doing as _,
    ktap::{Trouble, Verdict},
    random,
};
use std::{env, io, process::ExitCode};

/// Uses the modules until it is killed.
pub(crate) trait Participant {
    /// Does one thing; whether it came to that, or met with a module that is not there.
    fn act(&mut self, rng: &mut Rng) -> Result<bool, Trouble>;
}

/// What a process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Makes requests to the demo's device.
    Folios,
    /// Switches the mode.
    Mode,
    /// Has the running kernel drain.
    Drains,
    /// Loads and unloads modules.
    Loader,
    /// Reads what they show.
    Files,
    /// Not one of those who are killed: sets each mode once.
    Setter,
}

impl Role {
    /// Those who are killed, some of them twice: the more at once, the more waits for another.
    pub(crate) const KILLED: [Self; 7] = [
        Self::Folios,
        Self::Folios,
        Self::Mode,
        Self::Drains,
        Self::Drains,
        Self::Loader,
        Self::Files,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Folios => "folios",
            Self::Mode => "mode",
            Self::Drains => "drains",
            Self::Loader => "loader",
            Self::Files => "files",
            Self::Setter => "setter",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::KILLED
            .into_iter()
            .chain([Self::Setter])
            .find(|role| role.name() == name)
    }

    /// Is one, if this program's arguments say so: a name and a seed.
    pub(crate) fn play() -> Option<ExitCode> {
        let mut arguments = env::args().skip(1);
        let role = Self::of(&arguments.next()?)?;
        let seed = arguments.next()?.parse().ok()?;

        Some(match role.run(seed) {
            Ok(()) => ExitCode::SUCCESS,
            Err(trouble) => {
                eprintln!("{}, seed {seed}: {trouble:?}", role.name());
                ExitCode::FAILURE
            }
        })
    }

    fn run(self, seed: u64) -> Verdict {
        // Whoever would kill it may have been killed.
        set_pdeathsig(Signal::SIGKILL).doing("prctl(PR_SET_PDEATHSIG)")?;
        match self {
            Self::Folios => work(&mut Folios::new(seed), seed),
            Self::Mode => work(&mut Mode, seed),
            Self::Drains => work(&mut Drains::new()?, seed),
            Self::Loader => work(&mut Loader, seed),
            Self::Files => work(&mut Files, seed),
            Self::Setter => mode::set_each(),
        }
    }
}

fn work(participant: &mut dyn Participant, seed: u64) -> Verdict {
    let mut rng = random::source(seed, 0);

    loop {
        if participant.act(&mut rng)? {
            // Standard input is a counter, to which a write adds.
            write(io::stdin(), &1_u64.to_ne_bytes()).doing("counting")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn each_is_known_by_its_name() {
        for role in Role::KILLED.into_iter().chain([Role::Setter]) {
            assert_eq!(Role::of(role.name()), Some(role));
        }
        assert_eq!(Role::of("nobody"), None);
    }
}
