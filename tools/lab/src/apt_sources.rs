// SPDX-License-Identifier: GPL-2.0

//! Reads the machine's own apt sources, in both of apt's formats.

/// One line, or one stanza, of apt's sources.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Source {
    /// Addresses of the archive.
    pub uris: Vec<String>,
    /// Suites, like `trixie-updates`.
    pub suites: Vec<String>,
    /// Components, like `main`.
    pub components: Vec<String>,
    /// The keyring it must be signed with, if one is named.
    pub signed_by: Option<String>,
}

/// Reads the one-line format of `sources.list`: the sources of binary packages.
pub fn parse_list(text: &str) -> Vec<Source> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Source> {
    let line = line.split('#').next()?.trim();
    let mut rest = line
        .strip_prefix("deb")?
        .strip_prefix([' ', '\t'])?
        .trim_start();
    let mut signed_by = None;
    if let Some(options) = rest.strip_prefix('[') {
        let (options, after) = options.split_once(']')?;
        signed_by = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="))
            .map(str::to_owned);
        rest = after;
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by,
    })
}

/// Reads the deb822 format of `*.sources`: the enabled sources of binary packages.
pub fn parse_deb822(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut fields: Vec<(String, String)> = Vec::new();
    // The empty line at the end finishes the last stanza.
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            continue;
        }
        if line.trim().is_empty() {
            sources.extend(stanza(&fields));
            fields.clear();
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = fields.last_mut() {
                value.push('\n');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    sources
}

fn stanza(fields: &[(String, String)]) -> Option<Source> {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    };
    let words = |name: &str| -> Vec<String> {
        let value = field(name).unwrap_or_default();
        value.split_whitespace().map(str::to_owned).collect()
    };
    let enabled = !matches!(field("enabled"), Some("no" | "false" | "0" | "off"));
    let binary = words("types").iter().any(|kind| kind == "deb");
    (enabled && binary).then(|| Source {
        uris: words("uris"),
        suites: words("suites"),
        components: words("components"),
        signed_by: field("signed-by").map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::{Source, parse_deb822, parse_list};

    fn source(uri: &str, suites: &[&str], signed_by: Option<&str>) -> Source {
        Source {
            uris: vec![uri.into()],
            suites: suites.iter().map(|&suite| suite.into()).collect(),
            components: vec!["main".into()],
            signed_by: signed_by.map(Into::into),
        }
    }

    #[test]
    fn one_line_format() {
        let text = "# deb http://no.example/debian trixie main\n\
                    deb http://a.example/debian trixie main # the mirror\n\
                    deb-src http://a.example/debian trixie main\n\
                    deb [arch=amd64 signed-by=/k.gpg] http://b.example/ stable main\n\
                    debx http://c.example trixie main\n";
        assert_eq!(
            parse_list(text),
            [
                source("http://a.example/debian", &["trixie"], None),
                source("http://b.example/", &["stable"], Some("/k.gpg")),
            ]
        );
    }

    #[test]
    fn deb822_format() {
        let text = "# made by the installer\n\
                    Types: deb deb-src\n\
                    # URIs: http://no.example\n\
                    URIs: http://a.example/debian\n\
                    Suites: trixie\n trixie-updates\n\
                    Components: main\n\
                    Signed-By: /k.gpg\n\
                    \n\
                    Types: deb\nEnabled: no\nURIs: http://b.example\nSuites: trixie\nComponents: main\n\
                    \n\
                    Types: deb-src\nURIs: http://c.example\nSuites: trixie\nComponents: main\n";
        assert_eq!(
            parse_deb822(text),
            [source(
                "http://a.example/debian",
                &["trixie", "trixie-updates"],
                Some("/k.gpg")
            )]
        );
    }
}
