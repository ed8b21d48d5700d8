// SPDX-License-Identifier: GPL-2.0

//! Random bad requests: the right error, and the module's counts and the folios as before.

use selftests::{
    bad_requests::{self, Fence, Material},
    demo::{
        Device, Drain, Operation, settled,
        uapi::{Query, Stats},
    },
    doing::Doing as _,
    ensure, environment,
    ktap::Verdict,
    random,
    sign_of_life::SignOfLife,
};
use std::collections::BTreeMap;

/// So many for each of the times that the caller says (`PWLOCKS_COUNT`), or else of [`TIMES`].
const CALLS: u64 = 100;
const TIMES: u64 = 200;

/// Makes them.
pub(crate) fn check(seed: u64) -> Verdict {
    let calls = CALLS * environment::count().unwrap_or(TIMES);
    let mut rng = random::source(seed, 0);
    let fence = Fence::new()?;
    let device = Device::open().doing("open")?;
    let other = Device::open().doing("open")?;
    let own = device.alloc_pages(40).doing("ALLOC")?;
    let freed = device.alloc_pages(40).doing("ALLOC")?;
    let foreign = other.alloc_pages(40).doing("ALLOC")?;
    device.op(Operation::Free, &freed).doing("FREE")?;
    // Some on lists, some in batches, some in neither.
    device.op(Operation::LruAdd, &own[..20]).doing("LRU_ADD")?;
    device.drain(Drain::All).doing("DRAIN_ALL")?;
    device.op(Operation::LruAdd, &own[..30]).doing("LRU_ADD")?;
    device.op(Operation::Mlock, &own[..5]).doing("MLOCK")?;
    let material = Material {
        fence: &fence,
        own: &own,
        freed: &freed,
        foreign: &foreign,
    };

    let state = || -> Result<(Stats, Vec<Query>), nix::errno::Errno> {
        Ok((settled(device.stats()?), device.query_all(&own)?))
    };
    let (stats, folios) = state().doing("STATS and QUERY")?;
    let mut mistakes = BTreeMap::<_, u32>::new();
    let mut sign = SignOfLife::new();
    for call in 1..=calls {
        let case = bad_requests::next(&mut rng, &material);
        let result = case.call(&device);
        ensure!(
            result == Err(case.expected),
            "request {call}: {result:?} for {case:#x?}"
        );
        let now = settled(device.stats().doing("STATS")?);
        ensure!(
            now == stats,
            "request {call} changed {stats:?} to {now:?}: {case:#x?}"
        );
        *mistakes.entry(case.mistake).or_default() += 1;
        sign.give(format_args!("{call} of {calls} requests"));
    }
    let (_, now) = state().doing("STATS and QUERY")?;
    ensure!(now == folios, "a folio changed: {folios:?} to {now:?}");
    for (mistake, calls) in mistakes {
        println!("# {calls} times {mistake}");
    }
    Ok(())
}
