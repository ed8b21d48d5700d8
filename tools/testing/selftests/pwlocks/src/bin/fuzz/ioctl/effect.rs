// SPDX-License-Identifier: GPL-2.0

//! Whether a request has done what it must, by what can be seen before and after. Nobody else uses
//! the device meanwhile.

use super::{
    expected::Expected,
    input::{Answer, Call, Input},
    model::{Folio, Model},
};
use nix::errno::Errno;
use selftests::{
    demo::{
        Device, check_folio, check_stats, describe, is_added, settled,
        uapi::{self, Query, Stats},
    },
    doing::Doing as _,
    ensure,
    ktap::{Trouble, Verdict},
};

/// What can be seen: the counts, and some folios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) stats: Stats,
    pub(crate) folios: Vec<Query>,
}

impl Seen {
    /// Looks, at the folios of `handles` among others.
    pub(crate) fn now(device: &Device, handles: &[u64]) -> Result<Self, Trouble> {
        Ok(Self {
            stats: settled(device.stats().doing("STATS")?),
            folios: device.query_all(handles).doing("QUERY")?,
        })
    }

    /// The handles of the folios.
    pub(crate) fn handles(&self) -> Vec<u64> {
        self.folios.iter().map(|folio| folio.handle).collect()
    }
}

/// Checks the `answer` to `input`, of which `model` did not know yet and takes note. A folio that was
/// given up is not among those seen `after`.
pub(crate) fn check(
    input: &Input,
    expected: &Expected,
    model: &mut Model,
    before: &Seen,
    answer: &Result<Answer, Errno>,
    after: &Seen,
) -> Verdict {
    check_stats(&after.stats)?;
    match (expected, answer) {
        (Expected::Refused(errors), Err(error)) if errors.contains(error) => {
            ensure!(
                before == after,
                "refused with {error}, and changed {before:?} to {after:?}"
            );
            return Ok(());
        }
        (Expected::Done, Ok(answer)) => check_answer(&input.call, model, before, answer, after)?,
        (Expected::Untold, Err(Errno::EFAULT)) => {}
        (expected, answer) => {
            return Err(format!("answered by {answer:?}, expected: {expected:?}").into());
        }
    }

    model.note(&input.call, answer.as_ref().ok());
    check_counts(&input.call, before, after)?;
    for folio in &after.folios {
        check_against(folio, model.folios.get(&folio.handle))?;
    }
    Ok(())
}

/// The counts that a call changes by as much as it says.
fn check_counts(call: &Call, before: &Seen, after: &Seen) -> Verdict {
    let (before, after) = (&before.stats, &after.stats);
    let disabled = match call {
        Call::Drain {
            request: uapi::CACHE_DISABLE,
            ..
        } => before.cache_disabled + 1,
        Call::Enable => before.cache_disabled.wrapping_sub(1),
        _ => before.cache_disabled,
    };

    ensure!(
        after.cache_disabled == disabled,
        "CACHE_DISABLE in force: {} before, {} after",
        before.cache_disabled,
        after.cache_disabled
    );
    let (folios, pages) = match *call {
        Call::Alloc { count, order, .. } => (u64::from(count), u64::from(count) << order),
        _ => (0, 0),
    };
    // What drains may let folios go that were given up before.
    let may_go = !matches!(call, Call::Alloc { .. } | Call::Query { .. } | Call::Stats);
    let as_many =
        after.allocated == before.allocated + folios && after.pages == before.pages + pages;
    let fewer = after.allocated <= before.allocated && after.pages <= before.pages;
    ensure!(
        as_many || (may_go && fewer),
        "{folios} folios were allocated: {before:?} to {after:?}"
    );
    if let Call::Drain { request, .. } = *call {
        let all = matches!(
            request,
            uapi::DRAIN_ALL | uapi::DRAIN_ALL_FORCE | uapi::CACHE_DISABLE
        );
        ensure!(
            !all || after.slots == 0,
            "all batches were drained: {after:?}"
        );
        ensure!(
            !all || request == uapi::CACHE_DISABLE || after.bh_slots == 0,
            "all caches were drained: {after:?}"
        );
    }
    Ok(())
}

