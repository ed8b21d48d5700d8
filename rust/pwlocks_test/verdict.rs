// SPDX-License-Identifier: GPL-2.0

//! What a test comes to.

use kernel::{
    fmt,
    prelude::*,
    str::CString, //
};

/// Why a test is not `ok`.
pub(crate) enum Trouble {
    /// Can't be tested here.
    Skip(&'static str),
    /// What is wrong.
    Fail(CString),
    /// The test could not be carried out.
    Error(Error),
}

/// The result of a test.
pub(crate) type Verdict<T = ()> = core::result::Result<T, Trouble>;

impl Trouble {
    /// A failure with this explanation; use [`fail!`].
    pub(crate) fn fail(explanation: fmt::Arguments<'_>) -> Self {
        CString::try_from_fmt(explanation).map_or_else(Self::Error, Self::Fail)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<kernel::alloc::AllocError> for Trouble {
    fn from(_: kernel::alloc::AllocError) -> Self {
        Self::Error(ENOMEM)
    }
}

/// The reason, or the explanation.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skip(reason) => f.write_str(reason),
            Self::Fail(explanation) => f.write_fmt(fmt!("{}", &**explanation)),
            Self::Error(error) => write!(f, "could not be carried out: {error:?}"),
        }
    }
}

/// Makes a failure from a format string.
macro_rules! fail {
    ($($message:tt)+) => {
        $crate::verdict::Trouble::fail(::kernel::prelude::fmt!($($message)+))
    };
}
pub(crate) use fail;

/// Returns a failure unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err($crate::verdict::fail!($($message)+));
        }
    };
}
pub(crate) use ensure;
