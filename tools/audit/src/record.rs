// SPDX-License-Identifier: GPL-2.0

//! What the module is told of the audit: the kernel that it was proven for.

use crate::report::Report;

/// A C header that the module's build includes, of a report that is ok.
///
/// The module compares it with init_uts_ns and vmlinux_build_id before it touches anything.
pub fn header(report: &Report) -> String {
    format!(
        "/* SPDX-License-Identifier: GPL-2.0 */\n\
         /* The kernel that passed `make audit`, which wrote this. */\n\
         #define PWLOCKS_AUDITED_RELEASE {}\n\
         #define PWLOCKS_AUDITED_VERSION {}\n\
         #define PWLOCKS_AUDITED_BUILD_ID {}\n",
        quoted(&report.release),
        quoted(&report.version),
        quoted(&report.build_id),
    )
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::header;
    use crate::report::Report;

    #[test]
    fn the_header_has_release_version_and_build_id() {
        let report = Report {
            release: "7.2.12+deb13-amd64".into(),
            version: "#1 SMP \"odd\"".into(),
            build_id: "1e00ff".into(),
            ok: true,
            functions: Vec::new(),
            structs: Vec::new(),
        };
        let header = header(&report);
        for line in [
            "#define PWLOCKS_AUDITED_RELEASE \"7.2.12+deb13-amd64\"",
            "#define PWLOCKS_AUDITED_VERSION \"#1 SMP \\\"odd\\\"\"",
            "#define PWLOCKS_AUDITED_BUILD_ID \"1e00ff\"",
        ] {
            assert!(header.lines().any(|known| known == line), "{header}");
        }
    }
}
