// SPDX-License-Identifier: GPL-2.0

//! What a process of the program is, of which it starts several: itself with arguments.

use super::{Scheduling, mlockall, page_loop};
use crate::ktap::Trouble;
use std::{env, ffi::OsString, path::PathBuf, process::Command};

const LOOP: &str = "loop";
const MLOCKALL: &str = "mlockall";

/// A role other than that of the one that measures.
#[derive(Debug, PartialEq, Eq)]
pub enum Role {
    /// The real-time loop.
    Loop {
        /// On this CPU.
        cpu: usize,
        /// Of whose pages it touches some.
        file: PathBuf,
        /// With this policy.
        scheduling: Scheduling,
    },
    /// The process that locks its memory.
    MlockAll,
}

impl Role {
    /// The role that the program's arguments say; `None` if there are none.
    pub fn of_arguments(arguments: &[OsString]) -> Result<Option<Self>, Trouble> {
        let words: Vec<_> = arguments.iter().map(|word| word.to_str()).collect();

        match words[..] {
            [] => Ok(None),
            [Some(LOOP), Some(cpu), Some(file), Some(scheduling)] => Ok(Some(Self::Loop {
                cpu: cpu.parse().map_err(Trouble::fail)?,
                file: file.into(),
                scheduling: scheduling.parse()?,
            })),
            [Some(MLOCKALL)] => Ok(Some(Self::MlockAll)),
            _ => Err(format!("these arguments make no sense: {arguments:?}").into()),
        }
    }

    /// The command that starts a process with this role.
    pub(super) fn command(&self) -> Result<Command, Trouble> {
        let mut command = Command::new(env::current_exe()?);

        match self {
            Self::Loop {
                cpu,
                file,
                scheduling,
            } => command
                .arg(LOOP)
                .arg(cpu.to_string())
                .arg(file)
                .arg(scheduling.name()),
            Self::MlockAll => command.arg(MLOCKALL),
        };
        Ok(command)
    }

    /// Does what the role is about.
    pub fn play(&self) -> Result<(), Trouble> {
        match self {
            Self::Loop {
                cpu,
                file,
                scheduling,
            } => page_loop::run(*cpu, file, *scheduling),
            Self::MlockAll => mlockall::run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Scheduling};
    use std::ffi::OsString;

    #[test]
    fn arguments_come_back_as_the_role() {
        let looping = |scheduling| Role::Loop {
            cpu: 3,
            file: "/dev/ram0".into(),
            scheduling,
        };
        let roles = [
            looping(Scheduling::Fifo),
            looping(Scheduling::Normal),
            looping(Scheduling::Asleep),
            Role::MlockAll,
        ];
        for role in roles {
            let command = role.command().expect("a command");
            let arguments: Vec<_> = command.get_args().map(OsString::from).collect();
            assert_eq!(Role::of_arguments(&arguments), Ok(Some(role)));
        }
        assert_eq!(Role::of_arguments(&[]), Ok(None));
        assert!(Role::of_arguments(&["loop".into()]).is_err());
    }
}
