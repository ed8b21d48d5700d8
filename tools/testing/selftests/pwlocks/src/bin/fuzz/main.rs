// SPDX-License-Identifier: GPL-2.0

//! Random inputs to everything of the modules that user space can write: the demo's ioctls, the
//! parameters in sysfs and at load time, the files in debugfs, the device as a file. What is accepted
//! must do what it says; what is refused must have one of the errors documented for its mistakes and
//! leave everything as it was.
//!
//! Inputs come in episodes, each from a seed of its own and with open files of its own. First those
//! of the seeds kept in `seeds.txt` are made again, then new ones until there are as many inputs as
//! the caller says (`PWLOCKS_COUNT`). `PWLOCKS_SEED` is the seed of the first new one: what a failure
//! prints makes the same episode again, with `PWLOCKS_COUNT=1` no other after it.
//!
//! Inputs have the shape of right ones, with a mistake here and there. On a kernel with kcov, for
//! which the modules are built to be traced, coverage guides it: an episode that was the first to run
//! some of their code is made again, up to some input, and goes on otherwise from there. Its seed is
//! printed, `PWLOCKS_SEED=` takes it as well.

mod bad_buffer;
mod bits;
mod corpus;
mod coverage;
mod episode;
mod file;
mod ioctl;
mod kcov;
mod loading;
mod parameter;
mod seed;
mod seeds;
mod source;
mod subject;
mod tally;

use corpus::Corpus;
use episode::Episodes;
use seed::Seed;
use selftests::{
    demo::{Modules, check_nothing_left},
    ensure, environment,
    ktap::{self, Report, Trouble, Verdict},
    mode_values, our_modules, random,
    stress::Before,
};
use std::{env, process::ExitCode};

/// Inputs, if the caller does not say.
const COUNT: u64 = 20_000;

fn main() -> ExitCode {
    if let Some(skipped) = mode_values::loader("fuzz") {
        return skipped;
    }
    match prepare() {
        Ok((episodes, before)) => run(episodes, before),
        Err(trouble) => ktap::nothing_tested("the modules can be used", trouble),
    }
}

/// What is allocated once, for good, is there after the kept seeds.
fn prepare() -> Result<(Episodes, Before), Trouble> {
    let mut warm_up = Episodes::new()?;

    for seed in seeds::kept() {
        warm_up.run(&seed)?;
    }
    our_modules::unload_all()?;
    Ok((Episodes::new()?, Before::now()?))
}

fn run(mut episodes: Episodes, mut before: Before) -> ExitCode {
    let mut report = Report::begin(8);
    let count = environment::count().unwrap_or(COUNT);
    let first = given().unwrap_or_else(|| Seed::new(random::seed()));
    let mut corpus = Corpus::new(first.first() + 1);

    report.diagnostic(format_args!("PWLOCKS_SEED={first} PWLOCKS_COUNT={count}"));
    report.test("the kept seeds", || {
        seeds::kept().try_for_each(|seed| one(&mut episodes, &mut corpus, &seed))
    });
    if !report.has_failed() {
        report.test(&format!("{count} inputs"), || {
            // The inputs of the kept seeds count, but there is one new episode in any case.
            one(&mut episodes, &mut corpus, &first)?;
            while episodes.tally().inputs() < count {
                let next = corpus.next();
                one(&mut episodes, &mut corpus, &next)?;
            }
            Ok(())
        });
    }
    report.diagnostic(episodes.tally());
    if report.has_failed() {
        // What comes after is of a state that is wrong already. The points not given fail too.
        return report.end();
    }
    report.test("it is known which code of the modules was run", || {
        let Some(cut) = episodes.cut() else {
            return Err(Trouble::skip("the kernel has no kcov"));
        };
        let (places, seeds) = corpus.size();
        println!("# {places} places reached, by {seeds} seeds first");
        println!("# {cut} episodes ran more than there was room to note");
        ensure!(places > 0, "none: the modules are not built for it");
        Ok(())
    });
    report.test("of every subject some were accepted, some refused", || {
        episodes.tally().check()
    });
    report.test("the demo has no folio left", || {
        let _modules = Modules::need()?;
        check_nothing_left()
    });
    report.test("all modules can be unloaded", our_modules::unload_all);
    report.test("the kernel does not complain", || before.log());
    report.test("memory is as before", || before.memory());
    report.end()
}

/// The seed that the caller wants first.
fn given() -> Option<Seed> {
    env::var("PWLOCKS_SEED").ok()?.parse().ok()
}

/// Makes one episode, and says if it was the first to reach something.
fn one(episodes: &mut Episodes, corpus: &mut Corpus, seed: &Seed) -> Verdict {
    let new = corpus.note(seed, &episodes.run(seed)?);

    if new > 0 {
        println!("# PWLOCKS_SEED={seed} is the first to reach {new} places");
    }
    Ok(())
}
