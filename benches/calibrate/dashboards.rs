//! Synthetic dashboards: visits, sign-ups and their rate by segment and day, with known truths.

use chrono::{Days, Months, NaiveDate};
use dashloom::dashboard::chronicle::{Axis, Chronicle, Faults, Metric, MetricKind, Segment, Step, Track};
use dashloom::dashboard::config::{Format, Good};
use dashloom::dashboard::{Cadence, Compare};
use dashloom::decimal::Decimal;
use dashloom::window::Window;

use crate::noise::Random;

/// Which noise the days have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noise {
    /// Autoregression with normal innovations, counts dispersed around it.
    Normal,
    /// The same with innovations of heavy tails (Student's t of four degrees).
    Heavy,
    /// The same with counts of three times the dispersion.
    Dispersed,
    /// The same with a few days a year on which everything drops.
    Holidays,
}

/// What was planted into a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Planted {
    /// Nothing.
    Nothing,
    /// A line from first to last day, in proportion.
    Trend(f64),
    /// A step before the day, in proportion.
    Shift(f64, usize),
    /// A change of the rate over the last 28 days, in proportion.
    Rate(f64),
    /// A single step, in proportion.
    Spike(f64, usize),
    /// A single step, by so many of the standard deviations that its logarithms have.
    Point(f64, usize),
}

/// Which effects are planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effects {
    /// Those of all kinds and sizes.
    All,
    /// Those whose recall is held alone, in dashboards of enough steps for them, so that there are many of each.
    Recalled,
}

/// What dashboards are drawn from.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Which noise their days have.
    pub noise: Noise,
    /// The visits a day of a middling segment.
    pub volume: f64,
    /// Which effects are planted.
    pub effects: Effects,
}

/// A segment's true means.
#[derive(Debug, Clone)]
pub struct Truth {
    /// Visits a day, without weekdays.
    pub visits: Vec<f64>,
    /// Sign-ups a day, without weekdays.
    pub signups: Vec<f64>,
    /// What was planted.
    pub planted: Planted,
    /// Whether it has so few visits that days without any occur.
    pub is_sparse: bool,
}

/// A synthetic dashboard and all that is true of it.
pub struct Dashboard {
    /// What the insights are found in.
    pub chronicle: Chronicle,
    /// The truth of each segment.
    pub segments: Vec<Truth>,
    /// The factor of each weekday, from Monday.
    pub weekdays: [f64; 7],
    /// The share of the segments that something was planted in.
    pub share: f64,
    /// How many complete steps.
    pub days: usize,
}

/// The day the calendar begins with, a Thursday.
fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap_or_default()
}

/// The day a step begins with.
fn begins(cadence: Cadence, step: usize) -> NaiveDate {
    match cadence {
        Cadence::Week => first_day() + Days::new(7 * step as u64),
        Cadence::Month => first_day() + Months::new(step as u32),
        _ => first_day() + Days::new(step as u64),
    }
}

/// The fewest steps of a dashboard in which recalls are held.
const LEAST_RECALLED: usize = 56;

/// The calendar of a dashboard.
fn calendar(random: &mut Random, effects: Effects) -> (Cadence, usize) {
    loop {
        let (cadence, steps) = any_calendar(random);
        if effects == Effects::All || steps >= LEAST_RECALLED {
            return (cadence, steps);
        }
    }
}

/// How long steps are, and how many are complete: days in most dashboards.
fn any_calendar(random: &mut Random) -> (Cadence, usize) {
    match random.below(10) {
        0 => (Cadence::Week, random.one_of(&[60, 120])),
        1 => (Cadence::Month, random.one_of(&[36, 60])),
        _ => (Cadence::Day, random.one_of(&[21, 28, 56, 90, 180])),
    }
}

/// The visits a day of a middling segment for which the gates are to hold. How much of a day is chance follows from it and from
/// the dispersion: `docs/calibration.md` also tells what fewer visits make of the recalls.
pub const VOLUME: f64 = 50_000.0;

