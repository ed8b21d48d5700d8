// SPDX-License-Identifier: GPL-2.0

//! A BPF program that is called at the entry of a function and does nothing.
//!
//! What loads BPF programs takes object files of a compiler for BPF; two instructions need none.

use btf_rs::{Btf, Type};
use nix::{errno::Errno, libc};
use std::{
    mem,
    os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd},
};

// include/uapi/linux/bpf.h
const BPF_PROG_LOAD: libc::c_long = 5;
const BPF_RAW_TRACEPOINT_OPEN: libc::c_long = 17;
const BPF_PROG_TYPE_TRACING: u32 = 26;
const BPF_TRACE_FENTRY: u32 = 24;

/// `r0 = 0; exit`, of `struct bpf_insn`.
const NOTHING: [u64; 2] = [0xb7, 0x95];

const VMLINUX: &str = "/sys/kernel/btf/vmlinux";

/// `union bpf_attr` for `BPF_PROG_LOAD`, as far as it matters; addresses are 64 bits wide.
#[derive(Default)]
#[repr(C)]
struct Load {
    prog_type: u32,
    insn_cnt: u32,
    insns: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log_buf: u64,
    kern_version: u32,
    prog_flags: u32,
    prog_name: [u8; 16],
    prog_ifindex: u32,
    expected_attach_type: u32,
    prog_btf_fd: u32,
    func_info_rec_size: u32,
    func_info: u64,
    func_info_cnt: u32,
    line_info_rec_size: u32,
    line_info: u64,
    line_info_cnt: u32,
    attach_btf_id: u32,
}

/// `union bpf_attr` for `BPF_RAW_TRACEPOINT_OPEN`.
#[repr(C)]
struct Open {
    name: u64,
    prog_fd: RawFd,
    padding: u32,
}

/// The program, attached until this value is gone.
pub(crate) struct Program {
    _link: OwnedFd,
}

impl Program {
    /// Attaches it to the kernel's function of this name; [`Errno::ENOENT`] if the kernel's types do
    /// not have it.
    pub(crate) fn attach(function: &str) -> Result<Self, Errno> {
        let load = Load {
            prog_type: BPF_PROG_TYPE_TRACING,
            insn_cnt: NOTHING.len() as u32,
            insns: NOTHING.as_ptr() as u64,
            license: c"GPL".as_ptr() as u64,
            expected_attach_type: BPF_TRACE_FENTRY,
            attach_btf_id: id(function).ok_or(Errno::ENOENT)?,
            ..Load::default()
        };
        // SAFETY: The addresses in it are of constants.
        let program = unsafe { bpf(BPF_PROG_LOAD, &load) }?;
        let open = Open {
            name: 0,
            prog_fd: program.as_raw_fd(),
            padding: 0,
        };
        // SAFETY: There is no address in it.
        let link = unsafe { bpf(BPF_RAW_TRACEPOINT_OPEN, &open) }?;

        Ok(Self { _link: link })
    }
}

/// The number of a function among the kernel's types.
fn id(function: &str) -> Option<u32> {
    let btf = Btf::from_file(VMLINUX).ok()?;
    let ids = btf.resolve_ids_by_name(function).ok()?;

    ids.into_iter()
        .find(|&id| matches!(btf.resolve_type_by_id(id), Ok(Type::Func(_))))
}

/// `bpf()`, for commands that return a file descriptor.
///
/// # Safety
///
/// `attr` must be what `command` takes.
unsafe fn bpf<T>(command: libc::c_long, attr: &T) -> Result<OwnedFd, Errno> {
    // SAFETY: By the function's requirements; as many bytes are read as there are.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, attr, mem::size_of::<T>()) };
    let fd = Errno::result(result)? as RawFd;

    // SAFETY: The descriptor is new, and ours.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
