// SPDX-License-Identifier: GPL-2.0

//! The command line and the environment variables that make passes on.

use std::num::NonZero;
use std::thread;

use clap::{ArgAction, Args, Parser, Subcommand};

use crate::bench::plan::Amount;
use crate::debug_kernel::DebugKernel;
use crate::guest_choice::Guests;
use crate::kernel_choice::Wish;

/// Fetches stock kernels, builds the modules for them, boots guests and reports.
#[derive(Debug, Parser)]
#[command(name = "pwlocks-lab", version)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to do it.
    #[command(flatten)]
    pub options: Options,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the demonstration: isolated CPU, with and without pwlocks
    Run,
    /// Run all tests
    Check,
    /// Run the guests' tests on kernels built to find mistakes
    CheckDebug {
        /// Which kernels: kasan, rt-kasan, kcsan; all by default.
        #[arg(long, env = "DEBUG", default_value = "", value_parser = parse_debug, hide_default_value = true)]
        kernels: DebugKernels,
        /// Which guests: all, few, others (than the few), or their names.
        #[arg(long, env = "GUESTS", default_value = "all")]
        guests: Guests,
        /// Minutes within which the guests are to be over: others are left out. All are run by default.
        #[arg(long, env = "MINUTES", default_value = "", value_parser = parse_minutes, hide_default_value = true)]
        minutes: Minutes,
    },
    /// Load the kernel for long, with the live module off, on and flipping; or, on debug kernels,
    /// repeat for long what `check-debug` repeats
    Soak {
        /// Which debug kernels: kasan, rt-kasan, kcsan; none by default.
        #[arg(long, env = "DEBUG", default_value = "", value_parser = parse_debug, hide_default_value = true)]
        kernels: DebugKernels,
        /// Which guests of the debug kernels: all, few, others (than the few), or their names.
        #[arg(long, env = "GUESTS", default_value = "all")]
        guests: Guests,
        /// Minutes with each.
        #[arg(long, env = "MINUTES", default_value = "10", value_parser = |text: &str| parse_number(text, 10, 1, MOST_MINUTES))]
        minutes: u32,
    },
    /// Measure what it costs and what it buys, as a report
    Bench {
        /// How much: full or quick.
        #[arg(long, env = "BENCH", default_value = "full", value_parser = parse_bench)]
        amount: Amount,
    },
    /// Measure the same on the running kernel, without a VM, as far as it takes times
    BenchHere {
        /// How much: full or quick.
        #[arg(long, env = "BENCH", default_value = "full", value_parser = parse_bench)]
        amount: Amount,
    },
    /// Run `make bench-here` in emulated machines that run the chosen kernels
    CheckHere,
    /// Run the kernel's own mm selftests with the live module and without
    CheckMm,
    /// Run the unit tests of the host programs and check the model, without a VM
    CheckHost,
    /// Check the model of the protocol exhaustively, without a VM
    CheckModel,
    /// Prove from the chosen kernels' images that the live module covers them
    Audit,
    /// Build the modules and the guest programs for the chosen kernels
    Build,
    /// Start an interactive guest with the modules and programs at hand
    Shell,
    /// Check formatting and lints of everything
    Lint,
    /// Write rust-project.json for editors
    RustAnalyzer,
    /// Remove build products and the cache
    Distclean,
    #[command(name = crate::sandbox::SUBCOMMAND, hide = true)]
    InSandbox {
        /// The sandbox, in JSON.
        description: String,
    },
}

/// How guests run on this machine.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccelWish {
    /// KVM if a probe boot shows that it works, else TCG.
    Auto,
    /// KVM.
    Kvm,
    /// QEMU's emulator.
    Tcg,
}

/// How to do it.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Kernel: a release (7.2.9+deb13-rt-amd64), a series (7.3), or all
    #[arg(long, global = true, env = "KERNEL", default_value = "", value_parser = Wish::parse, hide_default_value = true)]
    pub kernel: Wish,
    /// Accelerator: auto, kvm or tcg
    #[arg(long, global = true, env = "ACCEL", default_value = "auto", value_parser = parse_accel)]
    pub accel: AccelWish,
    /// CPUs of a guest
    #[arg(long, global = true, env = "CPUS", default_value = "4", value_parser = |text: &str| parse_number(text, 4, 2, 64))]
    pub cpus: u32,
    /// Memory of a guest in MiB
    #[arg(long, global = true, env = "MEM", default_value = "1024", value_parser = |text: &str| parse_number(text, 1024, 512, 1 << 20))]
    pub mem: u32,
    /// Guests and compilers that run at once; as many as the machine has CPUs by default
    #[arg(long, global = true, env = "JOBS", default_value = "", value_parser = parse_jobs, hide_default_value = true)]
    pub jobs: usize,
    /// Seconds after which a guest that says nothing counts as hung
    #[arg(long, global = true, env = "HANG_TIMEOUT", default_value = "120", value_parser = |text: &str| parse_number(text, 120, 5, 86400))]
    pub hang_timeout: u32,
    /// 1 shows the commands that are run
    #[arg(long, global = true, env = "V", default_value = "0", action = ArgAction::Set, value_parser = parse_verbose)]
    pub verbose: bool,
}

