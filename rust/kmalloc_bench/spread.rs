// SPDX-License-Identifier: GPL-2.0

//! How a figure is spread over several measurements of it.

use crate::{
    chunk::Tally,
    json::Object,
    run::Figures, //
};
use kernel::{
    fmt,
    prelude::*, //
};

/// A figure with two decimals, kept in hundredths.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hundredths(pub(crate) u64);

impl Hundredths {
    /// Nothing.
    pub(crate) const ZERO: Self = Self(0);
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_fmt(fmt!("{}.{:02}", self.0 / 100, self.0 % 100))
    }
}

/// Least, median and greatest of a figure.
pub(crate) struct Spread {
    /// The least.
    pub(crate) min: Hundredths,
    /// The one in the middle, or the mean of the two there.
    pub(crate) median: Hundredths,
    /// The greatest.
    pub(crate) max: Hundredths,
}

impl Spread {
    /// Takes what `tally` selects of each measurement, less `overhead`; zero where that is more.
    pub(crate) fn new(
        measurements: &[Figures],
        overhead: Hundredths,
        tally: fn(&Figures) -> &Tally,
    ) -> Result<Self> {
        let mut found = KVec::<u64>::with_capacity(measurements.len(), GFP_KERNEL)?;
        for figures in measurements {
            let net = tally(figures).hundredths().saturating_sub(overhead.0);
            // Kept in order as it grows: core's sort brings in panics that objtool can't see.
            let place = found.partition_point(|&other| other < net);
            found
                .insert_within_capacity(place, net)
                .map_err(|_| ENOMEM)?;
        }
        let at = |index: usize| found.get(index).copied().unwrap_or(0);
        let last = found.len().saturating_sub(1);
        Ok(Self {
            min: Hundredths(at(0)),
            median: Hundredths(at(last / 2).midpoint(at(last.div_ceil(2)))),
            max: Hundredths(at(last)),
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Object::write(f, |spread| {
            spread.member("min", self.min)?;
            spread.member("median", self.median)?;
            spread.member("max", self.max)
        })
    }
}
