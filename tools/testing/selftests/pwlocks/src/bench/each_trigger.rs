// SPDX-License-Identifier: GPL-2.0

//! All requests, with all subjects, for programs that look at the isolated CPU in different ways.

use super::{Asked, Missing, Requests, Subject, each_subject, name, print, remark, row::Row};
use crate::{
    environment, khugepaged,
    ktap::{Trouble, Verdict},
    triggers::{Measurement, Scheduling, Stage, Trigger},
};
use serde::Serialize;

/// Requests of each kind, if the caller does not say how many (`PWLOCKS_COUNT`).
const REQUESTS: u64 = 20;

/// Has `look` see to each kind of request with each of `subjects`, first with none, and prints the figures
/// that it comes back with as a row of `section`. `scheduling` is that of the loop.
pub fn each_trigger<F: Serialize>(
    section: &str,
    subjects: &[Subject],
    scheduling: Scheduling,
    mut look: impl FnMut(&Requests<'_>) -> Result<(Measurement, F), Trouble>,
) -> Result<Missing, Trouble> {
    let count = environment::count().unwrap_or(REQUESTS) as usize;
    let mut one = |stage: &Stage, subject, asked| -> Verdict {
        let requests = Requests {
            stage,
            asked,
            count,
        };
        let (measurement, figures) = look(&requests)?;

        print(section, &Row::new(asked, subject, &measurement, figures))
    };

    khugepaged::rest()?;
    each_subject(subjects, |subject, missing| match Stage::set(scheduling) {
        Ok(stage) => with_subject(subject, |asked| one(&stage, subject, asked), missing),
        Err(trouble) => missing.note(subject, Err(trouble)),
    })
}

fn with_subject(subject: Subject, mut one: impl FnMut(Asked) -> Verdict, missing: &mut Missing) {
    let triggers = Trigger::ALL.into_iter().map(Some);

    for asked in [None].into_iter().chain(triggers).filter(is_made) {
        let what = format!("{subject}, {}", name(asked));
        remark(&what);
        let verdict = one(asked);
        let went_wrong = matches!(verdict, Err(Trouble::Fail(_)));
        missing.note(what, verdict);
        if went_wrong {
            // The loop may have been stopped for it.
            return remark(format_args!("{subject}: what comes after is left out"));
        }
    }
}

/// Whether it is not left alone on this machine, which is said.
fn is_made(asked: &Asked) -> bool {
    let Some((trigger, why)) = asked.and_then(|trigger| Some((trigger, trigger.left_out()?)))
    else {
        return true;
    };

    remark(format_args!("left out: {}: {why}", trigger.name()));
    false
}
