// SPDX-License-Identifier: GPL-2.0

//! Writes to the parameter of pwlocks in sysfs.

use crate::{
    bad_buffer,
    source::Source,
    subject::Subject,
    tally::{Fate, Tally},
};
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{
    ensure, environment, kernel_file,
    ktap::{Trouble, Verdict},
    mode_values::{LOCAL, REFUSED, REMOTE, asked, auto},
    module,
};
use std::{fs::OpenOptions, os::unix::fs::FileExt as _};

/// The most that a file of sysfs takes at once, and the bytes of a page.
const PAGE: usize = 4096;

/// One episode.
pub(crate) fn run(rng: &mut Source, tally: &mut Tally) -> Verdict {
    let path = module::parameter_path("pwlocks", "pwlocks");
    let file = OpenOptions::new().write(true).open(&path)?;
    let meaning = Meaning::here()?;
    let mut before = State::now()?;

    for number in 0..Subject::Parameter.inputs() {
        rng.begin(number);
        let (kind, input) = match rng.u32(..10) {
            0 => ("a bad address", None),
            _ => {
                let (kind, bytes) = bytes(rng);
                (kind, Some(bytes))
            }
        };
        let result = match &input {
            // Where in the file it is written does not matter to sysfs.
            Some(bytes) => file.write_at(bytes, rng.u64(..) >> rng.u32(2..64)),
            None => bad_buffer::write(&file, rng)?,
        };
        let result = result.map_err(|error| bad_buffer::errno(&error));
        let after = State::now()?;
        let expected = match &input {
            Some(bytes) => meaning.of(bytes),
            None => Expected::Refused(Errno::EFAULT),
        };

        tally.add(Subject::Parameter, kind, Fate::of(&result));
        check(&expected, result, &before, &after).map_err(|trouble| {
            let shown = input.map(|bytes| bytes.escape_ascii().to_string());
            Trouble::fail(format!("input {number}, {shown:?}: {trouble:?}"))
        })?;
        // Nobody else writes it.
        before = after;
    }
    Ok(())
}

/// What can be seen of the mode.
#[derive(Clone, Debug, PartialEq, Eq)]
struct State {
    parameter: String,
    mode: String,
    reason: String,
}

impl State {
    fn now() -> Result<Self, Trouble> {
        Ok(Self {
            parameter: module::parameter("pwlocks", "pwlocks")?,
            mode: kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/mode"))?,
            reason: kernel_file::read_trimmed(kernel_file::debugfs("pwlocks/reason"))?,
        })
    }

