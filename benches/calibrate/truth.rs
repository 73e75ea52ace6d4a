//! Whether a claim about a synthetic dashboard is true.

use dashloom::dashboard::Cadence;
use dashloom::dashboard::chronicle::Step;
use dashloom::insight::claim::{Claim, Kind};

use crate::dashboards::{Dashboard, Planted, RATE, SIGNUPS, VISITS};

/// A true effect below this size is none.
const NOTHING: f64 = 0.01;
/// How far from the true day a break may be dated.
const NEAR_DAYS: usize = 7;

/// What the truth says of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is so.
    Right,
    /// There is nothing.
    Wrong,
    /// There is something, of the opposite sign.
    Opposite,
}

/// The segments a claim is about, and the measure's true means of them taken together.
fn means(dashboard: &Dashboard, claim: &Claim, measure: &str) -> Vec<f64> {
    let segments = &dashboard.chronicle.dimensions[0].segments;
    let named = claim.subject.filters.first().map(|(_, name)| name);
    let own: Vec<usize> = (0..segments.len())
        .filter(|index| named.is_none_or(|name| segments[*index].name == *name))
        .collect();
    (0..dashboard.days)
        .map(|day| mean(dashboard, &own, measure, day))
        .collect()
}

fn mean(dashboard: &Dashboard, own: &[usize], measure: &str, day: usize) -> f64 {
    let sum = |of: fn(&Dashboard, usize, usize) -> f64| -> f64 {
        own.iter().map(|index| of(dashboard, *index, day)).sum()
    };
    let visits = sum(|dashboard, index, day| dashboard.segments[index].visits[day]);
    let signups = sum(|dashboard, index, day| dashboard.segments[index].signups[day]);
    match measure {
        VISITS => visits,
        SIGNUPS => signups,
        _ => signups / visits,
    }
}

/// Whether a claim is right.
pub fn verdict(dashboard: &Dashboard, claim: &Claim) -> Verdict {
    let series = means(dashboard, claim, &claim.subject.measure);
    let logs: Vec<f64> = series.iter().map(|value| libm::log(*value)).collect();
    let claimed = claim.effect.v;
    match claim.kind {
        Kind::Trend => compare(claimed, slope(&logs)),
        Kind::LevelShift => compare(claimed, nearest_jump(dashboard, claim, &logs)),
        Kind::AnomalyPoint => {
            let Some(day) = day_of(dashboard, claim) else {
                return Verdict::Wrong;
            };
            let (low, high) = (day.saturating_sub(7), (day + 8).min(logs.len()));
            let near: Vec<f64> = (low..high)
                .filter(|other| *other != day)
                .map(|other| logs[other])
                .collect();
            compare(claimed, logs[day] - near.iter().sum::<f64>() / near.len() as f64)
        }
        Kind::PeriodChange | Kind::RateChange | Kind::CommonPatternException => {
            compare(claimed, change(length(claim), &logs))
        }
        Kind::ChangeDriver | Kind::KpiTreeDriver | Kind::MixVsRate => {
            compare(claimed, change(steps_compared(dashboard), &logs))
        }
        Kind::NoMaterialChange => match change(length(claim), &logs).abs() <= 0.05 {
            true => Verdict::Right,
            false => Verdict::Wrong,
        },
        Kind::WeeklySeasonality => weekdays(dashboard, claim),
        Kind::TopContributor | Kind::BottomContributor | Kind::ConcentrationRisk => {
            contribution(dashboard, claim)
        }
        Kind::SegmentRateGap => gap(dashboard, claim),
        Kind::CorrelatedMeasures => {
            // Sign-ups come from visits; nothing else is related.
            let related = claim.subject.measure == VISITS && claim.subject.with.as_deref() == Some(SIGNUPS);
            if related && claimed > 0.0 {
                Verdict::Right
            } else {
                Verdict::Wrong
            }
        }
        _ => Verdict::Wrong,
    }
}

fn compare(claimed: f64, truth: f64) -> Verdict {
    match truth {
        _ if truth.abs() < NOTHING => Verdict::Wrong,
        _ if truth * claimed > 0.0 => Verdict::Right,
        _ => Verdict::Opposite,
    }
}

/// The least-squares line, from the first to the last day.
fn slope(logs: &[f64]) -> f64 {
    let n = logs.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = logs.iter().sum::<f64>() / n;
    let (mut xy, mut xx) = (0.0, 0.0);
    for (day, log) in logs.iter().enumerate() {
        let x = day as f64 - middle;
        xy += x * (log - mean);
        xx += x * x;
    }
    xy / xx * (n - 1.0)
}

fn day_of(dashboard: &Dashboard, claim: &Claim) -> Option<usize> {
    let date = claim.subject.date?;
    dashboard
        .chronicle
        .steps
        .iter()
        .position(|step| step.dates.contains(date))
}

