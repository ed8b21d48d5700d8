// SPDX-License-Identifier: GPL-2.0

//! Follows a file that another process writes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Reads what is new in a file, line by line.
pub struct Tail {
    path: PathBuf,
    file: Option<File>,
    partial: Vec<u8>,
}

impl Tail {
    /// Follows `path`, which need not exist yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: None,
            partial: Vec::new(),
        }
    }

    /// The lines completed since the last call, and whether anything at all was written.
    pub fn new_lines(&mut self) -> io::Result<(Vec<String>, bool)> {
        if self.file.is_none() {
            match File::open(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Ok((Vec::new(), false));
                }
                other => self.file = Some(other?),
            }
        }
        let Some(file) = &mut self.file else {
            return Ok((Vec::new(), false));
        };
        let before = self.partial.len();
        file.read_to_end(&mut self.partial)?;
        let grew = self.partial.len() > before;
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else {
            return Ok((Vec::new(), grew));
        };
        let rest = self.partial.split_off(end + 1);
        let complete = std::mem::replace(&mut self.partial, rest);
        let lines = String::from_utf8_lossy(&complete)
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        Ok((lines, grew))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, OpenOptions};
    use std::io::Write;

    use super::Tail;

    #[test]
    fn gives_whole_lines_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut tail = Tail::new(&path);
        assert_eq!(tail.new_lines().unwrap(), (vec![], false));
        fs::write(&path, "one\r\ntw").unwrap();
        assert_eq!(tail.new_lines().unwrap(), (vec!["one".into()], true));
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"o\n").unwrap();
        assert_eq!(tail.new_lines().unwrap(), (vec!["two".into()], true));
        assert_eq!(tail.new_lines().unwrap(), (vec![], false));
    }
}
