// SPDX-License-Identifier: GPL-2.0

//! The straight line that fits points best.

use serde::Serialize;

/// Fewer points than these lie on a line whatever they are, or nearly so.
const POINTS: usize = 3;

/// `at_zero + per_cpu * x`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The value at 0.
    pub at_zero: f64,
    /// What each step adds.
    pub per_cpu: f64,
    /// The greatest distance of a point from the line, as a share of the point.
    pub worst: f64,
}

impl Line {
    /// The line with the least sum of the squares of distances from `points`, each as a share of its
    /// point: those that are a hundred times as far up are not to decide where the line begins. `None`
    /// if they are too few or all above each other.
    pub fn through(points: &[(f64, f64)]) -> Option<Self> {
        if points.len() < POINTS {
            return None;
        }
        let weight = |y: f64| if y == 0.0 { 1.0 } else { y.powi(-2) };
        let sum = |of: &dyn Fn(f64, f64) -> f64| -> f64 {
            points.iter().map(|&(x, y)| weight(y) * of(x, y)).sum()
        };
        let all = sum(&|_, _| 1.0);
        let mean_x = sum(&|x, _| x) / all;
        let mean_y = sum(&|_, y| y) / all;
        let spread = sum(&|x, _| (x - mean_x).powi(2));
        if spread == 0.0 {
            return None;
        }
        let together = sum(&|x, y| (x - mean_x) * (y - mean_y));
        let per_cpu = together / spread;
        let mut line = Self {
            at_zero: mean_y - per_cpu * mean_x,
            per_cpu,
            worst: 0.0,
        };
        let distances = points.iter().filter(|(_, y)| *y != 0.0);
        let distances = distances.map(|(x, y)| ((line.at(*x) - y) / y).abs());
        line.worst = distances.fold(0.0, f64::max);
        Some(line)
    }

    /// The value at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.at_zero + self.per_cpu * x
    }

    /// Where this line rises above `other`, if it does to the right of `from`, where it is below.
    pub fn crosses(&self, other: &Self, from: f64) -> Option<f64> {
        let steeper = self.per_cpu - other.per_cpu;
        (steeper > 0.0).then(|| ((other.at_zero - self.at_zero) / steeper).max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    #[test]
    fn points_on_a_line_give_that_line() {
        let points = [2.0, 4.0, 8.0, 64.0].map(|x| (x, 100.0 + 7.0 * x));
        let line = Line::through(&points).unwrap();
        assert!((line.at_zero - 100.0).abs() < 1e-9 && (line.per_cpu - 7.0).abs() < 1e-9);
        assert!(line.worst < 1e-9);
        assert!((line.at(8192.0) - 57444.0).abs() < 1e-6);
    }

    #[test]
    fn points_off_it_are_told() {
        let line = Line::through(&[(1.0, 10.0), (2.0, 20.0), (3.0, 60.0)]).unwrap();
        assert!(line.worst > 0.3, "{line:?}");
    }

    #[test]
    fn a_point_far_up_does_not_decide_where_a_line_begins() {
        let points = [(2.0, 50.0), (4.0, 100.0), (8.0, 200.0), (64.0, 2600.0)];
        let line = Line::through(&points).unwrap();
        assert!((line.at(2.0) - 50.0).abs() < 5.0, "{line:?}");
    }

    #[test]
    fn two_points_or_one_number_of_cpus_are_too_few() {
        assert_eq!(Line::through(&[(1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(Line::through(&[(4.0, 1.0), (4.0, 2.0), (4.0, 3.0)]), None);
    }

    #[test]
    fn a_steeper_line_crosses_and_a_flatter_one_does_not() {
        let line = |at_zero, per_cpu| Line {
            at_zero,
            per_cpu,
            worst: 0.0,
        };
        let (low, high) = (line(10.0, 5.0), line(110.0, 1.0));
        assert_eq!(low.crosses(&high, 2.0), Some(25.0));
        assert_eq!(line(10.0, 1.0).crosses(&high, 2.0), None);
        // That it is still below there is known better than by the lines.
        assert_eq!(low.crosses(&high, 64.0), Some(64.0));
    }
}
