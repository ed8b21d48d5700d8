// SPDX-License-Identifier: GPL-2.0

//! How long the guests that are left will take.

use std::collections::BTreeMap;

/// What is known of how long guests take.
#[derive(Debug, Default)]
pub struct Durations {
    /// Seconds of those that are over, by name.
    seen: BTreeMap<String, Vec<f64>>,
    /// What these took together, and should have taken.
    taken: f64,
    guessed: f64,
}

impl Durations {
    /// Takes in that a guest `name` took `seconds` where `guess` had been thought.
    pub fn add(&mut self, name: &str, guess: f64, seconds: f64) {
        self.seen.entry(name.to_owned()).or_default().push(seconds);
        self.taken += seconds;
        self.guessed += guess;
    }

    /// What one called `name` will take: as long as those did that do the same, or else as thought
    /// before, and as much longer as the others took than had been thought.
    pub fn expect(&self, name: &str, guess: f64) -> f64 {
        match self.seen.get(name) {
            Some(seen) => seen.iter().sum::<f64>() / seen.len() as f64,
            None if self.guessed > 0.0 => guess * self.taken / self.guessed,
            None => guess,
        }
    }
}

/// Seconds as people say them.
pub fn words(seconds: f64) -> String {
    let minutes = (seconds / 60.0).ceil() as u64;
    if seconds < 60.0 {
        "less than a minute".to_owned()
    } else {
        format!("about {minutes} min")
    }
}

#[cfg(test)]
mod tests {
    use super::{Durations, words};

    #[test]
    fn guests_take_as_long_as_their_like() {
        let mut durations = Durations::default();
        assert_eq!(durations.expect("count", 30.0), 30.0);
        durations.add("count", 30.0, 50.0);
        durations.add("count", 30.0, 70.0);
        assert_eq!(durations.expect("count", 30.0), 60.0);
        // The machine is twice as slow as thought.
        assert_eq!(durations.expect("live-count", 100.0), 200.0);
    }

    #[test]
    fn minutes_are_rounded_up() {
        assert_eq!(words(59.0), "less than a minute");
        assert_eq!(words(61.0), "about 2 min");
    }
}
