// SPDX-License-Identifier: GPL-2.0

//! All requests, with all subjects, for programs that look at the isolated CPU in different ways.

use super::{Missing, Subject, remark};
use crate::{
    khugepaged,
    ktap::{Trouble, Verdict},
    triggers::{Stage, Trigger},
};

/// What the isolated CPU is looked at for: a request, or none for as long, as what there is to be seen
/// then has other causes.
pub type Asked = Option<Trigger>;

/// As it is printed.
pub fn name(asked: Asked) -> &'static str {
    asked.map_or("none", Trigger::name)
}

/// Has `measure` look at each request with each subject, first with none.
pub fn each_trigger(
    mut measure: impl FnMut(&Stage, Subject, Asked) -> Verdict,
) -> Result<Missing, Trouble> {
    let mut missing = Missing::default();

    khugepaged::rest()?;
    for subject in Subject::wanted()? {
        let applied = match subject.apply() {
            Ok(applied) => applied,
            Err(trouble) => {
                missing.note(subject, Err(trouble));
                continue;
            }
        };
        match Stage::set() {
            Ok(stage) => with_subject(&stage, subject, &mut measure, &mut missing),
            Err(trouble) => missing.note(subject, Err(trouble)),
        }
        applied.end()?;
    }
    Ok(missing)
}

fn with_subject(
    stage: &Stage,
    subject: Subject,
    measure: &mut impl FnMut(&Stage, Subject, Asked) -> Verdict,
    missing: &mut Missing,
) {
    let triggers = Trigger::ALL.into_iter().map(Some);

    for asked in [None].into_iter().chain(triggers).filter(is_made) {
        let what = format!("{subject}, {}", name(asked));
        remark(&what);
        let verdict = measure(stage, subject, asked);
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
