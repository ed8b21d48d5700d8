// SPDX-License-Identifier: GPL-2.0

//! What the kernel says of single pages: /proc/self/pagemap and /proc/kpageflags.

use crate::ktap::Trouble;
use std::{fs::File, io, os::unix::fs::FileExt as _, thread, time::Duration};

/// Bytes of an entry of either file.
const ENTRY: usize = 8;

/// Entries of /proc/kpageflags that are read at once.
const AT_ONCE: usize = 1 << 16;

/// How often pages are looked at that move, and the time between.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(2);

/// In pagemap: the page is in memory, and the entry's low bits are its frame number.
const PRESENT: u64 = 1 << 63;
const FRAME: u64 = (1 << 55) - 1;

/// The flags of a page, as in `include/uapi/linux/kernel-page-flags.h` and, from bit 32 on, in
/// `include/linux/kernel-page-flags.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageFlags(u64);

impl PageFlags {
    /// An entry of /proc/kpageflags.
    pub(crate) const fn new(entry: u64) -> Self {
        Self(entry)
    }

    /// On an LRU list.
    pub fn lru(self) -> bool {
        self.has(5)
    }

    /// Free, in the page allocator's own lists.
    pub fn buddy(self) -> bool {
        self.has(10)
    }

    /// Mapped by a process at least.
    pub fn mapped(self) -> bool {
        self.has(11)
    }

    /// Anonymous memory.
    pub fn anon(self) -> bool {
        self.has(12)
    }

    /// In the swap cache.
    pub fn swapcache(self) -> bool {
        self.has(13)
    }

    /// Part of a large folio, and not its first page.
    pub fn tail(self) -> bool {
        self.has(16)
    }

    /// On the unevictable list, or on its way there.
    pub fn unevictable(self) -> bool {
        self.has(18)
    }

    /// Mlocked.
    pub fn mlocked(self) -> bool {
        self.has(33)
    }

    fn has(self, bit: u32) -> bool {
        self.0 & (1 << bit) != 0
    }
}

/// A page that is in this process's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Its frame number.
    pub frame: u64,
    /// Its flags.
    pub flags: PageFlags,
}

/// The files, open.
#[derive(Debug)]
pub struct Pages {
    map: File,
    flags: File,
}

impl Pages {
    /// Opens them.
    pub fn open() -> Result<Self, Trouble> {
        Ok(Self {
            map: open("/proc/self/pagemap")?,
            flags: open("/proc/kpageflags")?,
        })
    }

    /// Looks at the pages from `address` on, so many of the size `page_size`; fails if one is not in
    /// memory.
    ///
    /// What a page is said to be would be another one's if the kernel moved it meanwhile: then it is
    /// looked at again.
    pub fn at(&self, address: usize, count: usize, page_size: usize) -> Result<Vec<Page>, Trouble> {
        let first = address / page_size;

        unmoved(
            || self.frames(first, count, page_size),
            |frames| {
                frames
                    .iter()
                    .map(|&frame| {
                        Ok(Page {
                            frame,
                            flags: PageFlags::new(entry(&self.flags, frame)?),
                        })
                    })
                    .collect()
            },
        )
    }

    /// The frames of so many pages from the number `first` on. The kernel finds many at once faster
    /// than each of them.
    fn frames(&self, first: usize, count: usize, page_size: usize) -> Result<Vec<u64>, Trouble> {
        let mut entries = vec![0; count * ENTRY];

        self.map
            .read_exact_at(&mut entries, (first * ENTRY) as u64)
            .map_err(|error| Trouble::fail(format!("entries from {first} on: {error}")))?;
        (first..)
            .zip(entries.chunks_exact(ENTRY).map(self::number))
            .map(|(number, entry)| {
                if entry & PRESENT == 0 {
                    return Err(Trouble::fail(format!(
                        "the page at {:#x} is not in memory: {entry:#x}",
                        number * page_size
                    )));
                }
                Ok(entry & FRAME)
            })
            .collect()
    }

    /// Calls `f` with every page of the machine, by frame number.
    pub fn for_all(&self, mut f: impl FnMut(u64, PageFlags)) -> Result<(), Trouble> {
        let mut buffer = vec![0; AT_ONCE * ENTRY];
        let mut frame = 0;

        loop {
            let length = self.flags.read_at(&mut buffer, frame * ENTRY as u64)?;
            if length == 0 {
                return Ok(());
            }
            for entry in buffer[..length].chunks_exact(ENTRY) {
                f(frame, PageFlags::new(number(entry)));
                frame += 1;
            }
        }
    }
}

/// Has `look` look at what is in `frames`, again if that is something else afterwards, or not all in
/// memory: so is a page while it is moved.
fn unmoved<T>(
    mut frames: impl FnMut() -> Result<Vec<u64>, Trouble>,
    mut look: impl FnMut(&[u64]) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let mut why = Trouble::fail("the pages are moved all the time");

    for _ in 0..TRIES {
        match frames() {
            Ok(before) => {
                let seen = look(&before)?;
                if frames().is_ok_and(|after| after == before) {
                    return Ok(seen);
                }
            }
            Err(trouble) => why = trouble,
        }
        thread::sleep(PAUSE);
    }
    Err(why)
}

fn open(path: &str) -> Result<File, Trouble> {
    File::open(path).map_err(|error| Trouble::fail(format!("can't open {path}: {error}")))
}

fn entry(file: &File, index: u64) -> Result<u64, Trouble> {
    let mut bytes = [0; ENTRY];

    file.read_exact_at(&mut bytes, index * ENTRY as u64)
        .map_err(|error: io::Error| Trouble::fail(format!("entry {index}: {error}")))?;
    Ok(number(&bytes))
}

fn number(bytes: &[u8]) -> u64 {
    let mut array = [0; ENTRY];

    array.copy_from_slice(bytes);
    u64::from_ne_bytes(array)
}

#[cfg(test)]
mod tests {
    use super::unmoved;
    use crate::ktap::Trouble;

    #[test]
    fn what_moves_while_it_is_looked_at_is_looked_at_again() {
        let mut places = [7, 8, 8, 8].into_iter();
        let frames = || Ok(vec![places.next().expect("one more look")]);
        assert_eq!(unmoved(frames, |frames| Ok(frames[0])), Ok(8));
    }

    #[test]
    fn what_is_away_for_a_moment_is_waited_for() {
        let mut tries = 0;
        let mut frames = || {
            tries += 1;
            if tries == 1 {
                Err(Trouble::fail("not in memory"))
            } else {
                Ok(vec![3])
            }
        };
        assert_eq!(unmoved(&mut frames, |frames| Ok(frames[0])), Ok(3));
        let never = || Err(Trouble::fail("not in memory"));
        assert_eq!(
            unmoved(never, |_| Ok(())),
            Err(Trouble::fail("not in memory"))
        );
        let mut count = 0;
        let always = || {
            count += 1;
            Ok(vec![count])
        };
        assert!(unmoved(always, |_| Ok(())).is_err());
    }
}
