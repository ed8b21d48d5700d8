// SPDX-License-Identifier: GPL-2.0

//! The plugin's argument.

use std::{
    ffi::{CStr, OsStr},
    os::unix::ffi::OsStrExt as _,
    path::Path,
};

/// What goes before its value.
const NAME: &[u8] = b"counts=";

/// The file that the arguments name, as `counts=<path>`, for the page. An error says what is wrong
/// with them.
pub fn counts<'a>(arguments: impl Iterator<Item = &'a CStr>) -> Result<&'a Path, String> {
    let mut path = None;

    for argument in arguments {
        let value = argument
            .to_bytes()
            .strip_prefix(NAME)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("unknown argument {}", argument.to_string_lossy()))?;
        path = Some(Path::new(OsStr::from_bytes(value)));
    }
    path.ok_or_else(|| "which file is for the counts? Add counts=<path>".to_owned())
}

#[cfg(test)]
mod tests {
    use super::counts;
    use std::path::Path;

    #[test]
    fn the_file_has_to_be_named() {
        assert_eq!(counts([c"counts=/a b"].into_iter()), Ok(Path::new("/a b")));
        assert!(counts([].into_iter()).is_err());
        assert!(counts([c"counts="].into_iter()).is_err());
        assert!(counts([c"counts=a", c"count=b"].into_iter()).is_err());
    }
}
