// SPDX-License-Identifier: GPL-2.0

//! One folio, as the batches and lists need to see it.
//!
//! C header: [`include/linux/page-flags.h`](srctree/include/linux/page-flags.h)

use core::{
    ops::Deref,
    ptr::NonNull, //
};

/// The page flags that decide where a folio goes, or say where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    /// On an LRU list. Whoever clears it, by [`Folio::test_and_clear`], has the folio isolated: it
    /// alone may move it between lists, until it sets the flag again.
    Lru,
    /// Belongs on an active list.
    Active,
    /// Belongs on the unevictable list.
    Unevictable,
    /// Somebody has it mlocked.
    Mlocked,
    /// Was used since it was last looked at.
    Referenced,
    /// Anonymous and not freed lazily: it belongs on an anonymous list, else on a file list.
    Swapbacked,
    /// Differs from what is on disk.
    Dirty,
    /// Is being written to disk.
    Writeback,
    /// To be reclaimed as soon as it is clean.
    Reclaim,
}

/// A reference-counted folio.
///
/// # Safety
///
/// A folio must stay where it is and valid for as long as it has references, and its address be a
/// multiple of four: a batch keeps tags in the low bits.
pub(crate) unsafe trait Folio: Send + Sync + Sized + 'static {
    /// Returns whether `flag` is set.
    fn test(&self, flag: Flag) -> bool;

    /// Sets `flag`.
    fn set(&self, flag: Flag);

    /// Clears `flag`.
    fn clear(&self, flag: Flag);

    /// Sets `flag` and returns whether it was set. A full barrier.
    fn test_and_set(&self, flag: Flag) -> bool;

    /// Clears `flag` and returns whether it was set. A full barrier.
    fn test_and_clear(&self, flag: Flag) -> bool;

    /// Returns whether it is anonymous (`folio_test_anon()`), which it is for life.
    fn is_anon(&self) -> bool;

    /// Returns whether it is in the swap cache (`folio_test_swapcache()`).
    fn is_swapcache(&self) -> bool;

    /// Returns whether batches may keep it (`folio_may_be_lru_cached()`): large folios are too much
    /// memory to be left lying about.
    fn may_be_cached(&self) -> bool;

    /// Adds a reference, without which it could not be named (`folio_get()`). See [`Ref::get`].
    fn inc_ref(&self);
}

/// A folio whose lists are kept here too, so that the batches' moves are made here.
pub(crate) trait Listed: Folio {
    /// Returns whether a process has it mapped (`folio_mapped()`).
    fn is_mapped(&self) -> bool;

    /// Returns whether its mapping is exempt from reclaim (`mapping_unevictable()`).
    fn is_mapping_unevictable(&self) -> bool;

    /// Takes the count from one to zero, and returns whether it was one (`folio_ref_freeze()`).
    fn try_freeze(&self) -> bool;

    /// Returns how often it is known to be mlocked (`folio->mlock_count`). Means something on the
    /// unevictable list only; under the lock of the lists.
    fn mlock_count(&self) -> u32;

    /// Sets [`Self::mlock_count`].
    fn set_mlock_count(&self, count: u32);

    /// Returns whether reclaim may have it (`folio_evictable()`).
    #[inline]
    fn is_evictable(&self) -> bool {
        !self.is_mapping_unevictable() && !self.test(Flag::Mlocked)
    }
}

/// An owned reference to a folio.
///
/// It does not put itself, because that takes the owner of the folio: see
/// [`Mm::put`](super::Mm::put). Losing one leaks the folio.
#[must_use = "a reference that is not put leaks the folio"]
pub(crate) struct Ref<F: Folio>(NonNull<F>);

impl<F: Folio> Ref<F> {
    /// Takes one more reference to `folio`.
    #[inline]
    pub(crate) fn get(folio: &F) -> Self {
        folio.inc_ref();
        Self(NonNull::from(folio))
    }

    /// Turns the reference into a pointer that stands for it.
    #[inline]
    pub(crate) fn into_raw(self) -> NonNull<F> {
        self.0
    }

    /// Takes back what [`Self::into_raw`] returned.
    ///
    /// # Safety
    ///
    /// `folio` must stand for a reference that nobody else uses.
    #[inline]
    pub(crate) unsafe fn from_raw(folio: NonNull<F>) -> Self {
        Self(folio)
    }
}

impl<F: Folio> Deref for Ref<F> {
    type Target = F;

    #[inline]
    fn deref(&self) -> &F {
        // SAFETY: A folio is valid as long as it has references, and this is one.
        unsafe { self.0.as_ref() }
    }
}

// SAFETY: References are counted atomically, and folios are `Send` and `Sync`.
unsafe impl<F: Folio> Send for Ref<F> {}

// SAFETY: As above.
unsafe impl<F: Folio> Sync for Ref<F> {}
