// SPDX-License-Identifier: GPL-2.0

//! The right to touch another CPU's state.

use crate::{
    bindings,
    cpu::Cpu, //
};
use core::marker::PhantomData;
use kernel::types::NotThreadSafe;

/// A token for the state of one CPU, its owner.
///
/// Whoever holds it may lock that CPU's instance of a [`PwLock`](crate::lock::PwLock) by
/// [`lock()`](crate::lock::PerCpuLock::lock). Only the dispatcher makes tokens:
/// [`PwWork`](crate::work::PwWork) for the work it runs, [`CpuDead`](crate::hotplug::CpuDead) for a
/// CPU that has gone down. What a token opens is settled when it is made; [`crate::switch`] shows
/// that it does so until it is gone, whatever becomes of the mode. So the C series'
/// `pw_lock(lock, cpu)` in local mode with a `cpu` that is not this one can't be written. A token is
/// lent for the duration of a call and does not leave the task.
///
/// In the C series this is the `cpu` of `struct pw_struct`, read by `pw_get_cpu()`.
pub struct Owner<'a> {
    cpu: Cpu,
    token: bindings::pw_token,
    _lent: PhantomData<&'a ()>,
    _not_send: NotThreadSafe,
}

impl Owner<'_> {
    #[inline]
    fn new(cpu: Cpu, token: bindings::pw_token) -> Self {
        Self {
            cpu,
            token,
            _lent: PhantomData,
            _not_send: NotThreadSafe,
        }
    }

    /// The token of a work item that was queued on `cpu`, for the worker that runs it.
    #[inline]
    pub(crate) fn of_worker(cpu: Cpu) -> Self {
        Self::new(cpu, bindings::pw_token_PW_TOKEN_WORKER)
    }

    /// The token of the requester of work for `cpu`, who runs it.
    ///
    /// It may only exist between `pwlocks_requester_begin()` and `pwlocks_requester_end()`: those
    /// are what a switch to local mode waits for.
    #[inline]
    pub(crate) fn of_requester(cpu: Cpu) -> Self {
        Self::new(cpu, bindings::pw_token_PW_TOKEN_REQUESTER)
    }

    /// The token of the hotplug callback for `cpu`, which has gone down.
    #[inline]
    pub(crate) fn of_dead(cpu: Cpu) -> Self {
        Self::new(cpu, bindings::pw_token_PW_TOKEN_DEAD)
    }

    /// Returns the owner CPU (`pw_get_cpu()`).
    #[inline]
    pub fn cpu(&self) -> Cpu {
        self.cpu
    }

    /// Returns whether the holder is the requester, on whatever CPU, and not a worker of the owner.
    #[inline]
    pub fn is_requester(&self) -> bool {
        self.token == bindings::pw_token_PW_TOKEN_REQUESTER
    }

    /// Returns whether the owner CPU has gone down and its state is being salvaged.
    #[inline]
    pub fn is_dead(&self) -> bool {
        self.token == bindings::pw_token_PW_TOKEN_DEAD
    }

    /// Returns which kind of token this is, for a [`Backend`](crate::backend::Backend).
    #[inline]
    pub(crate) fn token(&self) -> bindings::pw_token {
        self.token
    }
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(pwlocks_owner)]
mod tests {
    use super::*;
    use crate::cpu;

    #[test]
    fn a_token_says_whose_it_is() {
        for cpu in cpu::possible() {
            let worker = Owner::of_worker(cpu);
            let requester = Owner::of_requester(cpu);
            let dead = Owner::of_dead(cpu);

            for token in [&worker, &requester, &dead] {
                assert_eq!(token.cpu(), cpu);
            }
            assert_eq!(
                [&worker, &requester, &dead].map(Owner::is_requester),
                [false, true, false]
            );
            assert_eq!(
                [&worker, &requester, &dead].map(Owner::is_dead),
                [false, false, true]
            );
        }
    }

    #[test]
    fn what_it_opens_differs_by_who_holds_it() {
        let cpu = Cpu::current();
        let worker = Owner::of_worker(cpu).token();
        let requester = Owner::of_requester(cpu).token();
        let dead = Owner::of_dead(cpu).token();

        assert!(worker != requester && requester != dead && dead != worker);
    }
}
