// SPDX-License-Identifier: GPL-2.0

//! For which kernel this module was built, and whether that is the one that runs.
//!
//! What touches a batch, and how the structures are laid out, was proven from one kernel's image
//! (`make audit`), which the build was told of. The module loader lets other kernels pass: a rebuild
//! has the release of the one before it, and may have other code.

use crate::{
    bindings,
    symbols, //
};
use kernel::{
    ffi::c_char,
    fmt,
    prelude::*,
    str::{
        BStr,
        CStr, //
    }, //
};

/// Bytes of a build id (`BUILD_ID_SIZE_MAX`), which is a SHA-1.
pub(crate) const BUILD_ID_SIZE: usize = 20;

/// What tells a build of the kernel from all others.
#[derive(PartialEq)]
struct Identity<'a> {
    /// `uname -r`
    release: &'a BStr,
    /// `uname -v`
    version: &'a BStr,
    /// In hexadecimal.
    build_id: &'a BStr,
}

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            release,
            version,
            build_id,
        } = self;

        f.write_fmt(fmt!("{release} {version}, build id {build_id}"))
    }
}

/// Fails with `ENOEXEC`, and says why, if this is not the kernel that was audited.
pub(crate) fn check() -> Result {
    // SAFETY: An array that was filled in when the kernel booted, and is read-only since.
    let build_id = hexadecimal(unsafe { &symbols::vmlinux_build_id });
    let running = Identity {
        // SAFETY: Has no requirements.
        release: text(unsafe { bindings::mm_swap_live_running_release() }),
        // SAFETY: As above.
        version: text(unsafe { bindings::mm_swap_live_running_version() }),
        build_id: BStr::from_bytes(&build_id),
    };
    let audited = Identity {
        // SAFETY: As above.
        release: text(unsafe { bindings::mm_swap_live_audited_release() }),
        // SAFETY: As above.
        version: text(unsafe { bindings::mm_swap_live_audited_version() }),
        // SAFETY: As above.
        build_id: text(unsafe { bindings::mm_swap_live_audited_build_id() }),
    };
    let release = running.release;

    if audited.release.is_empty() {
        pr_err!("not audited for any kernel, running {running}: run `make audit KERNEL={release}`, then build with AUDITED=build/audited/{release}.h\n");
        Err(ENOEXEC)
    } else if audited != running {
        pr_err!("audited for {audited}, running {running}: run `make audit KERNEL={release}` and build it anew\n");
        Err(ENOEXEC)
    } else {
        Ok(())
    }
}

/// The text at `start`, one of those that `check` asks for.
fn text(start: *const c_char) -> &'static BStr {
    // SAFETY: A literal of the module or a string of the kernel that does not change.
    unsafe { CStr::from_char_ptr(start) }.as_ref()
}

/// The digits of `bytes`.
fn hexadecimal(bytes: &[u8; BUILD_ID_SIZE]) -> [u8; 2 * BUILD_ID_SIZE] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 2 * BUILD_ID_SIZE];

    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}
