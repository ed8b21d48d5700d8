// SPDX-License-Identifier: GPL-2.0

//! The files of a report.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::page;
use crate::bench::report::Report;
use crate::failure::{During, Result};

const PAGE: &str = "report.html";
const JSON: &str = "report.json";

/// Where they are, in `folder`.
pub fn paths(folder: &Path) -> [PathBuf; 2] {
    [PAGE, JSON].map(|name| folder.join(name))
}

/// Writes them.
pub fn write(report: &Report, folder: &Path) -> Result<()> {
    let html = page::page(report).during(PAGE)?;
    let json = serde_json::to_string_pretty(report).during(JSON)?;
    for (file, text) in paths(folder).into_iter().zip([html, json + "\n"]) {
        fs::write(&file, text).during(format!("write {}", file.display()))?;
    }
    Ok(())
}
