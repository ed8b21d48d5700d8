// SPDX-License-Identifier: GPL-2.0

//! Pictures of figures, as SVG to be put into a page.

use std::fmt::Display;

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::bench::number::number;
use crate::bench::statistics::Spread;
use crate::bench::subject;

/// Pixels.
const WIDTH: u32 = 860;
const BAR: u32 = 16;
const GAP: u32 = 10;
const LABELS: u32 = 240;
const MARGIN: u32 = 100;
const HEIGHT_OF_LINES: u32 = 420;

/// Lengths of the axis that a bar or a whisker at the end of a gap leaves free on either side.
const HALF_BAR: f64 = 0.38;

/// Told apart also by who does not see colours: they differ in lightness.
const COLOURS: [RGBColor; 6] = [
    RGBColor(68, 68, 68),
    RGBColor(120, 170, 220),
    RGBColor(200, 80, 20),
    RGBColor(230, 190, 60),
    RGBColor(110, 160, 90),
    RGBColor(150, 110, 170),
];

const FONT: &str = "sans-serif";

/// How an axis is divided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Axis {
    /// From zero, evenly.
    Even,
    /// By powers of ten.
    Powers,
}

/// A bar.
#[derive(Clone, Debug)]
pub struct Bar {
    /// What it is of: bars of the same have the same colour.
    pub of: String,
    /// How long it is, with a whisker from the least to the greatest.
    pub spread: Spread,
}

/// Bars that belong together, and what they are about.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they are about.
    pub name: String,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// A line through points.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What it is of.
    pub of: String,
    /// The points.
    pub points: Vec<(f64, f64)>,
    /// Whether it was measured; drawn out by a model if not.
    pub is_measured: bool,
}

impl Axis {
    /// Where `value` is; what is too small for powers is at the start.
    fn place(self, value: f64) -> f64 {
        match self {
            Self::Even => value,
            Self::Powers => value.max(1.0).log10(),
        }
    }

    /// The number at a place.
    fn label(self, place: f64) -> String {
        number(match self {
            Self::Even => place,
            Self::Powers => 10_f64.powf(place),
        })
    }
}

/// The colour of the subject `of`, the same in all pictures.
fn colour(of: &str) -> RGBColor {
    COLOURS[subject::place(of) % COLOURS.len()]
}

/// What `names` has, each once.
fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// Bars from left to right, one group below the other.
pub fn bars(title: &str, unit: &str, axis: Axis, groups: &[Group]) -> Result<String, String> {
    draw_bars(title, unit, axis, groups).map_err(text)
}

fn text(error: impl Display) -> String {
    error.to_string()
}

type Drawn<'a> =
    Result<String, DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>>;

