// SPDX-License-Identifier: GPL-2.0

//! The Debian mirror that this machine uses.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::apt_sources::{Source, parse_deb822, parse_list};
use crate::failure::{During, Failure, Result};

/// The Debian release of the root folder.
pub const SUITE: &str = "trixie";

/// Where Debian's keys are, on the host and in the root.
pub const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Releases whose archive is the one that has ours as well.
const CODENAMES: [&str; 5] = ["bullseye", "bookworm", "trixie", "forky", "sid"];
const ALIASES: [&str; 4] = ["oldstable", "stable", "testing", "unstable"];

/// apt's settings for a Release file that is past its date; its signature is checked all the same.
pub const IGNORE_DATE: &str = "Acquire::Check-Valid-Until=false";

/// A mirror and how apt gets at it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mirror {
    /// Address of the archive.
    pub uri: String,
    /// apt's proxy settings of this machine, as `name=value`.
    pub proxies: Vec<String>,
}

impl Mirror {
    /// `PWLOCKS_MIRROR`, else the mirror of the machine's apt sources.
    pub fn find() -> Result<Self> {
        let step = "mirror";
        let uri = match env::var("PWLOCKS_MIRROR") {
            Ok(uri) if !uri.is_empty() => uri,
            _ => debian_archive(&read_sources(Path::new("/etc/apt"))).ok_or_else(|| {
                Failure::step(step, "no Debian archive among the sources in /etc/apt")
                    .remedy("set PWLOCKS_MIRROR to the address of a Debian mirror")
            })?,
        };
        let uri = match uri.strip_prefix("mirror+file:") {
            Some(list) => {
                let text = fs::read_to_string(list).during(format!("{step}: {list}"))?;
                first_of_mirror_list(&text).ok_or_else(|| {
                    Failure::step(step, format!("{list} names no mirror"))
                        .remedy("set PWLOCKS_MIRROR to the address of a Debian mirror")
                })?
            }
            None => uri,
        };
        let proxies = apt_proxies().during(format!("{step}: apt-config"))?;
        Ok(Self { uri, proxies })
    }

    /// Lines of a sources.list for the release, its updates and its backports.
    pub fn source_lines(&self) -> Vec<String> {
        ["", "-updates", "-backports"]
            .map(|suffix| {
                format!(
                    "deb [signed-by={KEYRING}] {} {SUITE}{suffix} main",
                    self.uri
                )
            })
            .to_vec()
    }
}

/// The Debian archive among apt's sources: the one that most surely is one.
fn debian_archive(sources: &[Source]) -> Option<String> {
    let certainty = |source: &Source| {
        let ours = source
            .signed_by
            .as_deref()
            .is_none_or(|keyring| keyring.contains("debian-archive"));
        let suite = |known: &[&str]| {
            let mut suites = source.suites.iter();
            suites.any(|suite| known.contains(&suite.as_str()))
        };
        let main = source
            .components
            .iter()
            .any(|component| component == "main");
        if !ours || !main {
            0
        } else if suite(&CODENAMES) {
            2
        } else {
            u32::from(suite(&ALIASES))
        }
    };
    // The first of those that are equally certain.
    let best = sources
        .iter()
        .rev()
        .max_by_key(|source| certainty(source))?;
    (certainty(best) > 0).then(|| best.uris.first().cloned())?
}

fn first_of_mirror_list(text: &str) -> Option<String> {
    let mut lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    lines.find_map(|line| line.split_whitespace().next().map(str::to_owned))
}

/// All sources in apt's configuration folder. A file that cannot be read has none.
fn read_sources(folder: &Path) -> Vec<Source> {
    let mut files: Vec<PathBuf> = vec![folder.join("sources.list")];
    if let Ok(entries) = fs::read_dir(folder.join("sources.list.d")) {
        let mut more: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        more.sort();
        files.extend(more);
    }
    let read = |file: &PathBuf| -> Option<Vec<Source>> {
        let text = fs::read_to_string(file).ok()?;
        match file.extension()?.to_str()? {
            "list" => Some(parse_list(&text)),
            "sources" => Some(parse_deb822(&text)),
            _ => None,
        }
    };
    files.iter().filter_map(read).flatten().collect()
}

fn apt_proxies() -> std::io::Result<Vec<String>> {
    let output = Command::new("apt-config")
        .args(["dump", "Acquire"])
        .output()?;
    Ok(proxies_of(&String::from_utf8_lossy(&output.stdout)))
}

/// The proxy settings in the output of `apt-config dump`.
fn proxies_of(dump: &str) -> Vec<String> {
    dump.lines()
        .filter_map(|line| line.trim_end_matches(';').split_once(' '))
        .map(|(name, value)| (name, value.trim_matches('"')))
        .filter(|(name, value)| name.to_ascii_lowercase().contains("::proxy") && !value.is_empty())
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{debian_archive, first_of_mirror_list, proxies_of, read_sources};

    fn archive(files: &[(&str, &str)]) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sources.list.d")).unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        debian_archive(&read_sources(folder.path()))
    }

    #[test]
    fn other_vendors_archives_are_not_taken_for_debians() {
        let found = archive(&[
            (
                "sources.list.d/a.list",
                "deb http://chrome.example/deb/ stable main\n",
            ),
            (
                "sources.list.d/b.list",
                "deb http://docker.example/debian bookworm stable\n",
            ),
            (
                "sources.list.d/c.sources",
                "Types: deb\nURIs: http://pg.example\nSuites: bookworm\nComponents: main\nSigned-By: /pg.gpg\n",
            ),
            (
                "sources.list.d/debian.sources",
                "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n\
                 Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n\
                 Types: deb\nURIs: http://mirror.example/debian-security\n\
                 Suites: bookworm-security\nComponents: main\n",
            ),
        ]);
        assert_eq!(found.as_deref(), Some("http://mirror.example/debian"));
    }

    #[test]
    fn the_classic_file_works_and_none_is_none() {
        let text = "deb http://security.example/debian-security trixie-security main\n\
                    deb http://m.example/debian/ trixie main contrib\n";
        let found = archive(&[("sources.list", text)]);
        assert_eq!(found.as_deref(), Some("http://m.example/debian/"));
        assert_eq!(archive(&[]), None);
        assert_eq!(archive(&[("sources.list.d/x.list.save", text)]), None);
    }

    #[test]
    fn a_mirror_list_and_proxies_are_understood() {
        let list = "# mirrors\n\nhttp://m.example/debian\tpriority:1\n";
        assert_eq!(
            first_of_mirror_list(list).as_deref(),
            Some("http://m.example/debian")
        );
        let dump = "Acquire \"\";\nAcquire::http::Proxy \"http://p.example:3128\";\n\
                    Acquire::https::Proxy \"\";\nAcquire::Retries \"3\";\n";
        assert_eq!(
            proxies_of(dump),
            ["Acquire::http::Proxy=http://p.example:3128"]
        );
    }
}
