// SPDX-License-Identifier: GPL-2.0

//! What the kernel crate's bindings lack: the functions and types of `rust/helpers/`.
//!
//! Generated from the headers that the C files include, so a prototype can't differ between C and
//! Rust. Types of the kernel itself stay those of [`kernel::bindings`].

#![allow(
    clippy::all,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    non_snake_case,
    unreachable_pub,
    dead_code,
    // `struct lock_class_key` is empty outside of lockdep builds, and only its address is used.
    improper_ctypes
)]

use kernel::bindings::*;
use kernel::ffi;

include!(env!("CRATE_BINDINGS"));
