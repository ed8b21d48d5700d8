// SPDX-License-Identifier: GPL-2.0

//! Who may open the device.

use nix::{
    errno::Errno,
    unistd::{Uid, seteuid},
};
use selftests::{
    demo::{Device, PATH},
    doing::Doing as _,
    ensure,
    ktap::Verdict,
};
use std::{
    fs,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _},
};

/// A user that owns nothing.
const NOBODY: Uid = Uid::from_raw(65534);

/// A character device, mode 0600, root's.
pub(crate) fn mode() -> Verdict {
    let metadata = fs::metadata(PATH)?;
    let mode = metadata.mode() & 0o7777;

    ensure!(
        metadata.file_type().is_char_device(),
        "{PATH} is no character device"
    );
    ensure!(
        mode == 0o600 && metadata.uid() == 0,
        "mode {mode:o}, user {}",
        metadata.uid()
    );
    Ok(())
}

/// Another user gets EACCES.
pub(crate) fn others() -> Verdict {
    seteuid(NOBODY).doing("seteuid")?;
    let result = Device::open().map(drop);
    seteuid(Uid::from_raw(0)).doing("seteuid back")?;

    ensure!(result == Err(Errno::EACCES), "open as nobody: {result:?}");
    Ok(())
}
