// SPDX-License-Identifier: GPL-2.0

//! The mirror's list of packages.

/// A package in one version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its Debian version.
    pub version: String,
    /// Bytes to download.
    pub size: u64,
}

impl Package {
    /// As apt-get wants to be told which version of the package it shall take.
    pub fn request(&self) -> String {
        format!("{}={}", self.name, self.version)
    }
}

/// All packages, of which a name may occur in several versions.
#[derive(Debug, Default)]
pub struct PackageIndex(Vec<Package>);

impl PackageIndex {
    /// Reads a `Packages` file. Stanzas without a name, version or size are no packages.
    pub fn parse(text: &str) -> Self {
        let packages = text.split("\n\n").filter_map(|stanza| {
            let field = |name: &str| {
                stanza
                    .lines()
                    .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                    .map(str::trim)
            };
            Some(Package {
                name: field("Package")?.to_owned(),
                version: field("Version")?.to_owned(),
                size: field("Size")?.parse().ok()?,
            })
        });
        Self(packages.collect())
    }

    /// Every package in every version.
    pub fn packages(&self) -> impl Iterator<Item = &Package> {
        self.0.iter()
    }

    /// The package `name` in exactly `version`.
    pub fn find(&self, name: &str, version: &str) -> Option<&Package> {
        self.0
            .iter()
            .find(|package| package.name == name && package.version == version)
    }
}

#[cfg(test)]
mod tests {
    use super::PackageIndex;

    #[test]
    fn reads_stanzas_and_skips_what_is_none() {
        let index = PackageIndex::parse(
            "Package: a\nVersion: 1-1\nDepends: b,\n c\nSize: 12\n\nPackage: broken\nSize: 3\n\n\
             Package: a\nSize: 13\nVersion: 2-1\n",
        );
        assert_eq!(index.packages().count(), 2);
        assert_eq!(index.find("a", "2-1").map(|package| package.size), Some(13));
        assert_eq!(
            index
                .find("a", "2-1")
                .map(super::Package::request)
                .as_deref(),
            Some("a=2-1")
        );
        assert!(index.find("a", "3-1").is_none());
    }
}
