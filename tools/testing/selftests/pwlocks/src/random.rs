// SPDX-License-Identifier: GPL-2.0

//! Random choices that can be made again: `PWLOCKS_SEED` sets the seed, else the clock does.

use fastrand::Rng;
use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

/// The seed of this run. Print it.
pub fn seed() -> u64 {
    let given = env::var("PWLOCKS_SEED").ok();

    given.and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        // The low digits differ between runs, and are easier to type.
        now.map_or(1, |now| now.as_micros() as u64 % 1_000_000_000)
    })
}

/// A source of random numbers for one of several threads.
pub fn source(seed: u64, thread: u64) -> Rng {
    // Far apart, so that neighbouring seeds share no thread's numbers.
    Rng::with_seed(seed ^ (thread + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// `count` different elements of `of`, or all if there are fewer.
pub fn some_of<T: Copy>(rng: &mut Rng, of: &[T], count: usize) -> Vec<T> {
    rng.choose_multiple(of, count)
        .into_iter()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_choices() {
        let choices = |seed, thread| some_of(&mut source(seed, thread), &[1, 2, 3, 4, 5, 6], 3);

        assert_eq!(choices(7, 0), choices(7, 0));
        assert_ne!(source(7, 0).u64(..), source(7, 1).u64(..));
        assert_ne!(source(7, 0).u64(..), source(8, 0).u64(..));
    }

    #[test]
    fn different_elements() {
        let mut all = some_of(&mut source(1, 1), &[1, 2, 3], 9);
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3]);
    }
}
