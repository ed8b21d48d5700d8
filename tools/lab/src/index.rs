// SPDX-License-Identifier: GPL-2.0

//! apt's lists of the mirror's packages, kept beside the root and refreshed once a day.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::failure::{During, Failure, Result};
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::mirror::{IGNORE_DATE, Mirror, SUITE};
use crate::package_index::{Package, PackageIndex};
use crate::root::{explain, is_out_of_date};
use crate::sandbox::Sandbox;
use crate::store::Entry;
use crate::ui::Step;

/// How old the lists may be.
const FRESH: Duration = Duration::from_secs(24 * 3600);

/// Where a sandbox sees the folder that packages are downloaded into.
const DOWNLOAD: &str = "/mnt/download";

/// Files of the entry.
const LISTS: &str = "lists";
const SOURCES: &str = "sources.list";

/// Lines that apt-get update prints, for the progress bar.
const EXPECTED_LINES: u64 = 9;

/// The mirror's lists, and how to get what is on them.
pub struct Index {
    mirror: Mirror,
    folder: PathBuf,
    root: PathBuf,
    /// What the mirror has in the backports.
    pub packages: PackageIndex,
}

impl Index {
    /// The lists: today's if there are some or some can be had, else the ones there are.
    pub fn get(lab: &Lab, root: &Path) -> Result<Self> {
        let mirror = Mirror::find()?;
        if let Some((folder, _)) = newest(lab, &mirror).filter(|(_, age)| *age < FRESH) {
            return Self::open(lab, mirror, folder, root);
        }
        match refresh(lab, root, &mirror) {
            Ok(folder) => Self::open(lab, mirror, folder, root),
            Err(failure) => {
                let old = newest(lab, &mirror).filter(|_| !lab.interrupt.raised());
                let Some((folder, age)) = old else {
                    return Err(failure);
                };
                let days = age.as_secs() / (24 * 3600);
                lab.ui.say(&format!(
                    "index: cannot be refreshed ({}); using the one of {days} days ago",
                    failure.cause
                ));
                Self::open(lab, mirror, folder, root)
            }
        }
    }

    /// The lists as the mirror has them now.
    pub fn renew(lab: &Lab, root: &Path) -> Result<Self> {
        let mirror = Mirror::find()?;
        let folder = refresh(lab, root, &mirror)?;
        Self::open(lab, mirror, folder, root)
    }

    fn open(lab: &Lab, mirror: Mirror, folder: PathBuf, root: &Path) -> Result<Self> {
        let step = "index: read";
        // To download what is on them takes them as well, and another run may clean up before.
        lab.store.use_found(&folder)?;
        let lists = folder.join(LISTS);
        let wanted = format!("_dists_{SUITE}-backports_main_binary-amd64_Packages");
        for entry in fs::read_dir(&lists).during(step)? {
            let path = entry.during(step)?.path();
            if path.to_string_lossy().ends_with(&wanted) {
                let text = fs::read_to_string(&path).during(step)?;
                return Ok(Self {
                    mirror,
                    folder,
                    root: root.to_owned(),
                    packages: PackageIndex::parse(&text),
                });
            }
        }
        Err(
            Failure::step(step, format!("{} has no {SUITE}-backports", mirror.uri))
                .remedy("set PWLOCKS_MIRROR to a mirror that has the backports"),
        )
    }

    /// Downloads packages into `place`; apt checks size, digest and signature.
    pub fn download(
        &self,
        lab: &Lab,
        packages: &[&Package],
        place: &Path,
        what: &str,
    ) -> Result<()> {
        let step = format!("{what}: download");
        let total: u64 = packages.iter().map(|package| package.size).sum();
        let bar = lab
            .ui
            .step(&format!("{step} {} MB", total / 1_000_000), Some(total));
        let mut argv = apt_get(&self.mirror, "download");
        argv.extend(packages.iter().map(|package| package.request()));
        self.run_apt(lab, what, argv, place, bar)
    }

    /// Downloads `package` and those of what it needs that the root does not have into `place`; apt
    /// checks size, digest and signature.
    pub fn download_with_needs(&self, lab: &Lab, package: &str, place: &Path) -> Result<()> {
        let bar = lab.ui.step(&format!("{package}: download"), None);
        let mut argv = apt_get(&self.mirror, "install");
        argv.extend(
            [
                "--yes",
                "--download-only",
                "--no-install-recommends",
                "-oDebug::NoLocking=true",
                &format!("-oDir::Cache::archives={DOWNLOAD}"),
                package,
            ]
            .map(str::to_owned),
        );
        self.run_apt(lab, package, argv, place, bar)
    }

