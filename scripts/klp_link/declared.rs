// SPDX-License-Identifier: GPL-2.0

//! The list of the kernel's names that a module may use although they are not exported.
//!
//! One a line: `name[,position] [if [!]OPTION]...`, with `#` before comments. The conditions have
//! to hold all; an option is set if the kernel's configuration has it as y or m, or if Kbuild
//! passes its name.

use std::collections::BTreeSet;

use crate::name::Name;

/// The options that are set.
#[derive(Debug, Default)]
pub(crate) struct Options(BTreeSet<String>);

impl Options {
    /// Those in the text of an auto.conf, and `more`.
    pub(crate) fn new(auto_conf: &str, more: impl IntoIterator<Item = String>) -> Self {
        let set = auto_conf
            .lines()
            .filter_map(|line| line.strip_suffix("=y").or(line.strip_suffix("=m")))
            .map(str::to_owned);
        Self(set.chain(more).collect())
    }

    fn holds(&self, condition: &str) -> bool {
        match condition.strip_prefix('!') {
            Some(option) => !self.0.contains(option),
            None => self.0.contains(condition),
        }
    }
}

/// Reads a list; `options` decides which lines count. An error starts with the line's number.
pub(crate) fn parse(list: &str, options: &Options) -> Result<BTreeSet<Name>, String> {
    let mut names = BTreeSet::new();
    for (number, line) in (1..).zip(list.lines()) {
        let explain = |what: String| format!("{number}: {what}");
        let text = line.split('#').next().unwrap_or_default();
        let mut words = text.split_whitespace();
        let Some(word) = words.next() else {
            continue;
        };
        let name = Name::parse(word).map_err(explain)?;
        let mut wanted = true;
        while let Some(word) = words.next() {
            let condition = words.next().filter(|_| word == "if");
            let Some(condition) = condition else {
                return Err(explain(format!(
                    "\"{word}\" is not followed by a condition; a line is \
                     name[,position] [if [!]OPTION]..."
                )));
            };
            wanted &= options.holds(condition);
        }
        if wanted && !names.insert(name) {
            return Err(explain(format!("\"{word}\" is declared twice")));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::Options;

    fn names(list: &str, options: &Options) -> Vec<String> {
        let names = super::parse(list, options).unwrap();
        names.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn comments_and_empty_lines_are_skipped() {
        let list = "# why\n\ncpu_fbatches   # the batches\nmlock_fbatch,2\n";
        assert_eq!(
            names(list, &Options::default()),
            ["cpu_fbatches", "mlock_fbatch,2"]
        );
    }

    #[test]
    fn conditions_have_to_hold_all() {
        let options = Options::new(
            "CONFIG_SMP=y\nCONFIG_ZRAM=m\nCONFIG_NR_CPUS=8\n",
            ["CONFIG_PWLOCKS_TEST".into()],
        );
        let list = "a if CONFIG_SMP\nb if !CONFIG_SMP\nc if CONFIG_ZRAM if CONFIG_PWLOCKS_TEST\n\
                    d if CONFIG_SMP if CONFIG_PREEMPT_RT\ne if !CONFIG_PREEMPT_RT\nf if CONFIG_NR_CPUS\n";
        assert_eq!(names(list, &options), ["a", "c", "e"]);
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let options = Options::default();
        for (list, what) in [
            ("a\nb,x\n", "2: \"b,x\" has no plain number"),
            ("a when CONFIG_SMP\n", "1: \"when\""),
            ("a if\n", "1: \"if\" is not followed"),
            ("a\nb\na,0\n", "3: \"a,0\" is declared twice"),
        ] {
            let error = super::parse(list, &options).unwrap_err();
            assert!(error.starts_with(what), "{error}");
        }
    }

    #[test]
    fn a_name_may_be_declared_once_per_configuration() {
        let list = "a,1 if CONFIG_SMP\na if !CONFIG_SMP\n";
        assert_eq!(names(list, &Options::default()), ["a"]);
    }
}
