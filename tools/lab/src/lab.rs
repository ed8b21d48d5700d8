// SPDX-License-Identifier: GPL-2.0

//! What every command of this program works with.

use crate::cli::Options;
use crate::interrupt::Interrupt;
use crate::paths::Project;
use crate::store::Store;
use crate::ui::Ui;

/// The project, the cache, the user and the user's wishes.
pub struct Lab {
    /// The project's folder.
    pub project: Project,
    /// The cache.
    pub store: Store,
    /// Speaks to the user.
    pub ui: Ui,
    /// Raised when the user wants this to end.
    pub interrupt: Interrupt,
    /// What the user asked for.
    pub options: Options,
}