    fn of(remote: bool, reason: &str) -> Self {
        let (parameter, mode) = if remote {
            ("1", "remote")
        } else {
            ("0", "local")
        };

        Self {
            parameter: parameter.to_owned(),
            mode: mode.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// What must become of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Expected {
    /// So many bytes are taken, and change nothing.
    Ignored(usize),
    /// So many bytes are taken, and this is in force.
    Set(usize, State),
    Refused(Errno),
}

/// What values mean on this kernel.
#[derive(Debug)]
struct Meaning {
    built_in: bool,
    asked: &'static str,
    auto: (bool, &'static str),
}

impl Meaning {
    fn here() -> Result<Self, Trouble> {
        Ok(Self {
            built_in: environment::built_in(),
            asked: asked(),
            auto: auto()?,
        })
    }

    /// That of a write of `bytes`: sysfs takes a page at most, and does not see to the module what is
    /// empty; the module takes what comes before the first NUL, without one newline at the end.
    fn of(&self, bytes: &[u8]) -> Expected {
        let taken = &bytes[..bytes.len().min(PAGE)];
        if taken.is_empty() {
            return Expected::Ignored(0);
        }
        let text = taken.split(|&byte| byte == 0).next().unwrap_or_default();
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let is_one_of = |values: &[&str]| values.iter().any(|value| value.as_bytes() == text);
        let state = if is_one_of(LOCAL) {
            State::of(false, self.asked)
        } else if is_one_of(REMOTE) && !self.built_in {
            return Expected::Refused(Errno::EOPNOTSUPP);
        } else if is_one_of(REMOTE) {
            State::of(true, self.asked)
        } else if text == b"auto" {
            State::of(self.auto.0, self.auto.1)
        } else {
            return Expected::Refused(Errno::EINVAL);
        };

        Expected::Set(taken.len(), state)
    }
}

fn check(
    expected: &Expected,
    result: Result<usize, Errno>,
    before: &State,
    after: &State,
) -> Verdict {
    let (answer, state) = match expected {
        Expected::Ignored(length) => (Ok(*length), before),
        Expected::Set(length, state) => (Ok(*length), state),
        Expected::Refused(error) => (Err(*error), before),
    };

    ensure!(
        result == answer && after == state,
        "expected {answer:?} and {state:?}, got {result:?} and {after:?}, from {before:?}"
    );
    Ok(())
}

/// What is written, and what kind of thing that is.
fn bytes(rng: &mut Rng) -> (&'static str, Vec<u8>) {
    let value = |rng: &mut Rng, values: &[&str]| values[rng.usize(..values.len())].to_owned();
    let accepted = |rng: &mut Rng| match rng.u32(..3) {
        0 => value(rng, LOCAL),
        1 => value(rng, REMOTE),
        _ => "auto".to_owned(),
    };
    let any = |rng: &mut Rng, length| -> Vec<u8> { (0..length).map(|_| rng.u8(..)).collect() };

    match rng.u32(..12) {
        0 => ("a value", accepted(rng).into_bytes()),
        1 => ("a value", (accepted(rng) + "\n").into_bytes()),
        2 => ("no value", (value(rng, REFUSED) + "\n").into_bytes()),
        3 => {
            let after = b" \n\0x0=,\"'\\"[rng.usize(..10)];
            let mut bytes = accepted(rng).into_bytes();
            bytes.push(after);
            bytes.extend_from_slice(accepted(rng).as_bytes());
            ("a value and another", bytes)
        }
        4 => {
            let mut bytes = accepted(rng).into_bytes();
            bytes.push(0);
            bytes.extend(any(rng, 40));
            ("a value and binary", bytes)
        }
        5 => ("nothing", Vec::new()),
        6 => ("binary", any(rng, 40)),
        7 => {
            let mut bytes = accepted(rng).into_bytes();
            let bit = rng.usize(..8 * bytes.len());
            bytes[bit / 8] ^= 1 << (bit % 8);
            ("a value but for a bit", bytes)
        }
        8 => {
            let mut bytes = accepted(rng).into_bytes();
            bytes.resize(PAGE - 1 + rng.usize(..3), b"\0\n 0"[rng.usize(..4)]);
            ("a page, about", bytes)
        }
        9 => {
            let mut bytes = accepted(rng).into_bytes();
            let place = rng.usize(..=bytes.len());
            bytes.insert(place, rng.u8(..));
            ("a value with a byte too many", bytes)
        }
        10 => {
            let length = rng.usize(..4 * PAGE);
            ("long", any(rng, length))
        }
        _ => ("NULs", vec![0; rng.usize(1..2 * PAGE)]),
    }
}

#[cfg(test)]
mod tests {
    use super::{Expected, Meaning, PAGE, State, bytes, check};
    use nix::errno::Errno;
    use selftests::random;
    use std::collections::BTreeSet;

    const MEANING: Meaning = Meaning {
        built_in: true,
        asked: "asked",
        auto: (true, "isolated"),
    };

    fn local(length: usize) -> Expected {
        Expected::Set(length, State::of(false, "asked"))
    }

    #[test]
    fn what_the_module_gets_to_see() {
        assert_eq!(MEANING.of(b""), Expected::Ignored(0));
        assert_eq!(MEANING.of(b"off\n"), local(4));
        assert_eq!(MEANING.of(b"0\0\xff"), local(3));
        assert_eq!(MEANING.of(b"0\n\0"), local(3));
        for refused in [&b"0\n\n"[..], b"\0", b"\x00\x30", b" 0", b"\n"] {
            assert_eq!(MEANING.of(refused), Expected::Refused(Errno::EINVAL));
        }
        let mut long = b"0".to_vec();
        long.resize(3 * PAGE, 0);
        assert_eq!(MEANING.of(&long), local(PAGE));
        let auto = Expected::Set(4, State::of(true, "isolated"));
        assert_eq!(MEANING.of(b"auto"), auto);
        let without = Meaning {
            built_in: false,
            ..MEANING
        };
        assert_eq!(without.of(b"on"), Expected::Refused(Errno::EOPNOTSUPP));
    }

    #[test]
    fn a_change_that_should_not_be_is_noticed() {
        let (local, remote) = (State::of(false, "asked"), State::of(true, "asked"));
        let refused = Expected::Refused(Errno::EINVAL);
        let set = Expected::Set(1, remote.clone());
        let error = Err(Errno::EINVAL);
        assert_eq!(check(&refused, error, &local, &local), Ok(()));
        assert!(check(&refused, error, &local, &remote).is_err());
        assert!(check(&refused, Ok(1), &local, &local).is_err());
        assert_eq!(check(&set, Ok(1), &local, &remote), Ok(()));
        assert!(check(&set, Ok(1), &local, &local).is_err());
        assert!(check(&set, Ok(2), &local, &remote).is_err());
        assert!(check(&Expected::Ignored(0), Ok(0), &local, &remote).is_err());
    }

    #[test]
    fn values_of_all_kinds_are_made() {
        let mut rng = random::source(1, 0);
        let kinds: BTreeSet<_> = (0..500).map(|_| bytes(&mut rng).0).collect();
        assert_eq!(kinds.len(), 11);
    }
}