/// The dashboard of a random state.
pub fn draw(random: &mut Random, setting: Setting) -> Dashboard {
    let noise = setting.noise;
    let (cadence, days) = calendar(random, setting.effects);
    let count = 3 + random.below(18);
    let rho = random.one_of(&[0.0, 0.3, 0.6]);
    let phi = random.one_of(&[1.0, 5.0, 50.0]) * if noise == Noise::Dispersed { 3.0 } else { 1.0 };
    let share = random.one_of(&[0.0, 0.05, 0.2, 0.5]);
    let widths = (
        random.one_of(&[0.03, 0.06, 0.12]),
        random.one_of(&[0.02, 0.04, 0.08]),
    );
    let amplitude = random.one_of(&[0.0, 0.1, 0.3]);
    let mut weekdays = [1.0; 7];
    for weekday in &mut weekdays {
        let factor = libm::exp(amplitude * random.normal());
        *weekday = if cadence == Cadence::Day { factor } else { 1.0 };
    }
    let holidays: Vec<bool> = (0..=days)
        .map(|_| noise == Noise::Holidays && random.unit() < 0.02)
        .collect();
    let noise_of = |level: f64| libm::sqrt(widths.0 * widths.0 + phi / level);
    let segments: Vec<Truth> = (0..count)
        .map(|_| segment(random, (cadence, days, share), &holidays, setting, noise_of))
        .collect();
    let gaps: Vec<bool> = (0..=days).map(|_| random.unit() < 0.02).collect();
    let shape = Shape {
        cadence,
        days,
        rho,
        phi,
        widths,
        weekdays,
        is_heavy: noise == Noise::Heavy,
        gaps,
    };
    Dashboard {
        chronicle: chronicle(random, &shape, &segments),
        segments,
        weekdays,
        share,
        days,
    }
}

struct Shape {
    cadence: Cadence,
    days: usize,
    rho: f64,
    phi: f64,
    widths: (f64, f64),
    weekdays: [f64; 7],
    is_heavy: bool,
    gaps: Vec<bool>,
}

fn segment(
    random: &mut Random,
    (cadence, days, share): (Cadence, usize, f64),
    holidays: &[bool],
    setting: Setting,
    noise_of: impl Fn(f64) -> f64,
) -> Truth {
    let is_sparse = random.unit() < 0.1;
    let level = match is_sparse {
        true => random.between(2.0, 40.0),
        false => setting.volume * libm::exp(0.6 * random.normal()),
    };
    let rate = 0.1 * libm::exp(0.2 * random.normal());
    let planted = match random.unit() < share {
        true => match setting.effects {
            Effects::All => plant(random, days),
            Effects::Recalled => plant_recalled(random, cadence, days),
        },
        false => Planted::Nothing,
    };
    let factor = |day: usize| -> (f64, f64) {
        let holiday = if holidays[day] { 0.6 } else { 1.0 };
        let (visits, rate) = match planted {
            Planted::Trend(size) => {
                let along = day as f64 / (days as f64 - 1.0);
                (libm::exp(libm::log1p(size) * along), 1.0)
            }
            Planted::Shift(size, at) if day >= at => (1.0 + size, 1.0),
            Planted::Rate(size) if day + 28 >= days => (1.0, 1.0 + size),
            Planted::Spike(size, at) if day == at => (1.0 + size, 1.0),
            Planted::Point(deviations, at) if day == at => (libm::exp(deviations * noise_of(level)), 1.0),
            _ => (1.0, 1.0),
        };
        (visits * holiday, rate)
    };
    let visits: Vec<f64> = (0..=days).map(|day| level * factor(day).0).collect();
    let signups = (0..=days).map(|day| visits[day] * rate * factor(day).1).collect();
    Truth {
        visits,
        signups,
        planted,
        is_sparse,
    }
}

fn sign(random: &mut Random) -> f64 {
    if random.unit() < 0.5 { 1.0 } else { -1.0 }
}

/// The step before which a shift lies.
fn place_of_shift(random: &mut Random, days: usize) -> usize {
    days / 4 + random.below(days / 2)
}

fn plant(random: &mut Random, days: usize) -> Planted {
    let sign = sign(random);
    let size = sign * random.one_of(&[0.05, 0.10, 0.20, 0.40]);
    match random.below(5) {
        0 => Planted::Trend(size),
        1 => Planted::Shift(
            sign * random.one_of(&[0.05, 0.10, 0.28, 0.40]),
            place_of_shift(random, days),
        ),
        2 => Planted::Rate(size),
        3 => Planted::Spike(size, random.below(days)),
        _ => Planted::Point(sign * random.one_of(&[5.0, 10.0, 20.0]), random.below(days)),
    }
}

/// One of the effects whose recall is held in a dashboard of these steps: see `truth::recalled`.
fn plant_recalled(random: &mut Random, cadence: Cadence, days: usize) -> Planted {
    let sign = sign(random);
    let kinds = match (cadence, days) {
        (Cadence::Day, 90..) => 4,
        (Cadence::Day, _) => 3,
        _ => 1,
    };
    match random.below(kinds) {
        0 => Planted::Point(sign * random.one_of(&[10.0, 20.0]), random.below(days)),
        1 => Planted::Trend(0.40 * sign),
        2 => Planted::Rate(0.20 * sign),
        _ => Planted::Shift(0.28 * sign, place_of_shift(random, days)),
    }
}

