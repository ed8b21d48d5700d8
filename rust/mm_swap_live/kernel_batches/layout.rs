// SPDX-License-Identifier: GPL-2.0

//! That the structures here are those of [`coverage`].
//!
//! `make audit` compares the same lists with the kernel's own description of its types. Together
//! that says that what is written here by hand, and what bindgen makes of headers, is what the
//! kernel's code uses.

use super::{
    CpuFbatches,
    MlockFbatch, //
};
use crate::{
    coverage::{
        self,
        Batches,
        Layout,
        LAYOUT, //
    },
    kernel_folio::KernelFolio,
    mm::batch::FolioBatch,
};
use core::mem::{
    offset_of,
    size_of, //
};
use kernel::bindings;

/// The batches' structures with the locks of this kernel.
#[allow(dead_code, reason = "only the assertions use it")]
const BATCHES_LAYOUT: &[Layout] = Batches::<{ size_of::<bindings::local_lock_t>() }>::LAYOUT;

/// The size of a type is that in the list.
macro_rules! assert_size {
    ($list:ident, $name:literal, $type:ty) => {
        const _: () = assert!(size_of::<$type>() == coverage::size_of($list, $name));
    };
}

/// The offset of a member is that in the list.
macro_rules! assert_offset {
    ($list:ident, $name:literal, $path:literal, $type:ty, $($member:tt)+) => {
        const _: () =
            assert!(offset_of!($type, $($member)+) == coverage::offset_of($list, $name, $path));
    };
}

assert_size!(BATCHES_LAYOUT, "cpu_fbatches", CpuFbatches);
assert_offset!(BATCHES_LAYOUT, "cpu_fbatches", "lock", CpuFbatches, lock);
assert_offset!(
    BATCHES_LAYOUT,
    "cpu_fbatches",
    "lru_add",
    CpuFbatches,
    batches
);
assert_offset!(
    BATCHES_LAYOUT,
    "cpu_fbatches",
    "lock_irq",
    CpuFbatches,
    lock_irq
);
assert_offset!(
    BATCHES_LAYOUT,
    "cpu_fbatches",
    "lru_move_tail",
    CpuFbatches,
    lru_move_tail
);
assert_size!(BATCHES_LAYOUT, "mlock_fbatch", MlockFbatch);
assert_offset!(BATCHES_LAYOUT, "mlock_fbatch", "lock", MlockFbatch, lock);
assert_offset!(
    BATCHES_LAYOUT,
    "mlock_fbatch",
    "fbatch",
    MlockFbatch,
    fbatch
);

assert_size!(LAYOUT, "folio_batch", FolioBatch<KernelFolio>);
assert_offset!(
    LAYOUT,
    "folio",
    "flags",
    bindings::folio,
    __bindgen_anon_1.__bindgen_anon_1.flags
);
assert_offset!(
    LAYOUT,
    "folio",
    "mapping",
    bindings::folio,
    __bindgen_anon_1.__bindgen_anon_1.mapping
);
assert_offset!(
    LAYOUT,
    "folio",
    "_refcount",
    bindings::folio,
    __bindgen_anon_1.__bindgen_anon_1._refcount
);
assert_size!(LAYOUT, "page", bindings::page);
assert_offset!(LAYOUT, "ftrace_ops", "func", bindings::ftrace_ops, func);
assert_offset!(LAYOUT, "ftrace_ops", "flags", bindings::ftrace_ops, flags);
