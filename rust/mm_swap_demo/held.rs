// SPDX-License-Identifier: GPL-2.0

//! References to many folios, put when dropped.

use crate::{
    demo::Demo,
    folio::Folio,
    mm::{
        drain::Drain,
        folio::Ref,
        Mm, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Arc, //
};

/// References to folios of one [`Demo`].
pub(crate) struct Held {
    drain: Arc<Drain<Demo>>,
    folios: KVVec<Ref<Folio>>,
}

impl Held {
    /// Makes room for `count`. May sleep. `ENOMEM` if there is no memory.
    pub(crate) fn with_capacity(drain: &Arc<Drain<Demo>>, count: usize) -> Result<Self> {
        Ok(Self {
            drain: drain.clone(),
            folios: KVVec::with_capacity(count, GFP_KERNEL)?,
        })
    }

    /// Adds a reference, for which there must be room: else it is put at once.
    pub(crate) fn push(&mut self, folio: Ref<Folio>) {
        if let Err(error) = self.folios.push_within_capacity(folio) {
            self.drain.mm().put(error.0);
        }
    }

    /// Takes the reference added last.
    pub(crate) fn pop(&mut self) -> Option<Ref<Folio>> {
        self.folios.pop()
    }

    /// Returns the folios.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Folio> {
        self.folios.iter().map(|folio| &**folio)
    }

    /// Returns the folios by number.
    pub(crate) fn get(&self, i: usize) -> Option<&Folio> {
        self.folios.get(i).map(|folio| &**folio)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        while let Some(folio) = self.folios.pop() {
            self.drain.mm().put(folio);
        }
    }
}