/// What a call says it has done.
fn check_answer(
    call: &Call,
    model: &Model,
    before: &Seen,
    answer: &Answer,
    after: &Seen,
) -> Verdict {
    let seqs = before.stats.seq..=after.stats.seq;

    match (call, answer) {
        (Call::Alloc { .. }, Answer::Handles(handles)) => {
            let mut new = handles.clone();
            new.sort_unstable();
            new.dedup();
            ensure!(
                new.len() == handles.len()
                    && !new.iter().any(|each| model.folios.contains_key(each)),
                "handles that are not new, or twice: {handles:x?}"
            );
        }
        (Call::Op { op, handles, .. }, Answer::Op(done)) => {
            let all = handles.len();
            let right = match *op {
                uapi::OP_FREE | uapi::OP_MLOCK | uapi::OP_MUNLOCK | uapi::OP_BH_ADD => {
                    done.done as usize == all
                }
                uapi::OP_LRU_ADD | uapi::OP_MLOCK_NEW => {
                    done.done as usize == model.not_added(handles)
                }
                _ => done.done as usize <= all,
            };
            ensure!(right, "of {all} folios it applied to {}", done.done);
            ensure!(
                model.cpus.contains(&done.cpu) && seqs.contains(&done.seq),
                "implausible: {done:?}, counter {seqs:?}"
            );
        }
        (Call::Drain { cpu, .. }, Answer::Drain(done)) => {
            ensure!(
                done.cpu == *cpu
                    && done.queued <= done.works
                    && done.seq_begin <= done.seq_end
                    && seqs.contains(&done.seq_begin)
                    && seqs.contains(&done.seq_end),
                "implausible: {done:?}, counter {seqs:?}"
            );
        }
        (&Call::Query { handle, .. }, Answer::Query(folio)) => {
            ensure!(folio.handle == handle, "another folio: {folio:?}");
            check_against(folio, model.folios.get(&handle))?;
        }
        (Call::Stats, Answer::Stats(stats)) => {
            let stats = settled(*stats);
            ensure!(
                stats == before.stats,
                "other counts than before: {stats:?}, {:?}",
                before.stats
            );
        }
        (Call::Enable, Answer::Nothing) => {}
        (_, answer) => return Err(format!("an answer to something else: {answer:?}").into()),
    }
    Ok(())
}

