// SPDX-License-Identifier: GPL-2.0

//! debugfs files that hold their module.
//!
//! Those of [`kernel::debugfs`] have no owner: a file that is open while its module is unloaded calls
//! freed text when it is closed. These have the module of the crate that this file is compiled into.
//!
//! C header: [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h)

use core::ptr;
use kernel::{
    bindings,
    ffi::{
        c_char,
        c_int,
        c_void, //
    },
    fmt,
    prelude::*,
    seq_file::SeqFile,
    seq_print,
    sync::Arc, //
};

/// Writes the content of a file of a [`Dir`] with data `T`.
pub(crate) type Show<T> = fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result;

/// What is done when a file with data `T` is written, whatever is written.
pub(crate) type Written<T> = fn(&T) -> Result;

/// What a file's `i_private` points to, whatever its `T` is.
#[repr(C)]
struct Header {
    /// Shows the file that this is the header of.
    show: unsafe fn(*mut bindings::seq_file, *const Header),
    /// Writes it.
    write: unsafe fn(*const Header) -> Result,
}

/// One file. The header comes first.
///
/// # Invariants
///
/// `data` points to a live `T`.
#[repr(C)]
struct File<T> {
    header: Header,
    data: *const T,
    show: Show<T>,
    written: Option<Written<T>>,
}

impl<T> fmt::Display for File<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: By the type invariants.
        (self.show)(unsafe { &*self.data }, f)
    }
}

/// A directory below the root of debugfs, with files that show a `T`.
///
/// # Invariants
///
/// `dir` is a debugfs directory, or what debugfs returned instead. Its files point into `files`,
/// and those into `data`, which both only grow: the boxes' content and the elements stay in place.
pub(crate) struct Dir<T: Send + Sync + 'static> {
    dir: *mut bindings::dentry,
    files: KVec<KBox<File<T>>>,
    data: KVec<T>,
}

// SAFETY: debugfs directories are removed from any task, and `T` is `Send`.
unsafe impl<T: Send + Sync> Send for Dir<T> {}

// SAFETY: A shared directory gives access to nothing.
unsafe impl<T: Send + Sync> Sync for Dir<T> {}

impl<T: Send + Sync> Dir<T> {
    /// Makes the directory and its files, mode 0400. Without debugfs there is none, and no error.
    ///
    /// For module init. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new(name: &CStr, data: T, shows: &[(&CStr, Show<T>)]) -> Result<Self> {
        let mut all = KVec::with_capacity(1, GFP_KERNEL)?;

        all.push(data, GFP_KERNEL)?;
        // SAFETY: A null parent stands for the root.
        let mut dir = unsafe { Self::empty(ptr::null_mut(), name, all) };

        for (name, show) in shows {
            dir.add(name, 0, *show, None)?;
        }
        Ok(dir)
    }

    /// Makes a directory without files.
    ///
    /// # Safety
    ///
    /// `parent` must be null, or a directory that is removed after the one made.
    unsafe fn empty(parent: *mut bindings::dentry, name: &CStr, data: KVec<T>) -> Self {
        // SAFETY: The name is a C string; for the parent by the function's requirements.
        let dir = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), parent) };

        // INVARIANT: Just made, without files.
        Self {
            dir,
            files: KVec::new(),
            data,
        }
    }

    /// Makes a file for the element of `data` at `index`.
    fn add(
        &mut self,
        name: &CStr,
        index: usize,
        show: Show<T>,
        written: Option<Written<T>>,
    ) -> Result {
        let data = ptr::from_ref(self.data.get(index).ok_or(EINVAL)?);
        let mode = if written.is_some() { 0o600 } else { 0o400 };
        // INVARIANT: An element of `data`, which stays in place until the directory is removed.
        let file = File {
            header: Header {
                show: show_file::<T>,
                write: write_file::<T>,
            },
            data,
            show,
            written,
        };
        let file = KBox::new(file, GFP_KERNEL)?;
        let private = ptr::from_ref(&*file).cast_mut().cast();

        // INVARIANT: Adding moves boxes, not what is in them.
        self.files.push(file, GFP_KERNEL)?;
        // SAFETY: `private` stays in its place until the directory is removed, the operations are
        // those of this module, and an error pointer is a fine parent.
        unsafe {
            bindings::debugfs_create_file_full(
                name.as_char_ptr(),
                mode,
                self.dir,
                private,
                ptr::null(),
                &OPERATIONS.0,
            )
        };
        Ok(())
    }
}

/// A directory within that of `U`s, with a file for each of several `T`s.
// This file is compiled into every module, and not all of them have such.
#[allow(dead_code)]
pub(crate) struct SubDir<T: Send + Sync + 'static, U: Send + Sync + 'static> {
    // Goes before what it is in.
    _dir: Dir<T>,
    _parent: Arc<Dir<U>>,
}