fn draw_bars<'a>(title: &str, unit: &str, axis: Axis, groups: &[Group]) -> Drawn<'a> {
    let subjects = distinct(
        groups
            .iter()
            .flat_map(|group| &group.bars)
            .map(|bar| &bar.of),
    );
    let count: usize = groups.iter().map(|group| group.bars.len()).sum();
    // One colour needs no explanation; those of more have it below all bars.
    let explained = if subjects.len() > 1 {
        subjects.len()
    } else {
        0
    };
    let rows = (count + groups.len() + explained) as f64;
    let height = MARGIN + (count + explained) as u32 * BAR + groups.len() as u32 * GAP;
    let longest = groups.iter().flat_map(|group| &group.bars);
    let longest = longest.map(|bar| bar.spread.max).fold(1.0, f64::max);
    let end = axis.place(longest) * 1.15;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, (FONT, 15))
            .margin_right(16)
            .x_label_area_size(40)
            .y_label_area_size(LABELS)
            .build_cartesian_2d(0.0..end, rows..0.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .y_labels(0)
            .x_desc(unit)
            .x_label_formatter(&|place| axis.label(*place))
            .label_style((FONT, 11))
            .draw()?;
        for subject in &subjects {
            let fill = colour(subject);
            let mut row = 0.5;
            let mut of_subject = Vec::new();
            for group in groups {
                for bar in &group.bars {
                    if bar.of == *subject {
                        of_subject.push((row, bar.spread));
                    }
                    row += 1.0;
                }
                row += 1.0;
            }
            let rectangles = of_subject.iter().map(|(row, spread)| {
                let corners = [
                    (0.0, row - HALF_BAR),
                    (axis.place(spread.median), row + HALF_BAR),
                ];
                Rectangle::new(corners, fill.filled())
            });
            chart
                .draw_series(rectangles)?
                .label(subject)
                .legend(move |(x, y)| Rectangle::new([(x, y - 5), (x + 12, y + 5)], fill.filled()));
            chart.draw_series(of_subject.iter().map(|(row, spread)| {
                let ends = [spread.min, spread.max].map(|end| (axis.place(end), *row));
                PathElement::new(ends.to_vec(), BLACK.stroke_width(1))
            }))?;
            chart.draw_series(of_subject.iter().map(|(row, spread)| {
                let style = TextStyle::from((FONT, 11)).pos(Pos::new(HPos::Left, VPos::Center));
                let beside = axis.place(spread.max) + end * 0.005;
                Text::new(number(spread.median), (beside, *row), style)
            }))?;
        }
        let mut row = 0.0;
        for group in groups {
            let bars = group.bars.len() as f64;
            let (x, y) = chart.backend_coord(&(0.0, row + bars / 2.0));
            let style = TextStyle::from((FONT, 12)).pos(Pos::new(HPos::Right, VPos::Center));
            root.draw(&Text::new(group.name.clone(), (x - 8, y), style))?;
            row += bars + 1.0;
        }
        if explained > 0 {
            legend(&mut chart, SeriesLabelPosition::LowerRight)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// What the colours stand for.
fn legend<'a, B: DrawingBackend + 'a>(
    chart: &mut ChartContext<'a, B, Cartesian2d<RangedCoordf64, RangedCoordf64>>,
    position: SeriesLabelPosition,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    chart
        .configure_series_labels()
        .position(position)
        .label_font((FONT, 11))
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(180, 180, 180))
        .draw()
}

/// Lines over a number of CPUs, both axes by powers of ten.
pub fn curves(title: &str, unit: &str, all: &[Curve]) -> Result<String, String> {
    draw_curves(title, unit, all).map_err(text)
}

fn draw_curves<'a>(title: &str, unit: &str, all: &[Curve]) -> Drawn<'a> {
    let axis = Axis::Powers;
    let points = || all.iter().flat_map(|curve| &curve.points);
    let most = |of: fn(&(f64, f64)) -> f64| points().map(of).fold(10.0, f64::max);
    let least = points().map(|(_, y)| *y).fold(f64::INFINITY, f64::min);
    let left = axis.place(1.0);
    let (right, top) = (axis.place(most(|(x, _)| *x)), axis.place(most(|(_, y)| *y)));
    let bottom = axis.place(least.min(1e12)).floor();
    let mut svg = String::new();
    {
        let size = (WIDTH, HEIGHT_OF_LINES);
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, (FONT, 15))
            .margin_right(16)
            .x_label_area_size(40)
            .y_label_area_size(90)
            .build_cartesian_2d(left..right + 0.05, bottom..top + 0.3)?;
        chart
            .configure_mesh()
            .x_desc("CPUs")
            .y_desc(unit)
            .x_label_formatter(&|place| axis.label(*place))
            .y_label_formatter(&|place| axis.label(*place))
            .label_style((FONT, 11))
            .draw()?;
        for curve in all {
            let paint = colour(&curve.of);
            let placed = curve.points.iter();
            let placed: Vec<_> = placed
                .map(|(x, y)| (axis.place(*x), axis.place(*y)))
                .collect();
            if curve.is_measured {
                let dots = placed.iter().map(|at| Circle::new(*at, 4, paint.filled()));
                chart
                    .draw_series(dots)?
                    .label(&curve.of)
                    .legend(move |(x, y)| Circle::new((x + 6, y), 4, paint.filled()));
            } else {
                chart.draw_series(LineSeries::new(placed, paint.stroke_width(1)))?;
            }
        }
        legend(&mut chart, SeriesLabelPosition::UpperLeft)?;
        root.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::{Axis, Bar, Curve, Group, bars, curves};
    use crate::bench::statistics::Spread;

    fn group(name: &str, values: &[f64]) -> Group {
        let bars = values.iter().enumerate().map(|(n, value)| Bar {
            of: format!("subject {n}"),
            spread: Spread::of(&[*value]).unwrap(),
        });
        Group {
            name: name.to_owned(),
            bars: bars.collect(),
        }
    }

    #[test]
    fn each_bar_is_drawn_and_named() {
        let groups = [group("mlock", &[2485.0, 2503.0]), group("a < b", &[7.0])];
        for axis in [Axis::Even, Axis::Powers] {
            let svg = bars("Cost & more", "instructions", axis, &groups).unwrap();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
            for text in ["mlock", "a &lt; b", "Cost &amp; more", "subject 1", "2503"] {
                assert!(svg.contains(text), "{text} in {svg}");
            }
            assert!(!svg.contains("a < b"), "{svg}");
            // As wide as the one bar and its legend, and no less.
            assert!(svg.matches("<rect").count() >= 3 + 2, "{svg}");
        }
    }

    #[test]
    fn bars_of_one_kind_need_no_legend() {
        let rectangles = |values| {
            let svg = bars("t", "u", Axis::Even, &[group("hold", values)]).unwrap();
            svg.matches("<rect").count()
        };
        // The sheet and the bar; of two subjects, also the legend's box, its border and two samples.
        assert_eq!(rectangles(&[5.0]), 2);
        assert_eq!(rectangles(&[5.0, 6.0]), 3 + 4);
    }

    #[test]
    fn nothing_is_no_reason_to_panic() {
        assert!(bars("t", "u", Axis::Even, &[]).is_ok());
        assert!(bars("t", "u", Axis::Powers, &[group("zero", &[0.0])]).is_ok());
        assert!(curves("t", "u", &[]).is_ok());
    }

    #[test]
    fn points_become_dots_and_a_model_a_line() {
        let curve = |is_measured| Curve {
            of: "stock".to_owned(),
            points: vec![(2.0, 900.0), (64.0, 90000.0)],
            is_measured,
        };
        let svg = curves("Scale", "instructions", &[curve(true), curve(false)]).unwrap();
        assert!(svg.matches("<circle").count() >= 2, "{svg}");
        assert!(svg.contains("<polyline"), "{svg}");
    }
}
