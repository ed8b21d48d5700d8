// SPDX-License-Identifier: GPL-2.0

//! Module.symvers files: lines of CRC, symbol, module, kind of export and namespace, between tabs.

use std::collections::BTreeSet;

use crate::name::Name;

/// Lines that tell modpost of `names`, so that it takes them, and no other, for defined.
///
/// They are given to vmlinux, so no module comes to depend on another one for them. Modpost leaves
/// out a dot at the start of a symbol that it looks for, but not of one that it reads here.
pub(crate) fn of_names(names: &BTreeSet<Name>) -> String {
    let mut text = String::new();
    for name in names {
        let symbol = name.to_symbol();
        let symbol = symbol.trim_start_matches('.');
        text += &format!("0x00000000\t{symbol}\tvmlinux\tEXPORT_SYMBOL_GPL\t\n");
    }
    text
}

/// The names in what [`of_names`] made. An error starts with the line's number.
pub(crate) fn names(text: &str) -> Result<BTreeSet<Name>, String> {
    let mut names = BTreeSet::new();
    for symbol in symbols(text)? {
        let name = Name::of_symbol(&format!(".{symbol}"));
        names.insert(name.unwrap_or_else(|| Err(format!("\"{symbol}\" is no such name")))?);
    }
    Ok(names)
}

/// The symbols in the text of a file. An error starts with the line's number.
pub(crate) fn symbols(text: &str) -> Result<BTreeSet<&str>, String> {
    (1..)
        .zip(text.lines())
        .map(|(number, line)| {
            let symbol = line.split('\t').nth(1).filter(|symbol| !symbol.is_empty());
            symbol.ok_or_else(|| format!("{number}: is not a line of a symvers file"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{names, of_names, symbols};
    use crate::name::Name;

    #[test]
    fn names_are_found_again() {
        let all = ["cpu_fbatches", "f,2"].map(|text| Name::parse(text).unwrap());
        let all = BTreeSet::from(all);
        let text = of_names(&all);
        assert!(text.lines().all(|line| line.split('\t').count() == 5));
        assert!(symbols(&text).unwrap().contains("klp.sym.vmlinux.f,2"));
        assert_eq!(names(&text).unwrap(), all);
    }

    #[test]
    fn another_file_is_refused() {
        assert_eq!(
            symbols("0x0\ta\tvmlinux\tEXPORT_SYMBOL\t\nnothing\n").unwrap_err(),
            "2: is not a line of a symvers file"
        );
        assert!(names("0x0\tkfree\tvmlinux\tEXPORT_SYMBOL\t\n").is_err());
    }
}
