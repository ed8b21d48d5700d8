// SPDX-License-Identifier: GPL-2.0

//! What debugfs shows of the demo.

use crate::{kernel_file, ktap::Trouble};
use std::collections::BTreeMap;

/// Reads a file of debugfs mm_swap_demo/ that has a name and a number per line.
pub fn debugfs_figures(name: &str) -> Result<BTreeMap<String, u64>, Trouble> {
    let path = kernel_file::debugfs(&format!("mm_swap_demo/{name}"));
    let text = kernel_file::read(&path)?;

    parse(&text)
        .ok_or_else(|| Trouble::fail(format!("{path} has a line that is no figure: {text}")))
}

fn parse(text: &str) -> Option<BTreeMap<String, u64>> {
    text.lines()
        .map(|line| {
            let (name, value) = line.trim().rsplit_once([' ', '\t'])?;
            let name = name.trim().trim_end_matches(':');
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn figures() {
        let figures = parse("allocated 12\nlisted:  3\n").expect("figures");
        assert_eq!(figures["allocated"], 12);
        assert_eq!(figures["listed"], 3);
        assert_eq!(parse("allocated many\n"), None);
    }
}