#[allow(dead_code)]
impl<T: Send + Sync, U: Send + Sync> SubDir<T, U> {
    /// Makes the directory, and a file for each of `data`, mode 0600: writing anything to it calls
    /// `written`, whose error is the writer's.
    ///
    /// For module init. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn new(
        parent: Arc<Dir<U>>,
        name: &CStr,
        data: KVec<T>,
        name_of: fn(&T) -> &'static CStr,
        show: Show<T>,
        written: Written<T>,
    ) -> Result<Self> {
        // SAFETY: The parent is kept until this directory is removed.
        let mut dir = unsafe { Dir::empty(parent.dir, name, data) };

        for index in 0..dir.data.len() {
            dir.add(name_of(&dir.data[index]), index, show, Some(written))?;
        }
        Ok(Self {
            _dir: dir,
            _parent: parent,
        })
    }
}

impl<T: Send + Sync> Drop for Dir<T> {
    fn drop(&mut self) {
        // Takes the files along, and waits for who reads them.
        //
        // SAFETY: By the type invariants; an error pointer is fine too.
        unsafe { bindings::debugfs_remove(self.dir) };
    }
}

struct Operations(bindings::file_operations);

// SAFETY: Never written; what it points to is the module and functions.
unsafe impl Sync for Operations {}

static OPERATIONS: Operations = Operations(bindings::file_operations {
    // `THIS_MODULE`. What the `module!` macro calls it differs between 7.2 and 7.3.
    owner: (&raw const bindings::__this_module).cast_mut(),
    open: Some(open),
    read: Some(bindings::seq_read),
    write: Some(write),
    llseek: Some(bindings::seq_lseek),
    release: Some(bindings::single_release),
    ..pin_init::zeroed()
});

/// # Safety
///
/// `inode` and `file` must be of a file that is being opened, one of a [`Dir`].
unsafe extern "C" fn open(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
    // SAFETY: By the function's requirements; debugfs sets the field once.
    let private = unsafe { (*inode).i_private };

    // SAFETY: By the function's requirements; `show` takes what debugfs was given.
    unsafe { bindings::single_open(file, Some(show), private) }
}

/// # Safety
///
/// `m` must be a `seq_file` that is being shown, of a file that [`open`] opened.
unsafe extern "C" fn show(m: *mut bindings::seq_file, _: *mut c_void) -> c_int {
    // SAFETY: By the function's requirements.
    let header = unsafe { (*m).private }.cast::<Header>().cast_const();
    // SAFETY: The header lives as long as the file can be shown.
    let show_file = unsafe { (*header).show };

    // SAFETY: `header` is of a file of the type that `show_file` was set for.
    unsafe { show_file(m, header) };
    0
}

/// # Safety
///
/// `m` must be a `seq_file` that is being shown, and `header` that of a live [`File<T>`].
unsafe fn show_file<T>(m: *mut bindings::seq_file, header: *const Header) {
    // SAFETY: By the function's requirements.
    let m = unsafe { SeqFile::from_raw(m) };
    // SAFETY: By the function's requirements; the header is the first field.
    let file = unsafe { &*header.cast::<File<T>>() };

    seq_print!(m, "{file}");
}

/// # Safety
///
/// `file` must be an open file of a [`Dir`].
unsafe extern "C" fn write(
    file: *mut bindings::file,
    _: *const c_char,
    len: usize,
    _: *mut bindings::loff_t,
) -> isize {
    // SAFETY: By the function's requirements; `single_open()` has set it.
    let m = unsafe { (*file).private_data }.cast::<bindings::seq_file>();
    // SAFETY: The `seq_file` lives as long as the file is open.
    let header = unsafe { (*m).private }.cast::<Header>().cast_const();
    // SAFETY: The header lives as long as the file can be written.
    let write_file = unsafe { (*header).write };

    // SAFETY: `header` is of a file of the type that `write_file` was set for.
    match unsafe { write_file(header) } {
        Ok(()) => len.try_into().unwrap_or(isize::MAX),
        Err(error) => error.to_errno() as isize,
    }
}

/// # Safety
///
/// `header` must be that of a live [`File<T>`].
unsafe fn write_file<T>(header: *const Header) -> Result {
    // SAFETY: By the function's requirements; the header is the first field.
    let file = unsafe { &*header.cast::<File<T>>() };
    // The mode does not keep root from opening a file that can't be written.
    let written = file.written.ok_or(EINVAL)?;

    // SAFETY: By the type invariants.
    written(unsafe { &*file.data })
}