/// Checks what is seen of a folio against what it must be.
pub(crate) fn check_against(folio: &Query, expected: Option<&Folio>) -> Verdict {
    let seen = describe(folio);
    let expected = expected.ok_or_else(|| format!("there must be no {seen}"))?;

    check_folio(folio)?;
    ensure!(
        folio.order == expected.order
            && folio.flags & uapi::FOLIO_ALLOC_FLAGS == expected.flags
            && (expected.node == uapi::NODE_ANY || folio.node == expected.node)
            && is_added(folio) == expected.added,
        "{seen}, expected: {expected:?}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Seen;
    use crate::ioctl::{
        expected::Expected,
        input::{Answer, Call, Input, Place},
        model::{Folio, Model},
    };
    use nix::errno::Errno;
    use selftests::{
        demo::uapi::{self, Query, Stats},
        ktap::Verdict,
    };

    fn check(
        input: &Input,
        model: &Model,
        before: &Seen,
        answer: &Result<Answer, Errno>,
        after: &Seen,
    ) -> Verdict {
        let expected = Expected::of(input, model);

        super::check(input, &expected, &mut model.clone(), before, answer, after)
    }

    fn model() -> Model {
        let folio = Folio {
            order: 0,
            flags: uapi::FOLIO_FILE,
            node: uapi::NODE_ANY,
            added: false,
        };
        Model {
            folios: [(10, folio)].into(),
            cpus: vec![0],
            ..Model::default()
        }
    }

    /// One folio that has not been added.
    fn seen() -> Seen {
        Seen {
            stats: Stats {
                allocated: 1,
                isolated: 1,
                pages: 1,
                seq: 5,
                ..Stats::default()
            },
            folios: vec![Query {
                handle: 10,
                flags: uapi::FOLIO_FILE,
                list: uapi::LIST_NONE,
                refs: 1,
                ..Query::default()
            }],
        }
    }

    fn input(call: Call) -> Input {
        Input {
            call,
            place: Place::Writable,
        }
    }

    fn op(op: u32) -> Input {
        input(Call::Op {
            op,
            handles: vec![10],
            count: None,
            at: None,
            reserved: 0,
        })
    }

    fn done(op: u32, done: u32) -> Result<Answer, Errno> {
        Ok(Answer::Op(uapi::Op {
            op,
            count: 1,
            done,
            seq: 6,
            ..uapi::Op::default()
        }))
    }

    #[test]
    fn what_is_refused_changes_nothing() {
        let (input, model, before) = (op(99), model(), seen());
        let refused = Err(Errno::EINVAL);
        assert_eq!(check(&input, &model, &before, &refused, &before), Ok(()));
        // Another error, or none.
        assert!(check(&input, &model, &before, &Err(Errno::EPERM), &before).is_err());
        assert!(check(&input, &model, &before, &done(99, 1), &before).is_err());

        let mut after = seen();
        after.stats.seq += 1;
        assert!(check(&input, &model, &before, &refused, &after).is_err());
        let mut after = seen();
        after.folios[0].refs = 2;
        assert!(check(&input, &model, &before, &refused, &after).is_err());
    }

    #[test]
    fn what_is_accepted_is_done() {
        let (input, model, before) = (op(uapi::OP_LRU_ADD), model(), seen());
        let mut after = seen();
        after.stats.seq = 6;
        after.stats.isolated = 0;
        after.stats.batched = 1;
        after.folios[0].flags |= uapi::FOLIO_ADDED;
        after.folios[0].batches = 1 << uapi::BATCH_LRU_ADD;
        after.folios[0].refs = 2;
        let result = done(uapi::OP_LRU_ADD, 1);
        assert_eq!(check(&input, &model, &before, &result, &after), Ok(()));
        // It says that it did it and did not, did it and says that it did not, or failed.
        assert!(check(&input, &model, &before, &result, &before).is_err());
        let nothing = done(uapi::OP_LRU_ADD, 0);
        assert!(check(&input, &model, &before, &nothing, &after).is_err());
        assert!(check(&input, &model, &before, &Err(Errno::ENOMEM), &after).is_err());
        // A folio is lost on the way.
        after.stats.batched = 0;
        assert!(check(&input, &model, &before, &result, &after).is_err());
    }

    #[test]
    fn an_allocation_is_of_as_many_as_were_asked_for() {
        let input = input(Call::Alloc {
            count: 2,
            order: 1,
            node: uapi::NODE_ANY,
            flags: 0,
            reserved: 0,
            handles: None,
        });
        let (model, before, mut after) = (model(), seen(), seen());
        after.stats.allocated += 2;
        after.stats.isolated += 2;
        after.stats.pages += 4;
        let answer = |handles: &[u64]| Ok(Answer::Handles(handles.to_vec()));
        let verdict =
            |after: &Seen, handles: &[u64]| check(&input, &model, &before, &answer(handles), after);
        assert_eq!(verdict(&after, &[11, 12]), Ok(()));
        assert!(verdict(&after, &[11, 11]).is_err());
        assert!(verdict(&after, &[11, 10]).is_err());
        after.stats.pages -= 1;
        assert!(verdict(&after, &[11, 12]).is_err());
    }

    #[test]
    fn after_a_drain_of_all_nothing_is_in_a_batch() {
        let input = input(Call::Drain {
            request: uapi::DRAIN_ALL,
            cpu: 0,
            reserved: 0,
        });
        let (model, before, mut after) = (model(), seen(), seen());
        let answer = Ok(Answer::Drain(uapi::Drain {
            seq_begin: 5,
            seq_end: 5,
            ..uapi::Drain::default()
        }));
        assert_eq!(check(&input, &model, &before, &answer, &after), Ok(()));
        after.stats.slots = 1;
        assert!(check(&input, &model, &before, &answer, &after).is_err());
    }
}
