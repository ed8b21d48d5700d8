// SPDX-License-Identifier: GPL-2.0

//! What a new page costs the CPU that touches it.

use nix::sys::mman::MmapAdvise;
use selftests::{doing::Doing as _, ktap::Trouble, memory::Memory, pin, tsc};

/// Pages of a round: a multiple of the batch, so that each round moves as many batches.
const PAGES: usize = 31 * 8;

/// Rounds, of which the one with the least counts: what disturbs only adds.
const ROUNDS: usize = 60;

/// Instructions per page that `cpu` puts into its batch, and of what it does when that is full. Goes
/// back to the CPU `home`.
pub(crate) fn per_page(cpu: usize, home: usize) -> Result<f64, Trouble> {
    run_on(cpu)?;
    let rounds = (0..ROUNDS).map(|_| round()).collect::<Result<Vec<_>, _>>();
    run_on(home)?;

    least(&rounds?).ok_or_else(|| Trouble::fail("no rounds"))
}

/// By `MADV_POPULATE_WRITE`: there is no fault for each page.
fn round() -> Result<u64, Trouble> {
    let memory = Memory::anonymous(PAGES)?;
    let start = tsc::read();

    memory
        .advise(MmapAdvise::MADV_POPULATE_WRITE)
        .doing("MADV_POPULATE_WRITE")?;
    Ok(tsc::read() - start)
}

/// That of the least round, for a page.
fn least(rounds: &[u64]) -> Option<f64> {
    let least = rounds.iter().copied().min()?;

    Some(least as f64 / PAGES as f64)
}

fn run_on(cpu: usize) -> Result<(), Trouble> {
    pin::to(cpu).doing(format_args!("can't run on CPU {cpu}"))
}

#[cfg(test)]
mod tests {
    use super::{PAGES, least};

    #[test]
    fn the_least_counts() {
        let pages = PAGES as u64;
        assert_eq!(least(&[9 * pages, 7 * pages, 8 * pages]), Some(7.0));
        assert_eq!(least(&[]), None);
    }
}