/// The noisy numbers. The last day is partial: not complete, and half of it is missing.
fn chronicle(random: &mut Random, shape: &Shape, segments: &[Truth]) -> Chronicle {
    let count = shape.days + 1;
    let date = |step: usize| begins(shape.cadence, step);
    let mut total = [vec![None; count], vec![None; count]];
    let mut listed = Vec::new();
    for (index, truth) in segments.iter().enumerate() {
        let waves = [shape.widths.0, shape.widths.1].map(|width| {
            let wave = random.autoregression(count, shape.rho, shape.is_heavy);
            wave.into_iter()
                .map(|x| libm::exp(width * x))
                .collect::<Vec<f64>>()
        });
        let mut own = [vec![None; count], vec![None; count]];
        for day in (0..count).filter(|day| !shape.gaps[*day]) {
            let weekday = shape.weekdays[(day + 3) % 7] * if day == shape.days { 0.5 } else { 1.0 };
            let visits = random.count(truth.visits[day] * weekday * waves[0][day], shape.phi);
            let rate = (truth.signups[day] / truth.visits[day] * waves[1][day]).min(1.0);
            let signups = random.count(visits * rate, shape.phi).min(visits);
            for (place, value) in [visits, signups].into_iter().enumerate() {
                let exact = Decimal::from_count(value as u64);
                own[place][day] = Some(exact);
                let sum: &mut Option<Decimal> = &mut total[place][day];
                *sum = Some(sum.unwrap_or_default() + exact);
            }
        }
        listed.push(Segment {
            name: format!("segment {}", char::from(b'a' + index as u8)),
            is_blank: false,
            tracks: tracks(&own),
        });
    }
    let steps = (0..count).map(|day| Step {
        dates: Window::new(date(day), date(day + 1) - Days::new(1)).unwrap_or(Window::day(date(day))),
        is_complete: day < shape.days,
        in_view: true,
    });
    let values = listed.len();
    Chronicle {
        cadence: shape.cadence,
        is_timed: true,
        steps: steps.collect(),
        newest_finish: Some(date(count)),
        compare: compared(shape.cadence, shape.days),
        measures: measures(),
        whole: tracks(&total),
        dimensions: vec![Axis {
            id: "segment".to_owned(),
            label: "Segment".to_owned(),
            segments: listed,
            values,
            is_calendar: false,
            control: None,
            is_lower_bound: false,
        }],
        crosses: Vec::new(),
        stages: Vec::new(),
        faults: Faults::default(),
        executions: Vec::new(),
        datasets: Vec::new(),
    }
}

/// The windows that a dashboard of so many complete steps compares.
fn compared(cadence: Cadence, steps: usize) -> Option<Compare> {
    let length = match cadence {
        Cadence::Day if steps < 56 => 7,
        Cadence::Day => 28,
        // What a whole year comes to is told whatever it varies by.
        _ => 6,
    };
    let window =
        |from: usize, after: usize| Window::new(begins(cadence, from), begins(cadence, after) - Days::new(1));
    Some(Compare {
        current: window(steps - length, steps)?,
        previous: window(steps - 2 * length, steps - length)?,
    })
}

fn tracks([visits, signups]: &[Vec<Option<Decimal>>; 2]) -> Vec<Track> {
    let sum = |amounts: &Vec<Option<Decimal>>| Track {
        amounts: amounts.clone(),
        bases: Vec::new(),
    };
    let rate = Track {
        amounts: signups.clone(),
        bases: visits.clone(),
    };
    vec![sum(visits), sum(signups), rate]
}

/// The positions of the measures.
pub const VISITS: &str = "visits";
/// See [`VISITS`].
pub const SIGNUPS: &str = "signups";
/// See [`VISITS`].
pub const RATE: &str = "signup_rate";

fn measures() -> Vec<Metric> {
    let metric = |id: &str, format, kind, sources: &[usize]| Metric {
        id: id.to_owned(),
        label: id.to_owned(),
        unit: String::new(),
        format,
        good: Good::Up,
        kind,
        sources: sources.to_vec(),
        is_level: false,
        nulls: 0,
        lost: 0,
        reason: None,
    };
    let quotient = MetricKind::Quotient {
        parts: Some((SIGNUPS.to_owned(), VISITS.to_owned())),
        factor: Decimal::ONE,
    };
    vec![
        metric(VISITS, Format::Number, MetricKind::Sum, &[0]),
        metric(SIGNUPS, Format::Number, MetricKind::Sum, &[1]),
        metric(RATE, Format::Percent, quotient, &[0, 1]),
    ]
}
