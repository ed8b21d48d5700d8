// SPDX-License-Identifier: GPL-2.0

//! All subjects, one after the other.

use super::{Missing, Subject};
use crate::ktap::Trouble;

/// Has `measure` look at each subject that is wanted. One that can't be brought about is missing, and
/// the others are measured nevertheless.
pub fn each_subject(mut measure: impl FnMut(Subject, &mut Missing)) -> Result<Missing, Trouble> {
    let mut missing = Missing::default();

    for subject in Subject::wanted()? {
        match subject.apply() {
            Ok(applied) => {
                measure(subject, &mut missing);
                applied.end()?;
            }
            Err(trouble) => missing.note(subject, Err(trouble)),
        }
    }
    Ok(missing)
}
