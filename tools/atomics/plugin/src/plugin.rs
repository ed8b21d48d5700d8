// SPDX-License-Identifier: GPL-2.0

//! The plugin itself, as QEMU calls it.

use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    fs::OpenOptions,
    io,
    path::Path,
    sync::OnceLock,
};

use atomic_counts::Page;

use crate::{
    argument,
    kind::Kind,
    qemu::{self, Block, Counter, Id, RawBlock},
};

/// What there is once the plugin is installed.
struct State {
    page: &'static Page,
    instructions: Counter,
    atomics: Counter,
}

static STATE: OnceLock<State> = OnceLock::new();

/// By this QEMU knows the interface that the plugin is written for.
// SAFETY: Nothing else in QEMU has the name.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = qemu::VERSION;

/// Called once, before there is a CPU; `argv` has the plugin's arguments. Not 0 keeps QEMU from
/// starting.
///
/// # Safety
///
/// `argv` must have `argc` C strings.
// SAFETY: Nothing else in QEMU has the name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: Id,
    _info: *const c_void,
    argc: c_int,
    argv: *const *const c_char,
) -> c_int {
    let arguments = (0..usize::try_from(argc).unwrap_or(0)).map(|index| {
        // SAFETY: By the function's requirements, it is within the array.
        let string = unsafe { argv.add(index) };
        // SAFETY: By the function's requirements.
        let string = unsafe { *string };
        // SAFETY: By the function's requirements.
        unsafe { CStr::from_ptr(string) }
    });
    let opened = argument::counts(arguments)
        .and_then(|path| open(path).map_err(|error| format!("{}: {error}", path.display())));
    match opened {
        Ok(page) => {
            STATE.get_or_init(|| State {
                page,
                instructions: Counter::new(),
                atomics: Counter::new(),
            });
            qemu::on_translation(id, translated);
            0
        }
        Err(cause) => {
            eprintln!("count_atomics: {cause}");
            1
        }
    }
}

fn open(path: &Path) -> io::Result<&'static Page> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    Page::create(&file)
}

/// Has the instructions of a block counted.
extern "C" fn translated(_id: Id, block: *mut RawBlock) {
    let Some(state) = STATE.get() else { return };
    // SAFETY: QEMU has just called with it.
    let block = unsafe { Block::new(block) };
    for instruction in block.instructions() {
        match instruction.with_bytes(Kind::of) {
            // What lies between two marks is counted, and nothing of the marks themselves.
            Kind::Mark => {
                instruction.call(marked);
                continue;
            }
            Kind::Atomic => instruction.count(state.atomics),
            Kind::Plain => {}
        }
        instruction.count(state.instructions);
    }
}

/// Hands a CPU its counts.
extern "C" fn marked(cpu: c_uint, _data: *mut c_void) {
    let Some(state) = STATE.get() else { return };
    let slot = usize::try_from(cpu)
        .ok()
        .and_then(|cpu| state.page.slot(cpu));
    if let Some(slot) = slot {
        slot.write(state.instructions.get(cpu), state.atomics.get(cpu));
    }
}
