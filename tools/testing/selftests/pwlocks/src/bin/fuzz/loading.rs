// SPDX-License-Identifier: GPL-2.0

//! The parameters that modules are loaded with. No module is loaded to begin with, nor in the end.

use crate::{
    source::Source,
    subject::Subject,
    tally::{Fate, Tally},
};
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{
    doing::Doing as _,
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    live,
    mode_values::{LOCAL, REFUSED, REMOTE},
    module, our_modules,
};
use serde_json::Value;
use std::ffi::CString;

/// A module's parameters, and what must become of it.
#[derive(Debug)]
struct Input {
    module: &'static str,
    params: Vec<u8>,
    /// Whether it must load.
    right: bool,
    /// What it shows then, by name: of kmalloc_bench in its report, else in sysfs.
    shows: Vec<(&'static str, String)>,
}

/// One episode.
pub(crate) fn run(rng: &mut Source, tally: &mut Tally) -> Verdict {
    for number in 0..Subject::Loading.inputs() {
        rng.begin(number);
        let input = next(rng);

        check(&input, tally).map_err(|trouble| {
            let params = input.params.escape_ascii();
            Trouble::fail(format!("input {number}, {params}, {input:?}: {trouble:?}"))
        })?;
    }
    Ok(())
}

fn check(input: &Input, tally: &mut Tally) -> Verdict {
    let name = input.module;
    if module::file(name).is_none_or(|file| !file.exists()) {
        // mm_swap_live is not built for every kernel.
        return Ok(());
    }
    let params = CString::new(input.params.clone()).doing("parameters")?;
    if matches!(name, "mm_swap_demo" | live::MODULE) {
        module::load("pwlocks", c"pwlocks=0").doing("insmod pwlocks")?;
    }
    let result = module::load(name, &params);
    tally.add(Subject::Loading, name, Fate::of(&result));
    let verdict = match (input.right, result) {
        (true, Ok(())) => shown(input),
        // The last two are those of the kernel's parser, for numbers and strings.
        (false, Err(Errno::EINVAL | Errno::ERANGE | Errno::ENOSPC)) => Ok(()),
        // It is for another kernel.
        (_, Err(Errno::ENOEXEC)) if name == live::MODULE => Ok(()),
        (right, result) => Err(format!("right: {right}, insmod: {result:?}").into()),
    };

    ensure!(
        module::is_loaded(name) == result.is_ok(),
        "insmod: {result:?}, loaded: {}",
        module::is_loaded(name)
    );
    our_modules::unload_all()?;
    verdict
}

/// What it was given is what it shows.
fn shown(input: &Input) -> Verdict {
    let report: Value = match input.module {
        "kmalloc_bench" => {
            let path = kernel_file::debugfs("kmalloc_bench/result");
            serde_json::from_str(&kernel_file::read(path)?)?
        }
        _ => Value::Null,
    };

    for (name, value) in &input.shows {
        let shown = match &report {
            Value::Null => module::parameter(input.module, name)?,
            report => report[name]
                .as_str()
                .map_or_else(|| report[name].to_string(), str::to_owned),
        };
        ensure!(shown == *value, "{name} is shown as {shown}, not {value}");
    }
    Ok(())
}

fn next(rng: &mut Rng) -> Input {
    match rng.u32(..8) {
        0..2 => pwlocks(rng),
        2 => drain_locked(rng),
        3 => Input {
            module: "mm_swap_demo",
            // It has none, and the kernel ignores what it does not know.
            params: text(rng).into_bytes(),
            right: true,
            shows: Vec::new(),
        },
        _ => kmalloc_bench(rng),
    }
}

/// Printable, without what ends a value or a name: nobody's parameter.
fn text(rng: &mut Rng) -> String {
    let length = rng.usize(1..60);
    let letters = (0..length).map(|_| rng.alphanumeric());

    letters.chain("_x=1".chars()).collect()
}

/// Bytes for a value that is accepted by nobody.
fn binary(rng: &mut Rng) -> Vec<u8> {
    let length = rng.usize(1..200);
    let bytes = (0..length).map(|_| rng.u8(..));

    bytes
        // White space would end it, a NUL everything; the kernel takes quotes off.
        .filter(|byte| !byte.is_ascii_whitespace() && !b"\0\x0b\xa0\"".contains(byte))
        .chain(*b"\xff")
        .collect()
}

fn pwlocks(rng: &mut Rng) -> Input {
    let (value, shows) = match rng.u32(..5) {
        0 => (
            LOCAL[rng.usize(..LOCAL.len())].as_bytes().to_vec(),
            Some("0"),
        ),
        1 => (
            REMOTE[rng.usize(..REMOTE.len())].as_bytes().to_vec(),
            // With CONFIG_PWLOCKS=n it has no effect, and is no reason not to load.
            selftests::environment::built_in()
                .then_some("1")
                .or(Some("0")),
        ),
        2 => (
            REFUSED[rng.usize(..REFUSED.len())].as_bytes().to_vec(),
            None,
        ),
        3 => (binary(rng), None),
        _ => (vec![b'1'; rng.usize(2..900)], None),
    };
    let mut params = match rng.u32(..6) {
        // Without a value at all.
        0 if shows.is_none() => b"pwlocks".to_vec(),
        1 => [&b"  pwlocks=\""[..], &value, b"\" "].concat(),
        _ => [b"pwlocks=", &*value].concat(),
    };
    if rng.u32(..4) == 0 {
        params.extend_from_slice(format!(" {}", text(rng)).as_bytes());
    }
    Input {
        module: "pwlocks",
        params,
        right: shows.is_some(),
        shows: shows
            .map(|value| ("pwlocks", value.to_owned()))
            .into_iter()
            .collect(),
    }
}

fn drain_locked(rng: &mut Rng) -> Input {
    let (params, shown) = [
        ("drain_locked", Some("Y")),
        ("drain_locked=1", Some("Y")),
        ("drain_locked=n", Some("N")),
        ("drain_locked=2", None),
        ("drain_locked=", None),
        ("drain_locked=x1", None),
    ][rng.usize(..6)];

    Input {
        module: live::MODULE,
        params: params.as_bytes().to_vec(),
        right: shown.is_some(),
        shows: shown
            .map(|value| ("drain_locked", value.to_owned()))
            .into_iter()
            .collect(),
    }
}

/// Of kmalloc_bench: the name of a parameter, a right value, and wrong ones.
fn bench_parameters(rng: &mut Rng) -> [(&'static str, String, &'static [&'static str]); 6] {
    const NO_NUMBER: &str = "1x";
    const TOO_LARGE: &str = "99999999999999999999";

    [
        (
            "size",
            rng.u32(1..=8192).to_string(),
            // The limit is at most 4 MiB on x86-64.
            &["0", "4194305", "-1", "", NO_NUMBER, TOO_LARGE],
        ),
        // Few, so that a run is short.
        (
            "iterations",
            rng.u32(1..=300).to_string(),
            &["0", "-1", "", NO_NUMBER, TOO_LARGE],
        ),
        (
            "rounds",
            rng.u32(1..=3).to_string(),
            &["0", "1001", "4294967296", "-1", "", NO_NUMBER],
        ),
        (
            "pattern",
            ["batch", "pair", "mixed"][rng.usize(..3)].to_owned(),
            &["", "Batch", "batch,pair", "zigzag"],
        ),
        (
            "nested",
            rng.u32(..2).to_string(),
            &["2", "-1", "y", "", "4294967295"],
        ),
        (
            "seed",
            rng.u64(..).to_string(),
            &["-1", "", NO_NUMBER, TOO_LARGE],
        ),
    ]
}

fn kmalloc_bench(rng: &mut Rng) -> Input {
    let all = bench_parameters(rng);
    let wrong = rng.bool().then(|| rng.usize(..all.len()));
    let mut params = Vec::new();
    let mut shows = Vec::new();
    let mut order: Vec<_> = (0..all.len()).collect();

    rng.shuffle(&mut order);
    for index in order {
        let (name, right, wrong_ones) = &all[index];
        let value = if wrong == Some(index) {
            match (*name, rng.u32(..4)) {
                ("pattern", 0) => binary(rng),
                // The kernel copies as much, and no more.
                ("pattern", 1) => vec![b'x'; rng.usize(1..1500)],
                _ => wrong_ones[rng.usize(..wrong_ones.len())]
                    .as_bytes()
                    .to_vec(),
            }
        } else {
            shows.push((*name, right.clone()));
            right.as_bytes().to_vec()
        };
        params.extend_from_slice(name.as_bytes());
        params.push(b'=');
        params.extend(value);
        params.extend_from_slice(&b"    "[..rng.usize(1..4)]);
    }
    Input {
        module: "kmalloc_bench",
        params,
        right: wrong.is_none(),
        shows,
    }
}

#[cfg(test)]
mod tests {
    use super::{binary, next};
    use selftests::random;
    use std::ffi::CString;

    #[test]
    fn parameters_are_c_strings_and_right_ones_and_wrong_ones() {
        let mut rng = random::source(1, 0);
        let inputs: Vec<_> = (0..1000).map(|_| next(&mut rng)).collect();
        let right = inputs.iter().filter(|input| input.right).count();
        assert!((300..700).contains(&right), "{right}");
        for input in inputs {
            assert!(CString::new(input.params).is_ok());
            assert!(input.right || input.shows.len() < 6);
        }
    }

    #[test]
    fn a_run_is_short_or_is_refused() {
        let mut rng = random::source(2, 0);
        for input in (0..1000).map(|_| next(&mut rng)) {
            if input.module == "kmalloc_bench" && input.right {
                let shown = |name| {
                    let (_, value) = input.shows.iter().find(|(of, _)| *of == name).unwrap();
                    value.parse::<u64>().unwrap()
                };
                assert!(shown("iterations") * shown("rounds") <= 900);
            }
        }
    }

    #[test]
    fn binary_values_are_one_word() {
        let mut rng = random::source(3, 0);
        for _ in 0..100 {
            let value = binary(&mut rng);
            assert!(
                !value
                    .iter()
                    .any(|byte| b" \t\n\x0b\x0c\r\0\"".contains(byte))
            );
        }
    }
}
