// SPDX-License-Identifier: GPL-2.0

//! An object of JSON, written member by member.

use kernel::{
    fmt::{
        Display,
        Formatter,
        Result, //
    },
    prelude::fmt, //
};

/// An object that is being written.
pub(crate) struct Object<'a, 'b> {
    /// Where to.
    to: &'a mut Formatter<'b>,
    /// What comes before the next member.
    separator: char,
}

impl<'a, 'b> Object<'a, 'b> {
    /// Writes an object with the members that `members` adds.
    pub(crate) fn write(
        to: &'a mut Formatter<'b>,
        members: impl FnOnce(&mut Self) -> Result,
    ) -> Result {
        let mut object = Self { to, separator: '{' };
        members(&mut object)?;
        object.to.write_str("}")
    }

    /// Adds a member whose value is JSON as it is displayed.
    pub(crate) fn member(&mut self, name: &str, value: impl Display) -> Result {
        let separator = core::mem::replace(&mut self.separator, ',');
        self.to.write_fmt(fmt!("{separator}\"{name}\":{value}"))
    }

    /// Adds a string. It is not escaped: names and releases have nothing to escape.
    pub(crate) fn string(&mut self, name: &str, value: impl Display) -> Result {
        let separator = core::mem::replace(&mut self.separator, ',');
        self.to.write_fmt(fmt!("{separator}\"{name}\":\"{value}\""))
    }
}
