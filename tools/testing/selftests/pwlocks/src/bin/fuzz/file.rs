// SPDX-License-Identifier: GPL-2.0

//! The modules' files: reads of any length at any place, writes to those that can't be written.

use crate::{
    bad_buffer,
    source::Source,
    subject::Subject,
    tally::{Fate, Tally},
};
use fastrand::Rng;
use nix::errno::Errno;
use selftests::{
    demo,
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
    live,
    module::{self, Module},
    our_modules,
};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Of debugfs: can be opened for writing by root, and can't be written.
    Debugfs,
    /// A parameter in sysfs.
    Parameter,
    /// The demo's device, which is for ioctls only.
    Device,
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    ReadInPieces,
    ReadAt,
    Seek,
    ReadToBadAddress,
    Write,
    WriteFromBadAddress,
    /// With a file that was opened for reading.
    WriteReadOnly,
}

const ACTIONS: [Action; 7] = [
    Action::ReadInPieces,
    Action::ReadAt,
    Action::Seek,
    Action::ReadToBadAddress,
    Action::Write,
    Action::WriteFromBadAddress,
    Action::WriteReadOnly,
];

/// A file, and what it shows: nothing if it is the device.
struct Shown {
    kind: Kind,
    path: PathBuf,
    text: Vec<u8>,
}

impl Shown {
    fn now(kind: Kind, path: PathBuf) -> io::Result<Self> {
        let text = match kind {
            Kind::Device => Vec::new(),
            _ => fs::read(&path)?,
        };

        Ok(Self { kind, path, text })
    }
}

/// One episode, with the other modules as well. Nobody uses them, so what they show stays.
pub(crate) fn run(rng: &mut Source, tally: &mut Tally) -> Verdict {
    let others = others()?;
    let debugfs = our_modules::debugfs().into_iter();
    let parameters = our_modules::parameters().into_iter();
    let files = debugfs
        .map(|path| (Kind::Debugfs, path))
        .chain(parameters.map(|path| (Kind::Parameter, path)))
        .chain([(Kind::Device, demo::PATH.into())])
        .map(|(kind, path)| Shown::now(kind, path));
    let files = files.collect::<io::Result<Vec<_>>>()?;

    for number in 0..Subject::File.inputs() {
        rng.begin(number);
        let file = &files[rng.usize(..files.len())];
        let action = ACTIONS[rng.usize(..ACTIONS.len())];
        let verdict = match file.kind {
            Kind::Device => device(action, rng),
            _ => text(file, action, rng),
        };
        let fate = verdict.map_err(|trouble| {
            let path = file.path.display();
            Trouble::fail(format!("input {number}, {path}, {action:?}: {trouble:?}"))
        })?;
        let kind = format!("{:?} {action:?}", file.kind);
        tally.add(Subject::File, &kind, fate);
    }
    drop(others);
    Ok(())
}

/// Loads them, until they are dropped.
fn others() -> Result<Vec<Module>, Trouble> {
    let mut others = Vec::new();

    if has_file("kmalloc_bench") {
        others.push(Module::need("kmalloc_bench", "iterations=100 rounds=1")?);
    }
    // In remote mode it counts what the kernel does all the time, and takes seconds to load.
    if has_file(live::MODULE) && module::parameter("pwlocks", "pwlocks")? == "0" {
        match Module::load(live::MODULE, "") {
            Ok(module) => others.push(module),
            // It is for another kernel.
            Err(Errno::ENOEXEC) => {}
            Err(error) => return Err(error).doing("insmod mm_swap_live"),
        }
    }
    Ok(others)
}

fn has_file(module: &str) -> bool {
    module::file(module).is_some_and(|file| file.exists())
}

/// Checks that a result is an error, and one of these.
fn refused<T>(result: io::Result<T>, errors: &[Errno]) -> Result<Fate, Trouble> {
    match result.map_err(|error| bad_buffer::errno(&error)) {
        Err(error) if errors.contains(&error) => Ok(Fate::Refused),
        Err(error) => Err(format!("{error:?}, expected: {errors:?}").into()),
        Ok(_) => Err(format!("it succeeds, expected: {errors:?}").into()),
    }
}

/// Something to write.
fn bytes(rng: &mut Rng) -> Vec<u8> {
    let length = match rng.u32(..4) {
        0 => 0,
        1 => rng.usize(..10_000),
        _ => rng.usize(..40),
    };

    (0..length).map(|_| rng.u8(..)).collect()
}

/// What is done to a file that shows a text.
fn text(file: &Shown, action: Action, rng: &mut Rng) -> Result<Fate, Trouble> {
    let (path, before) = (&file.path, &file.text);
    let fate = match action {
        Action::Write | Action::WriteFromBadAddress => write(file.kind, path, action, rng)?,
        Action::WriteReadOnly => refused(File::open(path)?.write(&bytes(rng)), &[Errno::EBADF])?,
        Action::ReadToBadAddress => {
            refused(bad_buffer::read(&File::open(path)?, rng)?, &[Errno::EFAULT])?
        }
        Action::ReadInPieces | Action::ReadAt | Action::Seek => {
            let read = read(path, action, before.len(), rng)?;
            ensure!(
                read.is_part_of(before),
                "{read:?} is not in {:?}",
                before.escape_ascii().to_string()
            );
            Fate::Accepted
        }
    };

    let after = fs::read(path)?;
    ensure!(*before == after, "it changed from {before:?} to {after:?}");
    Ok(fate)
}