/// A week.
const MOST_MINUTES: u32 = 10_000;

/// Debug kernels, in the order in which they are used.
#[derive(Clone, Debug)]
pub struct DebugKernels(pub Vec<DebugKernel>);

/// The kernels that are named, none if the variable is set to nothing.
fn parse_debug(text: &str) -> Result<DebugKernels, String> {
    if text.is_empty() {
        return Ok(DebugKernels(Vec::new()));
    }
    let find = |name: &str| {
        DebugKernel::ALL
            .into_iter()
            .find(|kernel| kernel.name() == name)
            .ok_or_else(|| "accepted: kasan, rt-kasan, kcsan, separated by commas".to_owned())
    };
    text.split(',')
        .map(find)
        .collect::<Result<_, _>>()
        .map(DebugKernels)
}

/// Minutes, if there are to be any.
#[derive(Clone, Copy, Debug)]
pub struct Minutes(pub Option<u32>);

fn parse_minutes(text: &str) -> Result<Minutes, String> {
    if text.is_empty() {
        return Ok(Minutes(None));
    }
    parse_number(text, 0, 1, MOST_MINUTES).map(|minutes| Minutes(Some(minutes)))
}

fn parse_bench(text: &str) -> Result<Amount, String> {
    match text {
        "" | "full" => Ok(Amount::Full),
        "quick" => Ok(Amount::Quick),
        _ => Err("accepted: full, quick".into()),
    }
}

fn parse_accel(text: &str) -> Result<AccelWish, String> {
    match text {
        "" | "auto" => Ok(AccelWish::Auto),
        "kvm" => Ok(AccelWish::Kvm),
        "tcg" => Ok(AccelWish::Tcg),
        _ => Err("accepted: auto, kvm, tcg".into()),
    }
}

/// A number from `min` to `max`; `default` if the variable is set to nothing.
fn parse_number(text: &str, default: u32, min: u32, max: u32) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(default);
    }
    match text.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(number),
        _ => Err(format!("accepted: a number from {min} to {max}")),
    }
}

fn parse_jobs(text: &str) -> Result<usize, String> {
    let cpus = thread::available_parallelism().map_or(1, NonZero::get);
    parse_number(text, u32::try_from(cpus).unwrap_or(1), 1, 1024).map(|jobs| jobs as usize)
}

fn parse_verbose(text: &str) -> Result<bool, String> {
    match text {
        "" | "0" => Ok(false),
        "1" => Ok(true),
        _ => Err("accepted: 0, 1".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{AccelWish, Cli};

    fn error(arguments: &[&str]) -> String {
        let all = ["pwlocks-lab"].iter().chain(arguments);
        let error = Cli::try_parse_from(all).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        error.to_string()
    }

    #[test]
    fn refused_values_are_quoted_with_what_is_accepted() {
        for (arguments, accepted) in [
            (["run", "--accel", "xen"], "accepted: auto, kvm, tcg"),
            (["run", "--cpus", "1"], "a number from 2 to 64"),
            (["run", "--mem", "lots"], "a number from 512 to"),
            (["run", "--verbose", "2"], "accepted: 0, 1"),
            (
                ["check-debug", "--kernels", "kmsan"],
                "accepted: kasan, rt-kasan, kcsan",
            ),
            (
                ["check-debug", "--minutes", "0"],
                "a number from 1 to 10000",
            ),
            (["bench", "--amount", "long"], "accepted: full, quick"),
            (["run", "--jobs", "0"], "a number from 1 to 1024"),
            (["run", "--kernel", "newest"], "a series"),
        ] {
            let message = error(&arguments);
            assert!(message.contains(accepted), "{message}");
            assert!(message.contains(arguments[2]), "{message}");
        }
    }

    #[test]
    fn an_unknown_command_is_refused() {
        assert!(error(&["walk"]).contains("walk"));
    }

    #[test]
    fn variables_set_to_nothing_mean_the_default() {
        let cli = Cli::try_parse_from([
            "pwlocks-lab",
            "check",
            "--accel=",
            "--cpus=",
            "--mem=",
            "--verbose=",
            "--jobs=",
            "--kernel=",
        ])
        .unwrap();
        assert_eq!(cli.options.accel, AccelWish::Auto);
        assert_eq!((cli.options.cpus, cli.options.mem), (4, 1024));
        assert!(!cli.options.verbose && cli.options.jobs > 0);
    }
}
