// SPDX-License-Identifier: GPL-2.0

//! `make audit`: proves for each chosen kernel that mm_swap_live covers all that touches a batch.

use std::fs;
use std::io;
use std::path::Path;

use comfy_table::{Table, presets};
use pwlocks_audit::report::Report;
use serde::Serialize;

use crate::audited;
use crate::failure::{During, Ended, Result};
use crate::kernels;
use crate::lab::Lab;

/// build/audit.json.
#[derive(Serialize)]
struct Releases<'a> {
    releases: &'a [Report],
}

/// Audits them, prints what was found and leaves it in build/.
pub fn run(lab: &Lab) -> Result<Ended> {
    let headers = lab.project.build().join("audited");
    fs::create_dir_all(&headers).during("build/audited")?;
    let mut reports = Vec::new();
    for image in kernels::images(lab)? {
        let audited = audited::get(lab, &image)?;
        let header = headers.join(format!("{}.h", image.release.name));
        copy_or_remove(audited.header().as_deref(), &header)
            .during(format!("write {}", header.display()))?;
        reports.push(audited.report);
    }
    let file = lab.project.build().join("audit.json");
    let releases = Releases { releases: &reports };
    let text = serde_json::to_string_pretty(&releases).during("audit.json")?;
    fs::write(&file, text + "\n").during(format!("write {}", file.display()))?;
    for report in &reports {
        lab.ui
            .print(&format!("{} {}", report.release, report.version));
        lab.ui.print(&functions(report).to_string());
        lab.ui.print(&structs(report).to_string());
        lab.ui.print("");
    }
    for report in &reports {
        for line in conclusion(report) {
            lab.ui.print(&line);
        }
    }
    Ok(Ended::of_tests(reports.iter().all(|report| report.ok)))
}

/// No header may be left from a time when the audit passed.
fn copy_or_remove(from: Option<&Path>, to: &Path) -> io::Result<()> {
    match from {
        Some(from) => fs::copy(from, to).map(|_| ()),
        None => match fs::remove_file(to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    }
}

fn functions(report: &Report) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header(["function", "verdict", "why"]);
    for function in &report.functions {
        table.add_row([
            function.name.clone(),
            function.verdict.to_string(),
            function.reason.clone(),
        ]);
    }
    table
}

fn structs(report: &Report) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::ASCII_MARKDOWN);
    table.set_header(["structure", "as expected", "compared"]);
    for compared in &report.structs {
        let ok = if compared.ok { "yes" } else { "NO" };
        table.add_row([&compared.name, ok, &compared.reason]);
    }
    table
}

/// One line if all is well, else one more per complaint.
fn conclusion(report: &Report) -> Vec<String> {
    let counts = format!(
        "{} functions, {} structures",
        report.functions.len(),
        report.structs.len()
    );
    if report.ok {
        return vec![format!("ok     {}: {counts}", report.release)];
    }
    let first = format!("not ok {}: {counts}", report.release);
    let complaints = report.complaints().into_iter();
    let complaints = complaints.map(|complaint| format!("       {complaint}"));
    [first].into_iter().chain(complaints).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pwlocks_audit::report::{Judged, Report, Verdict};

    use super::{Releases, conclusion, copy_or_remove};

    fn report(verdict: Verdict) -> Report {
        Report {
            release: "7.2.12+deb13-amd64".into(),
            version: "#1 SMP".into(),
            build_id: "00ff".into(),
            ok: verdict != Verdict::Uncovered,
            functions: vec![Judged {
                name: "folio_add_lru".into(),
                verdict,
                reason: "why".into(),
            }],
            structs: Vec::new(),
        }
    }

    #[test]
    fn the_conclusion_names_what_is_uncovered() {
        let lines = conclusion(&report(Verdict::Uncovered));
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("not ok 7.2.12+deb13-amd64"));
        assert!(lines[1].contains("folio_add_lru: why"));
        assert_eq!(conclusion(&report(Verdict::Replaced)).len(), 1);
    }

    #[test]
    fn the_json_has_what_its_readers_look_for() {
        let releases = [report(Verdict::Uncovered)];
        let json = serde_json::to_value(Releases {
            releases: &releases,
        })
        .unwrap();
        let first = &json["releases"][0];
        assert_eq!(first["release"], "7.2.12+deb13-amd64");
        assert_eq!(first["ok"], false);
        assert_eq!(first["functions"][0]["verdict"], "uncovered");
        assert_eq!(first["functions"][0]["name"], "folio_add_lru");
        assert!(first["structs"].as_array().is_some());
    }

    #[test]
    fn a_failed_audit_leaves_no_header() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "header").unwrap();
        copy_or_remove(Some(&from), &to).unwrap();
        assert!(to.exists());
        copy_or_remove(None, &to).unwrap();
        copy_or_remove(None, &to).unwrap();
        assert!(!to.exists());
    }
}
