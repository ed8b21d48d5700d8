// SPDX-License-Identifier: GPL-2.0

//! The kernel's own selftests of mm, built from the kernel's source.

use std::fs;
use std::path::Path;

use guest_plan::plan::MM_SELFTESTS_DIR;

use crate::failure::{During, Failure, Result};
use crate::initramfs::Extra;
use crate::job::Job;
use crate::key::Key;
use crate::lab::Lab;
use crate::metadata::{CC, Prepared, SOURCE};
use crate::root;
use crate::sandbox::Sandbox;
use crate::store::Entry;

/// Where they are put.
const PROGRAMS: &str = "/mnt/programs";

/// Their Makefile writes beside itself, so it gets a copy of the selftests, in the sandbox's own
/// /tmp, with the rest of the source around it. Statically linked they run without the root's
/// libraries. What does not build does not keep the others from being built.
const SCRIPT: &str = "set -e\n\
    tree=/tmp/linux\n\
    mkdir -p $tree/tools/testing /tmp/headers\n\
    cp -r $SOURCE/tools/testing/selftests $tree/tools/testing\n\
    ln -s $SOURCE/include $SOURCE/lib $SOURCE/mm $tree\n\
    ln -s $SOURCE/tools/include $tree/tools\n\
    make -C $SOURCE O=/tmp/headers -j$JOBS \"$CC\" headers\n\
    make -C $tree/tools/testing/selftests/mm -k -j$JOBS \"$CC\" OUTPUT=$PROGRAMS \
    KHDR_INCLUDES='-isystem /tmp/headers/usr/include' EXTRA_CFLAGS='-static -s' || true\n";

/// Lines that both prints, for the progress bar.
const EXPECTED_LINES: u64 = 90;

/// The cache entry of those of `kernel`'s source, which both flavours share.
fn entry(kernel: &Prepared) -> Entry {
    let key = Key::builder()
        .input("source", kernel.source_key.to_string())
        .input("root", root::entry().key.to_string())
        .input("script", SCRIPT)
        .input("compiler", CC)
        .finish();
    Entry {
        kind: "mm-selftests",
        name: kernel.release.version.clone(),
        key,
    }
}

/// Those that belong to `kernel`, as far as they build, for a guest.
pub fn get(lab: &Lab, kernel: &Prepared) -> Result<Vec<Extra>> {
    let place = lab
        .store
        .get(&entry(kernel), |place| make(lab, kernel, place))?;
    let folder = MM_SELFTESTS_DIR.trim_start_matches('/');
    let step = format!("list {}", place.display());
    fs::read_dir(&place)
        .during(&step)?
        .map(|program| {
            let program = program.during(&step)?;
            let name = program.file_name();
            let target = format!("{folder}/{}", name.to_string_lossy());
            Ok(Extra::file(target, program.path()))
        })
        .collect()
}

fn make(lab: &Lab, kernel: &Prepared, place: &Path) -> Result<()> {
    let name = format!("mm-selftests-{}", kernel.release.version);
    let step = format!("{}: the kernel's mm selftests", kernel.release.version);
    let log = lab.project.log(&name);
    let bar = lab.ui.step(&step, Some(EXPECTED_LINES));
    let sandbox = kernel
        .with_source(Sandbox::in_root(&kernel.root, ["sh", "-c", SCRIPT]))
        .writable(place, PROGRAMS)
        .env("SOURCE", SOURCE)
        .env("PROGRAMS", PROGRAMS)
        .env("CC", CC)
        .env("JOBS", &lab.options.jobs.to_string());
    Job::new(&step, &log).run(&lab.ui, &lab.interrupt, sandbox, &bar)?;

    let built = fs::read_dir(place).during(&step)?.count();
    if built == 0 {
        return Err(Failure::step(step, "none of them was built").log(log));
    }
    let text = fs::read_to_string(&log).during(&step)?;
    let missing = not_built(&text);
    if !missing.is_empty() {
        // The guest that runs them counts each as a failure.
        lab.ui.say(&format!(
            "{step}: not built: {}; log: {}",
            missing.join(", "),
            log.display()
        ));
    }
    bar.done(&format!("{built} built"));
    Ok(())
}

/// The programs of which make says in its `log` that they failed.
fn not_built(log: &str) -> Vec<&str> {
    log.lines()
        .filter(|line| line.contains("*** ["))
        .filter_map(|line| line.split_once("] Error"))
        .filter_map(|(before, _)| before.rsplit_once('/'))
        .map(|(_, name)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::not_built;

    #[test]
    fn make_names_what_does_not_build() {
        let log = "  CC       ksm_tests\n\
                   ksm_tests.c:16:10: fatal error: include/vdso/time64.h: No such file or directory\n\
                   compilation terminated.\n\
                   make: *** [../lib.mk:225: /mnt/programs/ksm_tests] Error 1\n\
                   \x20 CC       mdwe_test\n\
                   make: Target 'all' not remade because of errors.\n";
        assert_eq!(not_built(log), ["ksm_tests"]);
        assert!(not_built("  CC       mdwe_test\n").is_empty());
    }
}
