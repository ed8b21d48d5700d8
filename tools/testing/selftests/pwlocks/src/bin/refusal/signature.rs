// SPDX-License-Identifier: GPL-2.0

//! Kernels that demand signatures, which our modules don't have. Neither state ends before the next
//! boot.

use crate::untouched::{Before, one_line};
use nix::{
    errno::Errno,
    mount::{MsFlags, mount},
};
use selftests::{
    doing::Doing as _,
    environment, kernel_file,
    ktap::{Report, Trouble, Verdict},
    module_copy::ModuleCopy,
};
use std::path::Path;

pub(crate) const POINTS: usize = 2;

const SECURITYFS: &str = "/sys/kernel/security";
const SIG_ENFORCE: &str = "/sys/module/module/parameters/sig_enforce";

pub(crate) fn run(report: &mut Report, copy: &ModuleCopy) {
    report.test("a kernel that is locked down refuses it", || {
        for_ever()?;
        lock_down()?;
        refused(
            copy,
            Errno::EPERM,
            &["Lockdown: ", "unsigned module loading is restricted"],
        )
    });
    // Looked at before lockdown is.
    report.test("a kernel that demands signatures refuses it", || {
        for_ever()?;
        kernel_file::write(SIG_ENFORCE, "1")?;
        refused(
            copy,
            Errno::EKEYREJECTED,
            &["Loading of unsigned module is rejected"],
        )
    });
}

/// Skips where the machine is needed afterwards.
fn for_ever() -> Verdict {
    if environment::is_throwaway() {
        return Ok(());
    }
    Err(Trouble::skip("it would stay so until the next boot"))
}

fn refused(copy: &ModuleCopy, errno: Errno, words: &[&str]) -> Verdict {
    let before = Before::now()?;

    one_line(&copy.refused(errno)?, "", words)?;
    before.check()
}

fn lock_down() -> Verdict {
    let lockdown = format!("{SECURITYFS}/lockdown");

    if !Path::new(&lockdown).exists() {
        mount(
            Some("securityfs"),
            SECURITYFS,
            Some("securityfs"),
            MsFlags::empty(),
            None::<&str>,
        )
        .doing("mount securityfs")?;
    }
    kernel_file::write(&lockdown, "integrity")
}
