// SPDX-License-Identifier: GPL-2.0

//! The audit of one kernel, made once per image and list, and what the modules' build needs of it.

use std::fs;
use std::path::{Path, PathBuf};

use pwlocks_audit::record;
use pwlocks_audit::report::Report;

use crate::failure::{During, Failure, Result};
use crate::image::Image;
use crate::key::Key;
use crate::lab::Lab;
use crate::store::Entry;

/// What an audit depends on beside the image.
const SOURCES: [&str; 6] = [
    "Cargo.lock",
    "rust/mm_swap_live/coverage.rs",
    "rust/mm_swap_live/symbols",
    "scripts/klp_link/declared.rs",
    "scripts/klp_link/name.rs",
    "tools/audit/src",
];

/// Files of the entry. The second is there if the audit passed.
const REPORT: &str = "report.json";
const HEADER: &str = "audited.h";

/// Where a sandbox sees the header that the modules' build includes.
pub const INSIDE: &str = "/mnt/audited.h";

/// An audit that was made.
pub struct Audited {
    /// What it found.
    pub report: Report,
    place: PathBuf,
}

impl Audited {
    /// The header for the modules' build; `None` if the audit failed.
    pub fn header(&self) -> Option<PathBuf> {
        self.report.ok.then(|| self.place.join(HEADER))
    }
}

/// The audit of `image`.
pub fn get(lab: &Lab, image: &Image) -> Result<Audited> {
    let name = &image.release.name;
    let step = format!("{name}: audit");
    let mut key = Key::builder().input("image", &image.package);
    for source in SOURCES {
        key = key
            .tree(lab.project.folder(), Path::new(source))
            .during(&step)?;
    }
    let entry = Entry {
        kind: "audit",
        name: name.clone(),
        key: key.finish(),
    };
    let place = lab
        .store
        .get(&entry, |place| make(lab, image, &step, place))?;
    let text = fs::read_to_string(place.join(REPORT)).during(&step)?;
    let report = serde_json::from_str(&text).during(&step)?;
    Ok(Audited { report, place })
}

/// The header for the modules of the kernel `image` is of. Fails if the audit did.
pub fn require(lab: &Lab, image: &Image) -> Result<PathBuf> {
    let audited = get(lab, image)?;
    audited.header().ok_or_else(|| {
        let complaints = audited.report.complaints().join("\n  ");
        Failure::test(
            format!("{}: audit", image.release.name),
            format!("mm_swap_live does not cover this kernel\n  {complaints}"),
        )
        .remedy(
            "`make audit` shows all of it; extend rust/mm_swap_live/coverage.rs and the module, or \
             choose another KERNEL=",
        )
    })
}

fn make(lab: &Lab, image: &Image, step: &str, place: &Path) -> Result<()> {
    let bar = lab.ui.step(step, None);
    let bytes = fs::read(&image.path).during(format!("{step}: {}", image.path.display()))?;
    let report = pwlocks_audit::audit(&bytes).during(step)?;
    if report.release != image.release.name {
        let cause = format!("the image says it is {}", report.release);
        return Err(Failure::step(step, cause));
    }
    let text = serde_json::to_string_pretty(&report).during(step)?;
    fs::write(place.join(REPORT), text + "\n").during(step)?;
    if report.ok {
        fs::write(place.join(HEADER), record::header(&report)).during(step)?;
    }
    bar.done(if report.ok { "passed" } else { "FAILED" });
    Ok(())
}