/// Part of a file.
#[derive(Debug)]
struct Part {
    from: usize,
    /// Read until then, or to the end if that comes before.
    to: usize,
    bytes: Vec<u8>,
}

impl Part {
    fn is_part_of(&self, whole: &[u8]) -> bool {
        let end = self.to.min(whole.len());
        let expected = whole.get(self.from.min(end)..end).unwrap_or_default();

        self.bytes == expected
    }
}

/// Reads a part of a file that is about `length` bytes long.
fn read(path: &Path, action: Action, length: usize, rng: &mut Rng) -> Result<Part, Trouble> {
    let mut file = File::open(path)?;
    let from = rng.usize(..length + 20);
    let size = rng.usize(1..=length + 20);
    let mut buffer = vec![0; size];

    if action == Action::ReadInPieces {
        let mut all = Vec::new();
        loop {
            let piece = rng.usize(1..=size);
            let read = file.read(&mut buffer[..piece])?;
            all.extend_from_slice(&buffer[..read]);
            if read == 0 {
                break;
            }
        }
        return Ok(Part {
            from: 0,
            to: usize::MAX,
            bytes: all,
        });
    }
    let read = if action == Action::Seek {
        for wrong in [SeekFrom::Start(u64::MAX), SeekFrom::Current(i64::MIN)] {
            refused(file.seek(wrong), &[Errno::EINVAL])?;
        }
        file.seek(SeekFrom::Start(rng.u64(..length as u64 + 20)))?;
        file.seek(SeekFrom::Start(from as u64))?;
        file.read(&mut buffer)?
    } else {
        file.read_at(&mut buffer, from as u64)?
    };
    buffer.truncate(read);
    Ok(Part {
        from,
        to: from + size,
        bytes: buffer,
    })
}

/// Writes what can't be written.
fn write(kind: Kind, path: &Path, action: Action, rng: &mut Rng) -> Result<Fate, Trouble> {
    let mut options = OpenOptions::new();
    options.write(true).read(rng.bool());
    let mut file = match (kind, options.open(path)) {
        (Kind::Parameter, result) if !is_writable(path)? => {
            return refused(result, &[Errno::EACCES]);
        }
        (_, result) => result?,
    };

    if kind == Kind::Parameter && action == Action::Write {
        // What can be written there is another subject. This the module does not get to see.
        ensure!(file.write(&[])? == 0, "nothing was written, and was more");
        return Ok(Fate::Accepted);
    }
    if action == Action::Write {
        return refused(file.write(&bytes(rng)), &[Errno::EINVAL]);
    }
    // debugfs does not get as far as to read it.
    refused(
        bad_buffer::write(&file, rng)?,
        &[Errno::EFAULT, Errno::EINVAL],
    )
}

/// Whether its mode has somebody write it.
fn is_writable(path: &Path) -> io::Result<bool> {
    Ok(!fs::metadata(path)?.permissions().readonly())
}

/// What is done to the device: none of it is for devices of its kind.
fn device(action: Action, rng: &mut Rng) -> Result<Fate, Trouble> {
    let mut file = OpenOptions::new().read(true).write(true).open(demo::PATH)?;
    let mut buffer = vec![0; rng.usize(1..5000)];

    match action {
        Action::ReadInPieces => refused(file.read(&mut buffer), &[Errno::EINVAL]),
        Action::ReadAt => {
            let at = rng.u64(..) >> 1;
            refused(
                file.read_at(&mut buffer, at),
                &[Errno::EINVAL, Errno::ESPIPE],
            )
        }
        Action::Seek => {
            let at = SeekFrom::Start(rng.u64(..) >> 1);
            refused(file.seek(at), &[Errno::ESPIPE, Errno::EINVAL])
        }
        Action::ReadToBadAddress => refused(
            bad_buffer::read(&file, rng)?,
            &[Errno::EINVAL, Errno::EFAULT],
        ),
        Action::Write => refused(file.write(&bytes(rng)), &[Errno::EINVAL]),
        Action::WriteFromBadAddress => refused(
            bad_buffer::write(&file, rng)?,
            &[Errno::EINVAL, Errno::EFAULT],
        ),
        Action::WriteReadOnly => {
            let mut file = File::open(demo::PATH)?;
            refused(file.write(&bytes(rng)), &[Errno::EBADF])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Part, refused};
    use nix::errno::Errno;
    use std::io;

    #[test]
    fn parts() {
        let part = |from, to, bytes: &[u8]| Part {
            from,
            to,
            bytes: bytes.to_vec(),
        };
        assert!(part(1, 3, b"bc").is_part_of(b"abcd"));
        assert!(part(1, 9, b"bcd").is_part_of(b"abcd"));
        assert!(part(9, 12, b"").is_part_of(b"abcd"));
        assert!(!part(1, 3, b"b").is_part_of(b"abcd"));
        assert!(!part(1, 3, b"ab").is_part_of(b"abcd"));
        assert!(!part(0, usize::MAX, b"abc").is_part_of(b"abcd"));
    }

    #[test]
    fn only_the_right_error_is_one() {
        let error = |errno: Errno| Err::<(), _>(io::Error::from(errno));
        assert!(refused(error(Errno::EINVAL), &[Errno::EINVAL]).is_ok());
        assert!(refused(error(Errno::EIO), &[Errno::EINVAL]).is_err());
        assert!(refused(Ok(()), &[Errno::EINVAL]).is_err());
    }
}
