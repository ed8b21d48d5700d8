// SPDX-License-Identifier: GPL-2.0

//! What the user sees while steps run: bars on a terminal, plain lines in a pipe.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Speaks to the user on standard error; results go to standard output.
#[derive(Clone)]
pub struct Ui(Arc<Shared>);

struct Shared {
    bars: MultiProgress,
    terminal: bool,
    verbose: bool,
}

impl Ui {
    /// Bars if standard error is a terminal; the commands too if `verbose`.
    pub fn new(verbose: bool) -> Self {
        let terminal = io::stderr().is_terminal();
        let bars = MultiProgress::with_draw_target(if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        Self(Arc::new(Shared {
            bars,
            terminal,
            verbose,
        }))
    }

    /// Shows nothing, for tests.
    #[cfg(test)]
    pub fn silent() -> Self {
        Self(Arc::new(Shared {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            terminal: true,
            verbose: false,
        }))
    }

    /// Says one line.
    pub fn say(&self, line: &str) {
        // Bars and lines share the terminal; a line must not land in the middle of a bar.
        self.0.bars.suspend(|| eprintln!("{line}"));
    }

    /// Prints one line of the result on standard output.
    pub fn print(&self, line: &str) {
        self.0.bars.suspend(|| println!("{line}"));
    }

    /// Says a command that is about to run, if the user wants to see commands.
    pub fn command(&self, line: &str) {
        if self.0.verbose {
            self.say(&format!("+ {line}"));
        }
    }

    /// Starts to show a step that is over when about `expected` units are done, if that is known.
    pub fn step(&self, title: &str, expected: Option<u64>) -> Step {
        let bar = match expected {
            Some(total) => ProgressBar::new(total).with_style(style(
                "{prefix:<44!} [{bar:24}] {percent:>3}% {elapsed}  {wide_msg}",
            )),
            None => ProgressBar::new_spinner()
                .with_style(style("{prefix:<44!} {spinner} {elapsed}  {wide_msg}")),
        };
        let bar = self.0.bars.add(bar);
        bar.set_prefix(title.to_owned());
        if self.0.terminal {
            bar.enable_steady_tick(Duration::from_millis(200));
        } else {
            self.say(&format!("{title} ..."));
        }
        Step {
            ui: self.clone(),
            bar,
            title: title.to_owned(),
            start: Instant::now(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A step that is being shown; it disappears from the terminal when it is dropped.
pub struct Step {
    ui: Ui,
    bar: ProgressBar,
    title: String,
    start: Instant,
}

impl Step {
    /// Shows how far the step is, never as finished: the total is an estimate.
    pub fn position(&self, done: u64) {
        let last = self.bar.length().unwrap_or(u64::MAX).saturating_sub(1);
        self.bar.set_position(done.min(last));
    }

    /// Shows what the step is doing.
    pub fn message(&self, line: &str) {
        self.bar.set_message(line.trim().replace('\t', " "));
    }

    /// Leaves a line that says the step is done, and how long it took.
    pub fn done(self, outcome: &str) {
        let seconds = self.start.elapsed().as_secs_f64();
        self.bar.finish_and_clear();
        self.ui
            .say(&format!("{}: {outcome} ({seconds:.1} s)", self.title));
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
