// SPDX-License-Identifier: GPL-2.0

//! Which of the mirror's kernels to use.

use std::cmp::Ordering;
use std::fmt;

use crate::debian_version;
use crate::failure::{Failure, Result};
use crate::package_index::{Package, PackageIndex};

/// The series used when the user names none.
const DEFAULT_SERIES: &str = "7.2";

/// What kind of kernel it is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Flavour {
    /// Debian's ordinary kernel.
    Amd64,
    /// Debian's PREEMPT_RT kernel.
    RtAmd64,
}

impl Flavour {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Amd64, Self::RtAmd64];

    /// As it ends a release's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::RtAmd64 => "rt-amd64",
        }
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the user wants.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wish {
    /// The newest of a series, both flavours.
    Series(String),
    /// Exactly this one.
    Release(String),
    /// Every one there is.
    All,
}

impl Wish {
    /// Reads `KERNEL=`.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Series(DEFAULT_SERIES.into()));
        }
        if text == "all" {
            return Ok(Self::All);
        }
        if Release::split(text).is_some() {
            return Ok(Self::Release(text.into()));
        }
        let numbers: Vec<_> = text.split('.').collect();
        let numeric =
            |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if numbers.len() == 2 && numbers.iter().all(numeric) {
            return Ok(Self::Series(text.into()));
        }
        Err("accepted: a release like 7.2.9+deb13-rt-amd64, a series like 7.3, all".into())
    }
}

/// A kernel release's name in parts, as in `7.2.12` `+deb13` `rt-amd64`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Release {
    /// The whole name, as `uname -r` says it.
    pub name: String,
    /// Upstream's version.
    pub version: String,
    /// The flavour.
    pub flavour: Flavour,
}

impl Release {
    /// Takes a name apart; `None` if it is no release of a known flavour.
    pub fn split(name: &str) -> Option<Self> {
        let (version, rest) = name.split_once('+')?;
        let (_abi, flavour) = rest.split_once('-')?;
        let flavour = Flavour::ALL
            .into_iter()
            .find(|known| known.name() == flavour)?;
        let numeric = version
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        numeric.then(|| Self {
            name: name.into(),
            version: version.into(),
            flavour,
        })
    }

    /// `7.2` of `7.2.12`.
    pub fn series(&self) -> String {
        let parts: Vec<_> = self.version.split('.').take(2).collect();
        parts.join(".")
    }

    /// What make's LOCALVERSION must be for this name to come out: all after the version.
    pub fn local_version(&self) -> &str {
        &self.name[self.version.len()..]
    }
}

/// A kernel that the mirror has with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Kernel {
    /// Its name.
    pub release: Release,
    /// Package with the boot image.
    pub image: Package,
    /// Package with the configuration and the symbol versions.
    pub headers: Package,
    /// Package with the source, of exactly the same version.
    pub source: Package,
    /// Package with the stock modules.
    pub modules: Package,
}

/// The complete kernels of the index, newest last.
fn complete_kernels(index: &PackageIndex) -> Vec<Kernel> {
    let mut kernels: Vec<_> = index
        .packages()
        .filter_map(|image| {
            let release = Release::split(image.name.strip_prefix("linux-binary-unsigned-")?)?;
            let headers = index.find(&format!("linux-headers-{}", release.name), &image.version)?;
            let source = index.find(
                &format!("linux-source-{}", release.series()),
                &image.version,
            )?;
            let modules = index.find(&format!("linux-modules-{}", release.name), &image.version)?;
            Some(Kernel {
                release,
                image: image.clone(),
                headers: headers.clone(),
                source: source.clone(),
                modules: modules.clone(),
            })
        })
        .collect();
    kernels.sort_by(compare);
    kernels
}

fn compare(one: &Kernel, other: &Kernel) -> Ordering {
    debian_version::compare(&one.image.version, &other.image.version)
        .then(one.release.flavour.cmp(&other.release.flavour))
}

