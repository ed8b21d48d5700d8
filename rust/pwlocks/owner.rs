// SPDX-License-Identifier: GPL-2.0

//! The right to touch another CPU's state.

use crate::cpu::Cpu;
use core::marker::PhantomData;
use kernel::types::NotThreadSafe;

/// A token for the state of one CPU, its owner.
///
/// Whoever holds it may lock that CPU's instance of a [`PwLock`](crate::lock::PwLock) by
/// [`lock()`](crate::lock::PerCpuLock::lock). Only the dispatcher makes tokens:
/// [`PwWork`](crate::work::PwWork) for the work it runs, [`CpuDead`](crate::hotplug::CpuDead) for a
/// CPU that has gone down. So the C series' `pw_lock(lock, cpu)` in local mode with a `cpu` that is
/// not this one can't be written. A token is lent for the duration of a call and does not leave the
/// task.
///
/// In the C series this is the `cpu` of `struct pw_struct`, read by `pw_get_cpu()`.
pub struct Owner<'a> {
    cpu: Cpu,
    dead: bool,
    _lent: PhantomData<&'a ()>,
    _not_send: NotThreadSafe,
}

impl Owner<'_> {
    /// The token of a work item for `cpu`: run by the requester in remote mode, by a worker of
    /// `cpu` in local mode.
    #[inline]
    pub(crate) fn of_work(cpu: Cpu) -> Self {
        Self {
            cpu,
            dead: false,
            _lent: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// The token of the hotplug callback for `cpu`, which has gone down.
    #[inline]
    pub(crate) fn of_dead(cpu: Cpu) -> Self {
        Self {
            cpu,
            dead: true,
            _lent: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// Returns the owner CPU (`pw_get_cpu()`).
    #[inline]
    pub fn cpu(&self) -> Cpu {
        self.cpu
    }

    /// Returns whether the owner CPU has gone down and its state is being salvaged.
    #[inline]
    pub fn is_dead(&self) -> bool {
        self.dead
    }
}
