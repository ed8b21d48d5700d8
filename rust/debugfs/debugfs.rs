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
        c_int,
        c_void, //
    },
    fmt,
    prelude::*,
    seq_file::SeqFile,
    seq_print, //
};

/// Writes the content of a file of a [`Dir`] with data `T`.
pub(crate) type Show<T> = fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result;

/// What a file's `i_private` points to, whatever its `T` is.
#[repr(C)]
struct Header {
    /// Shows the file that this is the header of.
    show: unsafe fn(*mut bindings::seq_file, *const Header),
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
}

impl<T> fmt::Display for File<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: By the type invariants.
        (self.show)(unsafe { &*self.data }, f)
    }
}

/// A directory below the root of debugfs, with read-only files that show a `T`.
///
/// # Invariants
///
/// `dir` is a debugfs directory, or what debugfs returned instead. Its files point into `files`,
/// and those to `data`.
pub(crate) struct Dir<T: Send + Sync + 'static> {
    dir: *mut bindings::dentry,
    _files: KVec<File<T>>,
    _data: KBox<T>,
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
        let data = KBox::new(data, GFP_KERNEL)?;
        let mut files = KVec::with_capacity(shows.len(), GFP_KERNEL)?;

        for (_, show) in shows {
            // INVARIANT: The box's content does not move, and goes after the files.
            let file = File {
                header: Header {
                    show: show_file::<T>,
                },
                data: ptr::from_ref(&*data),
                show: *show,
            };

            files.push(file, GFP_KERNEL)?;
        }

        // SAFETY: The name is a C string, and a null parent stands for the root.
        let dir = unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), ptr::null_mut()) };

        for ((name, _), file) in shows.iter().zip(&files) {
            // SAFETY: The file's data stays in its place until the directory is removed, the
            // operations are those of this module, and an error pointer is a fine parent.
            unsafe {
                bindings::debugfs_create_file_full(
                    name.as_char_ptr(),
                    0o400,
                    dir,
                    ptr::from_ref(file).cast_mut().cast(),
                    ptr::null(),
                    &OPERATIONS.0,
                )
            };
        }
        // INVARIANT: Just made.
        Ok(Self {
            dir,
            _files: files,
            _data: data,
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
