// SPDX-License-Identifier: GPL-2.0

//! Counts as the report gives them.

/// For so many drains.
const DRAINS: f64 = 1000.0;

/// What `count` of `drains` is for 1,000 of them.
pub fn per_drains(count: u64, drains: u64) -> f64 {
    count as f64 * DRAINS / drains.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::per_drains;

    #[test]
    fn no_drain_is_no_reason_to_divide_by_it() {
        assert_eq!([per_drains(3, 20), per_drains(0, 0)], [150.0, 0.0]);
    }
}
