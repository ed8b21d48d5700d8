// SPDX-License-Identifier: GPL-2.0

//! The LRU lists: `struct lruvec` and its lock.
//!
//! C header: [`include/linux/mm_inline.h`](srctree/include/linux/mm_inline.h)

use super::folio::Listed;

/// LRU lists, in groups (a node, a memory cgroup) that each have a lock.
pub(crate) trait Lists: Send + Sync {
    /// What is on the lists.
    type Folio: Listed;

    /// One group's lists, locked with interrupts off (`folio_lruvec_lock_irqsave()`).
    type Locked<'a>: LockedLists<Folio = Self::Folio>
    where
        Self: 'a;

    /// Locks the lists that `folio` belongs to. Spins (PREEMPT_RT: sleeps).
    fn lock(&self, folio: &Self::Folio) -> Self::Locked<'_>;
}

/// The lists of one group, while locked.
///
/// Which list a folio is put on follows from its flags (`folio_lru_list()`); whoever puts it there
/// or takes it off has it isolated, see [`Flag::Lru`](super::folio::Flag::Lru).
pub(crate) trait LockedLists {
    /// What is on the lists.
    type Folio: Listed;

    /// Returns whether `folio` belongs to this group.
    fn covers(&self, folio: &Self::Folio) -> bool;

    /// Puts `folio` at the head of its list (`lruvec_add_folio()`).
    fn add(&mut self, folio: &Self::Folio);

    /// Puts `folio` at the tail of its list (`lruvec_add_folio_tail()`).
    fn add_tail(&mut self, folio: &Self::Folio);

    /// Takes `folio` off the list it is on (`lruvec_del_folio()`). Before its flags change.
    fn del(&mut self, folio: &Self::Folio);
}

/// The lock that covered the last folio, kept in case it covers the next
/// (`folio_lruvec_relock_irqsave()`).
pub(crate) struct Relock<'a, L: Lists> {
    lists: &'a L,
    locked: Option<L::Locked<'a>>,
}

impl<'a, L: Lists> Relock<'a, L> {
    /// Begins with nothing locked.
    #[inline]
    pub(crate) fn new(lists: &'a L) -> Self {
        Self {
            lists,
            locked: None,
        }
    }

    /// Returns the locked lists of `folio`.
    #[inline]
    pub(crate) fn lock(&mut self, folio: &L::Folio) -> &mut L::Locked<'a> {
        if !self.locked.as_ref().is_some_and(|l| l.covers(folio)) {
            // Two of these locks are never held at once.
            self.locked = None;
        }
        self.locked.get_or_insert_with(|| self.lists.lock(folio))
    }
}

#[cfg(CONFIG_PWLOCKS_KUNIT)]
#[kernel::macros::kunit_tests(mm_lists)]
mod tests {
    use super::*;
    use crate::mm::fake;
    use kernel::prelude::*;

    fn of_group(group: u32) -> Result<KBox<fake::Folio>> {
        let nature = fake::Nature {
            group,
            ..Default::default()
        };

        fake::Folio::new(nature, &[])
    }

    #[test]
    fn nothing_is_locked_for_nothing() {
        let lists = fake::Lists::new();

        drop(Relock::new(&lists));
        assert_eq!(lists.times_locked(), 0);
        assert!(lists.in_order());
    }

    #[test]
    fn a_group_is_locked_once_for_all_its_folios() -> Result {
        let lists = fake::Lists::new();
        let mut relock = Relock::new(&lists);

        for _ in 0..3 {
            relock.lock(&*of_group(1)?);
        }
        assert_eq!(lists.times_locked(), 1);
        drop(relock);
        assert!(lists.in_order());
        Ok(())
    }

    #[test]
    fn two_groups_are_never_locked_at_once() -> Result {
        let lists = fake::Lists::new();
        let mut relock = Relock::new(&lists);

        for group in [1, 2, 2, 1] {
            relock.lock(&*of_group(group)?);
        }
        assert_eq!(lists.times_locked(), 3);
        drop(relock);
        assert!(lists.in_order());
        Ok(())
    }
}
