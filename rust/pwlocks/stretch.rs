// SPDX-License-Identifier: GPL-2.0

//! Stretched time, for tests: see `rust/helpers/stretch.h`.

/// Marks a point between two steps of which somebody else must not see the one without the other,
/// or which another CPU may come between.
///
/// In a build with `CONFIG_PWLOCKS_STRETCH=y` a task spins here now and then, for 200 us at the most;
/// in any other this is nothing. Any context.
#[inline(always)]
pub fn stretch_time() {
    #[cfg(CONFIG_PWLOCKS_STRETCH)]
    // SAFETY: It may be called anywhere.
    unsafe {
        crate::bindings::pwlocks_stretch_time()
    };
}