/// The largest lasting jump near the claimed day; a single day that comes back is none.
fn nearest_jump(dashboard: &Dashboard, claim: &Claim, logs: &[f64]) -> f64 {
    let Some(day) = day_of(dashboard, claim) else {
        return 0.0;
    };
    let is_spike = |day: usize| day + 1 < logs.len() && (logs[day + 1] - logs[day - 1]).abs() < NOTHING / 2.0;
    let low = day.saturating_sub(NEAR_DAYS).max(1);
    let high = (day + NEAR_DAYS).min(logs.len() - 1);
    (low..=high)
        .map(|day| {
            if is_spike(day) {
                0.0
            } else {
                logs[day] - logs[day - 1]
            }
        })
        .fold(
            0.0,
            |largest: f64, jump| if jump.abs() > largest.abs() { jump } else { largest },
        )
}

/// The steps of a tested window.
fn length(claim: &Claim) -> usize {
    let found = claim.values.iter().find(|value| value.id == "k");
    found.map_or(28, |value| value.v as usize)
}

/// The steps of a window that the dashboard compares.
fn steps_compared(dashboard: &Dashboard) -> usize {
    let chronicle = &dashboard.chronicle;
    let is_inside = |step: &&Step| {
        let compare = chronicle.compare.map(|compare| compare.current);
        compare.is_some_and(|window| window.contains(step.dates.start()))
    };
    chronicle.steps.iter().filter(is_inside).count()
}

/// The mean of the newest so many steps over that of as many before.
fn change(length: usize, logs: &[f64]) -> f64 {
    let end = logs.len();
    let mean = |from: usize, to: usize| logs[from..to].iter().sum::<f64>() / (to - from) as f64;
    mean(end - length, end) - mean(end - 2 * length, end - length)
}

fn weekdays(dashboard: &Dashboard, claim: &Claim) -> Verdict {
    if claim.subject.measure == RATE {
        return Verdict::Wrong;
    }
    const NAMES: [&str; 7] = [
        "Mondays",
        "Tuesdays",
        "Wednesdays",
        "Thursdays",
        "Fridays",
        "Saturdays",
        "Sundays",
    ];
    let factor = |word: &str| {
        let name = claim
            .names
            .iter()
            .find(|(id, _)| *id == word)
            .map(|(_, name)| name.as_str());
        let at = NAMES
            .iter()
            .position(|known| Some(*known) == name)
            .unwrap_or_default();
        libm::log(dashboard.weekdays[at])
    };
    compare(1.0, factor("high_day") - factor("low_day"))
}

/// Sums by segment, and the claimed one against the one it is said to be ahead of or behind.
fn contribution(dashboard: &Dashboard, claim: &Claim) -> Verdict {
    let segments = &dashboard.chronicle.dimensions[0].segments;
    let sum = |index: usize| -> f64 {
        (0..dashboard.days)
            .map(|day| mean(dashboard, &[index], &claim.subject.measure, day))
            .sum()
    };
    let sums: Vec<f64> = (0..segments.len()).map(sum).collect();
    let word = |id: &str| {
        claim
            .names
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, name)| name.clone())
    };
    let find = |id: &str| {
        let name = word(id)?;
        segments
            .iter()
            .position(|segment| name.starts_with(&format!("{} (", segment.name)))
    };
    let (Some(own), Some(other)) = (find("own"), find("other")) else {
        return Verdict::Wrong;
    };
    let right = match claim.kind {
        Kind::TopContributor => sums[own] > sums[other],
        Kind::BottomContributor => sums[own] < sums[other],
        _ => sums[own] / sums.iter().sum::<f64>() > 0.6,
    };
    if right { Verdict::Right } else { Verdict::Wrong }
}

fn gap(dashboard: &Dashboard, claim: &Claim) -> Verdict {
    let segments = &dashboard.chronicle.dimensions[0].segments;
    let name = claim.subject.filters.first().map(|(_, name)| name);
    let (own, rest): (Vec<usize>, Vec<usize>) =
        (0..segments.len()).partition(|index| Some(&segments[*index].name) == name);
    let rate = |indices: &[usize]| -> f64 {
        let sum = |measure| -> f64 {
            (0..dashboard.days)
                .map(|day| mean(dashboard, indices, measure, day))
                .sum()
        };
        sum(SIGNUPS) / sum(VISITS)
    };
    compare(claim.effect.v, libm::log(rate(&own) / rate(&rest)))
}

/// Which recall a planted effect counts for: its name, and the kind of claim that finds it.
pub fn recalled(dashboard: &Dashboard, planted: Planted) -> Option<(&'static str, Kind, &'static str)> {
    let days = dashboard.days;
    let is_of_days = dashboard.chronicle.cadence == Cadence::Day;
    match planted {
        Planted::Point(deviations, _) if deviations.abs() >= 10.0 && days >= 56 => {
            Some(("anomaly", Kind::AnomalyPoint, VISITS))
        }
        _ if !is_of_days => None,
        Planted::Trend(size) if size.abs() == 0.40 && days >= 56 => Some(("trend", Kind::Trend, VISITS)),
        Planted::Shift(size, _) if size.abs() == 0.28 && days >= 90 => {
            Some(("shift", Kind::LevelShift, VISITS))
        }
        Planted::Rate(size) if size.abs() == 0.20 && days >= 56 => Some(("rate", Kind::RateChange, RATE)),
        _ => None,
    }
}
