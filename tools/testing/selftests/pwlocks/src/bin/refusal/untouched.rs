// SPDX-License-Identifier: GPL-2.0

//! That a refusal has left the kernel as it was.

use crate::kernel_drain;
use selftests::{
    ensure, kernel_file,
    ktap::{Trouble, Verdict},
    live::{MODULE, Replaced},
    module,
};

/// What the kernel's functions do before something is tried.
pub(crate) struct Before(Replaced);

impl Before {
    pub(crate) fn now() -> Result<Self, Trouble> {
        Replaced::now().map(Self)
    }

    /// Checks that nothing has changed, by ftrace's own account and the module's, and by what the
    /// kernel does.
    pub(crate) fn check(&self) -> Verdict {
        let now = Replaced::now()?;

        ensure!(now == self.0, "before: {:?}, now: {now:?}", self.0);
        if module::is_loaded(MODULE) {
            let functions = kernel_file::read(kernel_file::debugfs("mm_swap_live/functions"))?;
            ensure!(
                functions.lines().all(|line| line.ends_with(" no -")),
                "the module says of its functions: {functions}"
            );
        }
        kernel_drain::works()
    }
}

/// Those of `messages` that begin with `prefix`, which must be one, with all of `words` in it.
pub(crate) fn one_line(messages: &[String], prefix: &str, words: &[&str]) -> Verdict {
    let lines: Vec<_> = messages
        .iter()
        .filter(|message| message.starts_with(prefix) && !is_taint(message))
        .collect();

    let [line] = lines[..] else {
        return Err(format!("not one line of {prefix:?}: {messages:#?}").into());
    };
    for word in words {
        ensure!(line.contains(word), "no {word:?} in {line:?}");
    }
    println!("# {line}");
    Ok(())
}

/// Whether a message is what the kernel says once, of the first module that is not its own.
pub(crate) fn is_taint(message: &str) -> bool {
    message.contains(" taint")
}
