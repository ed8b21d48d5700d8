// SPDX-License-Identifier: GPL-2.0

//! The guest's files: one cpio archive, written without privileges.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::stripped;
use crate::userland::INIT;
use cpio::newc::{Builder, ModeFileType, trailer};
use guest_plan::plan::{MODULES_DIR, PLAN_FILE, PROGRAMS_DIR, Plan};

/// Folders the guest expects, parents first.
const FOLDERS: &[&str] = &[
    "bin",
    "dev",
    "etc",
    "lib",
    "lib/pwlocks",
    "proc",
    "root",
    "sbin",
    "sys",
    "tmp",
    "usr",
    "usr/libexec",
    "usr/libexec/pwlocks",
];

/// busybox's commands that the plans and an interactive user call.
const APPLETS: &[&str] = &[
    "awk", "cat", "chrt", "cp", "cut", "date", "dd", "df", "dmesg", "echo", "env", "false", "find",
    "free", "grep", "head", "insmod", "kill", "less", "ln", "ls", "lsmod", "mkdir", "modinfo",
    "mount", "mv", "nproc", "poweroff", "ps", "rm", "rmmod", "sed", "setsid", "sh", "sleep",
    "sort", "stat", "sync", "tail", "taskset", "timeout", "top", "tr", "true", "umount", "uname",
    "uptime", "vi", "wc", "xargs",
];

/// What goes into an archive.
pub struct Contents<'a> {
    /// Static busybox.
    pub busybox: &'a Path,
    /// The first process.
    pub init: &'a Path,
    /// Folders of modules.
    pub modules: &'a [&'a Path],
    /// Folder of programs, of which those go in that the plan calls for.
    pub programs: Option<&'a Path>,
    /// What the guest does.
    pub plan: &'a Plan,
    /// What else it has.
    pub extras: &'a [&'a Extra],
}

/// Something that only some guests have. Its folder is made if need be.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Where it goes, without a slash in front.
    target: String,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// A file that can be executed, from the host.
    File(PathBuf),
    /// A symbolic link.
    Link(String),
}

impl Extra {
    /// The host's file `source` as `target`.
    pub fn file(target: impl Into<String>, source: impl Into<PathBuf>) -> Self {
        Self {
            target: target.into(),
            what: What::File(source.into()),
        }
    }

    /// The program `name` of the folder `programs`, where the plan does not call for it.
    pub fn program(programs: &Path, name: &str) -> Self {
        let target = format!("{}/{name}", below_root(PROGRAMS_DIR));
        Self::file(target, programs.join(name))
    }

    /// A symbolic link `target` to `to`.
    pub fn link(target: impl Into<String>, to: impl Into<String>) -> Self {
        Self {
            target: target.into(),
            what: What::Link(to.into()),
        }
    }
}

/// Writes the archive to `target`.
pub fn write(contents: &Contents<'_>, target: &Path) -> io::Result<()> {
    let mut archive = Archive {
        output: BufWriter::new(fs::File::create(target)?),
        inode: 0,
    };
    for folder in FOLDERS {
        archive.folder(folder)?;
    }
    // The kernel opens it as the first process's output before there is a devtmpfs.
    archive.console()?;
    archive.file("init", 0o755, &fs::read(contents.init)?)?;
    archive.file("bin/busybox", 0o755, &fs::read(contents.busybox)?)?;
    for applet in APPLETS {
        archive.link(&format!("bin/{applet}"), "/bin/busybox")?;
    }
    let plan = serde_json::to_vec_pretty(contents.plan)?;
    archive.file(below_root(PLAN_FILE), 0o644, &plan)?;
    for folder in contents.modules {
        for (name, path) in files(folder)? {
            let whole = fs::read(&path)?;
            let stripped = stripped::module(&whole)
                .map_err(|error| io::Error::other(format!("{}: {error}", path.display())))?;
            let target = format!("{}/{name}", below_root(MODULES_DIR));
            archive.file(&target, 0o644, &stripped)?;
        }
    }
    if let Some(folder) = contents.programs {
        // All of them are most of an archive, and a debug kernel takes a quarter of a minute to unpack it.
        for (name, path) in files(folder)? {
            if name != INIT && contents.plan.calls_for(&name) {
                let target = format!("{}/{name}", below_root(PROGRAMS_DIR));
                archive.file(&target, 0o755, &fs::read(path)?)?;
            }
        }
    }
    let mut folders: BTreeSet<_> = FOLDERS.iter().map(|&folder| folder.to_owned()).collect();
    for extra in contents.extras {
        for folder in ancestors(&extra.target) {
            if folders.insert(folder.to_owned()) {
                archive.folder(folder)?;
            }
        }
        match &extra.what {
            What::File(source) => archive.file(&extra.target, 0o755, &fs::read(source)?)?,
            What::Link(to) => archive.link(&extra.target, to)?,
        }
    }
    trailer(archive.output)?.flush()
}

