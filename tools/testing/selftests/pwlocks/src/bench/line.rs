// SPDX-License-Identifier: GPL-2.0

//! The lines that a program prints.

use crate::ktap::Trouble;
use serde::Serialize;
use std::fmt::Display;

/// The section comes first, for whoever looks for the lines.
#[derive(Serialize)]
struct Line<'a, T> {
    bench: &'a str,
    #[serde(flatten)]
    figures: &'a T,
}

/// Prints a measurement.
pub fn print(section: &str, figures: &impl Serialize) -> Result<(), Trouble> {
    println!("{}", line(section, figures)?);
    Ok(())
}

fn line(section: &str, figures: &impl Serialize) -> Result<String, Trouble> {
    let line = Line {
        bench: section,
        figures,
    };

    Ok(serde_json::to_string(&line)?)
}

/// Prints a remark.
pub fn remark(text: impl Display) {
    for line in text.to_string().lines() {
        println!("# {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::line;
    use serde::Serialize;

    #[test]
    fn the_section_comes_first() {
        #[derive(Serialize)]
        struct Figures {
            works: u64,
            all: Vec<u64>,
        }
        let figures = Figures {
            works: 3,
            all: vec![1, 2],
        };
        assert_eq!(
            line("scale", &figures).as_deref(),
            Ok(r#"{"bench":"scale","works":3,"all":[1,2]}"#)
        );
    }
}