/// The kernels that the user wants.
pub fn choose(index: &PackageIndex, wish: &Wish) -> Result<Vec<Kernel>> {
    let all = complete_kernels(index);
    let chosen: Vec<Kernel> = match wish {
        Wish::All => all.clone(),
        Wish::Release(name) => {
            let newest = all.iter().rev().find(|kernel| kernel.release.name == *name);
            newest.cloned().into_iter().collect()
        }
        Wish::Series(series) => Flavour::ALL
            .into_iter()
            .filter_map(|flavour| {
                all.iter()
                    .rev()
                    .find(|kernel| {
                        kernel.release.flavour == flavour && kernel.release.series() == *series
                    })
                    .cloned()
            })
            .collect(),
    };
    if !chosen.is_empty() {
        return Ok(chosen);
    }
    let wanted = match wish {
        Wish::All => "any kernel that can be used here".to_owned(),
        Wish::Release(name) => format!("release {name}"),
        Wish::Series(series) => format!("a kernel of series {series}"),
    };
    let mut names: Vec<_> = all
        .iter()
        .map(|kernel| kernel.release.name.as_str())
        .collect();
    names.dedup();
    let has = if names.is_empty() {
        "none with image, headers, source and modules".to_owned()
    } else {
        names.join(", ")
    };
    Err(Failure::usage(
        "kernel choice",
        format!("the mirror does not have {wanted}; it has: {has}"),
    )
    .remedy("name one of these with KERNEL=, a series like KERNEL=7.3, or KERNEL=all"))
}

#[cfg(test)]
mod tests {
    use super::{Flavour, Release, Wish, choose};
    use crate::failure::Kind;
    use crate::package_index::PackageIndex;

    /// An index as a mirror has it: versions in no order, a flavour that is not ours, an image
    /// whose source has gone.
    fn index() -> PackageIndex {
        let mut text = String::new();
        let mut add = |name: &str, version: &str| {
            text.push_str(&format!(
                "Package: {name}\nVersion: {version}\nSize: 10\n\n"
            ));
        };
        for (upstream, series) in [("7.2.12", "7.2"), ("7.2.9", "7.2"), ("7.3.4", "7.3")] {
            let version = format!("{upstream}-1~bpo13+1");
            add(&format!("linux-source-{series}"), &version);
            for flavour in ["amd64", "rt-amd64", "cloud-amd64"] {
                add(
                    &format!("linux-binary-unsigned-{upstream}+deb13-{flavour}"),
                    &version,
                );
                add(
                    &format!("linux-headers-{upstream}+deb13-{flavour}"),
                    &version,
                );
                add(
                    &format!("linux-modules-{upstream}+deb13-{flavour}"),
                    &version,
                );
            }
        }
        add("linux-binary-unsigned-7.4.1+deb13-amd64", "7.4.1-1~bpo13+1");
        add("linux-headers-7.4.1+deb13-amd64", "7.4.1-1~bpo13+1");
        add("linux-modules-7.4.1+deb13-amd64", "7.4.1-1~bpo13+1");
        PackageIndex::parse(&text)
    }

    fn names(wish: &str) -> Vec<String> {
        choose(&index(), &Wish::parse(wish).unwrap())
            .unwrap()
            .into_iter()
            .map(|kernel| kernel.release.name)
            .collect()
    }

    #[test]
    fn the_newest_of_the_default_series_in_both_flavours() {
        assert_eq!(names(""), ["7.2.12+deb13-amd64", "7.2.12+deb13-rt-amd64"]);
    }

    #[test]
    fn a_series_a_release_and_all() {
        assert_eq!(names("7.3"), ["7.3.4+deb13-amd64", "7.3.4+deb13-rt-amd64"]);
        assert_eq!(names("7.2.9+deb13-rt-amd64"), ["7.2.9+deb13-rt-amd64"]);
        assert_eq!(names("all").len(), 6);
    }

    #[test]
    fn what_the_mirror_lacks_is_an_error_that_lists_what_it_has() {
        for wish in ["7.2.1+deb13-amd64", "6.1", "7.4"] {
            let failure = choose(&index(), &Wish::parse(wish).unwrap()).unwrap_err();
            assert_eq!(failure.kind, Kind::Usage);
            assert!(failure.cause.contains(wish), "{failure}");
            assert!(
                failure
                    .cause
                    .contains("7.2.9+deb13-amd64, 7.2.9+deb13-rt-amd64, 7.2.12+deb13-amd64"),
                "{failure}"
            );
            assert!(!failure.cause.contains("cloud"), "{failure}");
        }
    }

    #[test]
    fn a_release_is_taken_apart() {
        let release = Release::split("7.2.12+deb13-rt-amd64").unwrap();
        assert_eq!(release.version, "7.2.12");
        assert_eq!(release.flavour, Flavour::RtAmd64);
        assert_eq!(release.series(), "7.2");
        assert_eq!(release.local_version(), "+deb13-rt-amd64");
        assert_eq!(Release::split("7.2.12+deb13-cloud-amd64"), None);
        assert_eq!(Release::split("seven+deb13-amd64"), None);
    }

    #[test]
    fn wishes_that_make_no_sense_are_refused() {
        for text in ["newest", "7", "7.2.9", "7.x", "deb13-amd64", "../7.2"] {
            assert!(Wish::parse(text).is_err(), "{text}");
        }
    }
}