    /// Has apt download `what` into `place`.
    fn run_apt(
        &self,
        lab: &Lab,
        what: &str,
        mut argv: Vec<String>,
        place: &Path,
        bar: Step,
    ) -> Result<()> {
        let log = lab.project.log(&format!("download-{what}"));
        // The date of the lists was looked at when they were fetched.
        argv.push(format!("-o{IGNORE_DATE}"));
        let sandbox = apt_sandbox(&self.root, &self.folder, argv)
            .writable(place, DOWNLOAD)
            .folder(DOWNLOAD);
        Job::new(&format!("{what}: download"), &log)
            .run_watched(&lab.ui, &lab.interrupt, sandbox, |_, _| {
                bar.position(bytes_in(place));
            })
            .map_err(|failure| {
                let gone = failure.cause.contains("404") || failure.cause.contains("was not found");
                if gone {
                    failure.remedy(
                        "the package has left the mirror since its list was fetched; run the command again \
                         tomorrow, or now with another KERNEL= (KERNEL=0.0 lists them)",
                    )
                } else {
                    explain(failure, &self.mirror)
                }
            })?;
        bar.done("done");
        Ok(())
    }
}

fn bytes_in(place: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(place) else {
        return 0;
    };
    entries
        .flatten()
        .filter_map(|entry| entry.metadata().ok())
        .map(|data| data.len())
        .sum()
}

fn mirror_key(mirror: &Mirror) -> Key {
    Key::builder()
        .input("lines", mirror.source_lines().join("\n"))
        .finish()
}

/// Where the newest lists of `mirror` are, and how old they are.
fn newest(lab: &Lab, mirror: &Mirror) -> Option<(PathBuf, Duration)> {
    let prefix = format!("index-{}-", mirror_key(mirror));
    let entries = fs::read_dir(lab.store.base().join("entries")).ok()?;
    let made = entries.flatten().filter_map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let seconds = name.strip_prefix(&prefix)?.split('-').next()?;
        Some((seconds.parse::<u64>().ok()?, entry.path()))
    });
    let (seconds, path) = made.max()?;
    let age = seconds_now().saturating_sub(seconds);
    Some((path, Duration::from_secs(age)))
}

fn seconds_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs())
}

fn refresh(lab: &Lab, root: &Path, mirror: &Mirror) -> Result<PathBuf> {
    let key = mirror_key(mirror);
    let entry = Entry {
        kind: "index",
        name: format!("{key}-{}", seconds_now()),
        key,
    };
    lab.store
        .get(&entry, |place| fetch(lab, root, mirror, place))
}

fn fetch(lab: &Lab, root: &Path, mirror: &Mirror, place: &Path) -> Result<()> {
    let step = "index: apt-get update";
    fs::write(place.join(SOURCES), mirror.source_lines().join("\n") + "\n").during(step)?;
    fs::create_dir(place.join(LISTS)).during(step)?;
    let log = lab.project.log("index");
    let bar = lab
        .ui
        .step("index: packages of the mirror", Some(EXPECTED_LINES));
    let run = |more: Option<String>| {
        let mut argv = apt_get(mirror, "update");
        argv.push("-oAPT::Update::Error-Mode=any".into());
        argv.extend(more);
        Job::new(step, &log).run(
            &lab.ui,
            &lab.interrupt,
            apt_sandbox(root, place, argv),
            &bar,
        )
    };
    let mut fetched = run(None);
    if fetched.is_err() && is_out_of_date(&log) {
        lab.ui.say(
            "index: the mirror's Release file is past its date; trying without the check of the date \
             (signatures are still checked)",
        );
        fetched = run(Some(format!("-o{IGNORE_DATE}")));
    }
    fetched.map_err(|failure| explain(failure, mirror))?;
    bar.done("read");
    Ok(())
}

fn apt_get(mirror: &Mirror, what: &str) -> Vec<String> {
    let fixed = [
        "apt-get",
        what,
        "-oAPT::Sandbox::User=root",
        "-oAcquire::Languages=none",
        "-oAcquire::GzipIndexes=false",
        "-oAcquire::Retries=2",
        "-oDir::Etc::SourceParts=/dev/null",
        "-oDir::Etc::SourceList=/mnt/sources.list",
    ];
    let proxies = mirror.proxies.iter().map(|proxy| format!("-o{proxy}"));
    fixed
        .map(str::to_owned)
        .into_iter()
        .chain(proxies)
        .collect()
}

fn apt_sandbox(root: &Path, index: &Path, argv: Vec<String>) -> Sandbox {
    Sandbox::in_root(root, argv)
        .scratch("/var/cache/apt")
        .read_only(index.join(SOURCES), "/mnt/sources.list")
        .writable(index.join(LISTS), "/var/lib/apt/lists")
}
