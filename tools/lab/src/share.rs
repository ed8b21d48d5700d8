// SPDX-License-Identifier: GPL-2.0

//! Folders of this machine that a guest sees, by 9p.

use std::path::PathBuf;

use crate::sandbox::Sandbox;

/// A folder.
#[derive(Clone, Debug)]
pub struct Share {
    /// What the guest mounts.
    pub tag: &'static str,
    /// The folder.
    pub folder: PathBuf,
    /// Whether the guest may write to it. If not, it sees what is mounted below it as well.
    pub writable: bool,
}

impl Share {
    /// Where QEMU sees it.
    fn inside(&self) -> String {
        format!("/mnt/shares/{}", self.tag)
    }

    /// QEMU's arguments for it.
    pub fn arguments(&self) -> [String; 2] {
        let Self { tag, writable, .. } = self;
        let read_only = if *writable { "off" } else { "on" };
        // Files of several file systems may have the same number.
        let option = format!(
            "local,path={},mount_tag={tag},security_model=none,readonly={read_only},multidevs=remap",
            self.inside()
        );
        ["-virtfs".to_owned(), option]
    }

    /// Lets QEMU in `sandbox` see it.
    pub fn show(&self, sandbox: Sandbox) -> Sandbox {
        if self.writable {
            sandbox.writable(&self.folder, self.inside())
        } else {
            sandbox.read_only_whole(&self.folder, self.inside())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn the_guest_can_write_where_it_may() {
        let arguments = |writable| {
            let share = Share {
                tag: "out",
                folder: "/srv/out".into(),
                writable,
            };
            share.arguments()[1].clone()
        };
        assert!(arguments(false).contains("path=/mnt/shares/out,mount_tag=out,"));
        assert!(arguments(false).contains("readonly=on"));
        assert!(arguments(true).contains("readonly=off"));
    }
}
