// SPDX-License-Identifier: GPL-2.0

//! What must become of a request, by include/uapi/linux/mm_swap_demo.h.

use super::{
    input::{Call, Input, Place},
    model::Model,
};
use nix::errno::Errno;
use selftests::demo::uapi;

/// What must become of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It is done.
    Done,
    /// It is done, and the result can't be written: EFAULT.
    Untold,
    /// It gets one of these errors, a different one for each mistake in it.
    Refused(Vec<Errno>),
}

impl Expected {
    pub(crate) fn of(input: &Input, model: &Model) -> Self {
        let errors = errors(input, model);

        if !errors.is_empty() {
            Self::Refused(errors)
        } else if input.place == Place::ReadOnly && has_result(&input.call) {
            Self::Untold
        } else {
            Self::Done
        }
    }
}

/// Whether something is written to its structure.
fn has_result(call: &Call) -> bool {
    !matches!(call, Call::Alloc { .. } | Call::Enable)
}

/// The errors of all the mistakes in it.
fn errors(input: &Input, model: &Model) -> Vec<Errno> {
    let mut errors = match &input.call {
        Call::Alloc {
            count,
            order,
            node,
            flags,
            reserved,
            handles,
        } => {
            let bad = !is_count(*count)
                || *order > uapi::ORDER_MAX
                || *flags & !uapi::FOLIO_ALLOC_FLAGS != 0
                || *reserved != 0
                || (*node != uapi::NODE_ANY && !model.nodes.contains(node));
            either(bad, handles.is_some())
        }
        Call::Op { .. } => op_errors(&input.call, model),
        &Call::Drain {
            request,
            cpu,
            reserved,
        } => {
            let mut errors = either(reserved != 0, false);
            if request == uapi::DRAIN_CPU {
                if !model.cpus.contains(&cpu) {
                    // The latter if there can be such a CPU.
                    errors.extend([Errno::EINVAL, Errno::ENODEV]);
                }
            } else if cpu != 0 {
                errors.push(Errno::EINVAL);
            }
            if request == uapi::CACHE_DISABLE && model.disabled == uapi::DISABLE_MAX {
                errors.push(Errno::EINVAL);
            }
            errors
        }
        Call::Enable => either(model.disabled == 0, false),
        Call::Query { handle, reserved } => {
            let mut errors = either(*reserved != 0, false);
            errors.extend(model.errors_of(*handle));
            errors
        }
        Call::Stats => Vec::new(),
    };
    if matches!(input.place, Place::Bad(_)) && !matches!(input.call, Call::Enable) {
        // Nothing but that can be seen.
        errors = vec![Errno::EFAULT];
    }
    errors
}

fn op_errors(call: &Call, model: &Model) -> Vec<Errno> {
    let Call::Op {
        op,
        handles,
        count,
        at,
        reserved,
    } = call
    else {
        return Vec::new();
    };
    let count = count.unwrap_or(handles.len() as u32);
    let bad = !(1..=uapi::OP_MAX).contains(op) || !is_count(count) || *reserved != 0;
    let mut errors = either(bad, at.is_some());

    if at.is_none() {
        for &handle in handles {
            errors.extend(model.errors_of(handle));
        }
        if *op == uapi::OP_FREE && has_twice(handles) {
            errors.push(Errno::EINVAL);
        }
    }
    errors
}

fn either(bad_value: bool, bad_address: bool) -> Vec<Errno> {
    let value = bad_value.then_some(Errno::EINVAL);
    let address = bad_address.then_some(Errno::EFAULT);

    value.into_iter().chain(address).collect()
}

fn is_count(count: u32) -> bool {
    (1..=uapi::COUNT_MAX).contains(&count)
}

fn has_twice(handles: &[u64]) -> bool {
    let mut sorted = handles.to_vec();
    sorted.sort_unstable();

    sorted.windows(2).any(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::Expected;
    use crate::ioctl::{
        input::{Call, Input, Place},
        model::{Folio, Model},
    };
    use nix::errno::Errno;
    use selftests::demo::{Operation, uapi};

    fn model() -> Model {
        let folio = Folio {
            order: 0,
            flags: 0,
            node: uapi::NODE_ANY,
            added: false,
        };
        Model {
            folios: [(10, folio), (11, folio)].into(),
            freed: [12].into(),
            foreign: vec![20],
            nodes: vec![0],
            cpus: vec![0, 1],
            ..Model::default()
        }
    }

    fn expected(call: Call, place: Place) -> Expected {
        Expected::of(&Input { call, place }, &model())
    }

    fn op(operation: Operation, handles: &[u64]) -> Call {
        Call::Op {
            op: operation.number(),
            handles: handles.to_vec(),
            count: None,
            at: None,
            reserved: 0,
        }
    }

    fn refused(errors: &[Errno]) -> Expected {
        Expected::Refused(errors.to_vec())
    }

    #[test]
    fn handles() {
        let activate =
            |handles: &[u64]| expected(op(Operation::Activate, handles), Place::Writable);
        assert_eq!(activate(&[10, 11, 10]), Expected::Done);
        assert_eq!(activate(&[10, 12]), refused(&[Errno::EINVAL]));
        assert_eq!(activate(&[20]), refused(&[Errno::EPERM]));
        assert_eq!(activate(&[]), refused(&[Errno::EINVAL]));
        let twice = expected(op(Operation::Free, &[10, 11, 10]), Place::Writable);
        assert_eq!(twice, refused(&[Errno::EINVAL]));
    }

    #[test]
    fn places() {
        let activate = |place| expected(op(Operation::Activate, &[10]), place);
        assert_eq!(activate(Place::ReadOnly), Expected::Untold);
        assert_eq!(activate(Place::Bad(0)), refused(&[Errno::EFAULT]));
        assert_eq!(
            expected(Call::Enable, Place::Bad(0)),
            refused(&[Errno::EINVAL])
        );
    }

    #[test]
    fn each_mistake_has_its_error() {
        let alloc = |count, handles| Call::Alloc {
            count,
            order: 0,
            node: 0,
            flags: 0,
            reserved: 0,
            handles,
        };
        assert_eq!(expected(alloc(1, None), Place::ReadOnly), Expected::Done);
        assert_eq!(
            expected(alloc(0, Some(0)), Place::Writable),
            refused(&[Errno::EINVAL, Errno::EFAULT])
        );
        let drain = |cpu| Call::Drain {
            request: uapi::DRAIN_CPU,
            cpu,
            reserved: 0,
        };
        assert_eq!(expected(drain(1), Place::Writable), Expected::Done);
        assert_eq!(
            expected(drain(2), Place::Writable),
            refused(&[Errno::EINVAL, Errno::ENODEV])
        );
    }
}