/// The folders that `path` is in, the outermost first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The files of the host's `folder` with their names, in the order of these.
fn files(folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let files = fs::read_dir(folder)?.map(|file| {
        let file = file?;
        Ok((file.file_name().to_string_lossy().into_owned(), file.path()))
    });
    let mut files = files.collect::<io::Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

fn below_root(path: &str) -> &str {
    path.trim_start_matches('/')
}

struct Archive<W: Write> {
    output: W,
    inode: u32,
}

impl<W: Write> Archive<W> {
    fn entry(&mut self, builder: Builder, data: &[u8]) -> io::Result<()> {
        self.inode += 1;
        let length = u32::try_from(data.len()).map_err(io::Error::other)?;
        let mut entry = builder.ino(self.inode).write(&mut self.output, length);
        entry.write_all(data)?;
        entry.finish().map(|_| ())
    }

    fn folder(&mut self, name: &str) -> io::Result<()> {
        let builder = Builder::new(name)
            .nlink(2)
            .mode(0o755)
            .set_mode_file_type(ModeFileType::Directory);
        self.entry(builder, &[])
    }

    fn file(&mut self, name: &str, mode: u32, data: &[u8]) -> io::Result<()> {
        let builder = Builder::new(name)
            .mode(mode)
            .set_mode_file_type(ModeFileType::Regular);
        self.entry(builder, data)
    }

    fn link(&mut self, name: &str, target: &str) -> io::Result<()> {
        let builder = Builder::new(name)
            .mode(0o777)
            .set_mode_file_type(ModeFileType::Symlink);
        self.entry(builder, target.as_bytes())
    }

    fn console(&mut self) -> io::Result<()> {
        let builder = Builder::new("dev/console")
            .mode(0o600)
            .set_mode_file_type(ModeFileType::Char)
            .rdev_major(5)
            .rdev_minor(1);
        self.entry(builder, &[])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io::Read;

    use cpio::newc::Reader;
    use guest_plan::plan::{PROGRAMS_DIR, Plan, PlanStep};

    use super::{Contents, Extra, write};
    use crate::{assembled, stripped};

    #[test]
    fn the_archive_has_what_was_put_in() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["modules", "stock", "programs"] {
            fs::create_dir(path(name)).unwrap();
        }
        for (name, text) in [
            ("busybox", "B"),
            ("init", "I"),
            ("programs/lock", "L"),
            ("programs/flip", "F"),
        ] {
            fs::write(path(name), text).unwrap();
        }
        for name in ["modules/pwlocks.ko", "stock/brd.ko"] {
            assembled::with_debug_info(".globl f\nf: ret\n", &path(name));
        }
        let [archive, modules, stock, programs] =
            ["initrd", "modules", "stock", "programs"].map(path);
        let step = PlanStep {
            name: "lock".into(),
            argv: vec![format!("{PROGRAMS_DIR}/lock")],
            env: BTreeMap::new(),
            timeout_s: 1,
        };
        let plan = Plan {
            steps: vec![step],
            interactive: false,
        };
        let contents = Contents {
            busybox: &path("busybox"),
            init: &path("init"),
            modules: &[&modules, &stock],
            programs: Some(&programs),
            plan: &plan,
            extras: &[
                &Extra::file("lib/modules/7.2/modules.dep", path("init")),
                &Extra::link("lib/modules/7.2/pwlocks", "/lib/pwlocks"),
            ],
        };
        write(&contents, &archive).unwrap();

        let mut found = BTreeMap::new();
        let bytes = fs::read(&archive).unwrap();
        let mut rest = &bytes[..];
        loop {
            let mut reader = Reader::new(rest).unwrap();
            if reader.entry().is_trailer() {
                break;
            }
            let mut text = Vec::new();
            reader.read_to_end(&mut text).unwrap();
            let before = found.insert(
                reader.entry().name().to_owned(),
                (reader.entry().mode(), text),
            );
            assert_eq!(before, None, "{} is there twice", reader.entry().name());
            rest = reader.finish().unwrap();
        }
        assert_eq!(found["init"], (0o100_755, "I".into()));
        for (name, source) in [("pwlocks.ko", &modules), ("brd.ko", &stock)] {
            let whole = fs::read(source.join(name)).unwrap();
            let stripped = stripped::module(&whole).unwrap();
            assert_eq!(found[&format!("lib/pwlocks/{name}")], (0o100_644, stripped));
        }
        assert_eq!(found["usr/libexec/pwlocks/lock"], (0o100_755, "L".into()));
        assert_eq!(found["bin/sh"], (0o120_777, "/bin/busybox".into()));
        assert_eq!(found["dev/console"].0, 0o020_600);
        assert_eq!(found["lib/modules"].0, 0o040_755);
        let index = &found["lib/modules/7.2/modules.dep"];
        assert_eq!(*index, (0o100_755, "I".into()));
        let link = &found["lib/modules/7.2/pwlocks"];
        assert_eq!(*link, (0o120_777, "/lib/pwlocks".into()));
        let unasked = found.get("usr/libexec/pwlocks/flip");
        assert_eq!(unasked, None);
        let written: Plan = serde_json::from_slice(&found["plan.json"].1).unwrap();
        assert_eq!(written, plan);
    }
}
