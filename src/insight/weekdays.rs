//! The weekdays of a series: whether they differ, and which it is highest and lowest on.

use super::claim::{Claim, Kind};
use super::course::{self, Series, relative, telling_gaps, test_of};
use super::examine::{LEAST_STEP, Outcome, Scale, Scaled, scaled};
use super::period::{weighted, weights};
use super::statistics::cholesky::Cholesky;
use super::statistics::frame::dot;
use super::statistics::{Fit, Frame, Season, Whitened, tails};
use super::study::{FLOOR, Line, Shape, Study};
use super::tables::{Null, Statistic};
use crate::dashboard::words;

/// The weekdays' names, from phase 0.
const WEEKDAYS: [&str; 7] = [
    "Mondays",
    "Tuesdays",
    "Wednesdays",
    "Thursdays",
    "Fridays",
    "Saturdays",
    "Sundays",
];
/// How many entrants make a quotient vary no less by counting than by all else, where most of its values stand on fewer.
const MANY: f64 = 30.0;

/// Weekdays compared.
#[derive(Debug, Clone, Copy)]
pub struct Weekdays {
    /// The test of all of them; its estimate is the highest weekday over the lowest.
    pub outcome: Outcome,
    /// The phase of the one with the highest average.
    pub high: u32,
    /// The phase of the one with the lowest.
    pub low: u32,
}

/// A line's average on a weekday, of a quotient that of its sums; `None` where it has no values on it.
pub fn level_on(line: &Line, season: Season, phase: u32) -> Option<f64> {
    let own = (0..line.len()).filter(|index| season.of(line.steps[*index]) == phase);
    let (mut amount, mut base, mut count) = (0.0, 0.0, 0u32);
    for index in own {
        amount += match line.bases.is_empty() {
            true => line.values[index],
            false => line.amounts[index],
        };
        base += line.bases.get(index).copied().unwrap_or(1.0);
        count += 1;
    }
    (count > 0).then(|| amount / base)
}

/// The weekdays of other values than those of the line.
pub fn of_line(study: &Study<'_>, weeks: &Line) -> Option<Weekdays> {
    if weeks.len() < LEAST_STEP {
        return None;
    }
    let frame = study.frame(&weeks.steps, Shape::Line)?;
    if !weeks.bases.is_empty() {
        return of_quotients(weeks, &frame);
    }
    let scaled = scaled(&weeks.values)?;
    let rho = frame.rho(&frame.residuals(&scaled.values));
    let fit = Whitened::new(&frame, rho, None)?.fit(&scaled.values);
    if fit.variance <= 0.0 {
        return None;
    }
    of_sums(weeks, &scaled, &frame, &fit, rho)
}

/// The weekdays of a quotient in proportion to its mean, the less of a value's weight the fewer it stands on: where weekends have
/// few, their values vary more than those of other days.
pub fn of_quotients(line: &Line, frame: &Frame) -> Option<Weekdays> {
    if line.len() < LEAST_STEP || frame.season.length == 1 {
        return None;
    }
    let mean = line.amounts.iter().sum::<f64>() / line.bases.iter().sum::<f64>();
    if mean == 0.0 || !mean.is_finite() || line.bases.iter().any(|base| *base <= 0.0) {
        return None;
    }
    let scaled = Scaled {
        values: line.values.iter().map(|value| value / mean.abs()).collect(),
        scale: Scale::Identity,
    };
    let weights = weights(&line.bases, MANY);
    let (fit, rho) = weighted(frame, &scaled.values, &weights)?;
    if fit.variance <= 0.0 {
        return None;
    }
    of_sums(line, &scaled, frame, &fit, rho)
}

/// All weekdays together, and the highest against the lowest by Scheffé's bound, as they were chosen by their values.
pub fn of_sums(line: &Line, scaled: &Scaled, frame: &Frame, fit: &Fit<'_>, rho: f64) -> Option<Weekdays> {
    let count = frame.phases.len();
    if line.len() < LEAST_STEP || frame.season.length == 1 || count < 2 {
        return None;
    }
    let size = fit.beta.len();
    let effects = &fit.beta[1..=count];
    let inverse = &fit.factor.inverse();
    let block: Vec<f64> = (1..=count)
        .flat_map(|row| (1..=count).map(move |column| inverse[row * size + column]))
        .collect();
    let half = Cholesky::of(&block, count)?.forward(effects);
    let stat = dot(&half, &half) / count as f64 / fit.variance;
    let all: Vec<(f64, u32)> = std::iter::once((0.0, frame.base_phase))
        .chain(effects.iter().copied().zip(frame.phases.iter().copied()))
        .collect();
    let most = |of: &dyn Fn(usize) -> f64| (0..all.len()).max_by(|a, b| of(*a).total_cmp(&of(*b)));
    let contrast = |high: usize, low: usize| {
        let mut weights = vec![0.0; size];
        // The base phase has no column.
        for (index, sign) in [(high, 1.0), (low, -1.0)] {
            if index > 0 {
                weights[index] = sign;
            }
        }
        fit.contrast(&weights)
    };
    let (range, error) = contrast(most(&|index| all[index].0)?, most(&|index| -all[index].0)?);
    let own = ((range - FLOOR) / error).max(0.0);
    let p_any = tails::fisher(stat, count as f64, fit.df);
    let p = p_any.max(tails::fisher(own * own / count as f64, count as f64, fit.df));
    // What is told of is what is highest and lowest on average, which the fit sees otherwise where single values are far off.
    let levels: Vec<f64> = all
        .iter()
        .map(|(_, phase)| level_on(line, frame.season, *phase).unwrap_or_default())
        .collect();
    let (high, low) = (most(&|index| levels[index])?, most(&|index| -levels[index])?);
    let (range, error) = contrast(high, low);
    let width = Null::of(Statistic::Slope, line.len(), rho).five_percent() * error;
    Some(Weekdays {
        outcome: Outcome {
            size: range,
            low: range - width,
            high: range + width,
            stat,
            df: fit.df,
            p,
            p_any,
            rho,
            n: line.len(),
            scale: scaled.scale,
            ..Outcome::default()
        },
        high: all[high].1,
        low: all[low].1,
    })
}

/// The claim of the weekdays of a series.
pub fn claim(study: &Study<'_>, series: Series<'_>, weekdays: &Weekdays) -> Claim {
    let line = study.weeks(series.scope, series.measure);
    let series = Series {
        line: &line,
        ..series
    };
    let on = |phase: u32| level_on(&line, study.season, phase);
    // Phase 0 is Monday.
    let name = |phase: u32| WEEKDAYS.get(phase as usize).copied().unwrap_or_default();
    let level = |phase: u32| on(phase).unwrap_or_default();
    let (high, low) = (level(weekdays.high), level(weekdays.low));
    let outcome = &weekdays.outcome;
    let show = study.show(series.measure);
    let claim = course::claim(
        study,
        series,
        Kind::WeeklySeasonality,
        relative(outcome.relative(), outcome),
        "{what} has a weekly pattern: highest on {high_day} with {high} on average, lowest on {low_day} with {low}.",
    )
    .name("high_day", name(weekdays.high))
    .name("low_day", name(weekdays.low))
    .value("high", high, show.clone())
    .value("low", low, show)
    .tested(test_of("gls_ar1_weekday_f", outcome))
    .standing(high > low && outcome.size > 0.0);
    let claim = Claim {
        weekdays: (0..WEEKDAYS.len() as u32).map(on).collect(),
        ..claim
    };
    telling_gaps(study, series, telling_dates(study, claim))
}

/// A claim that begins with its dates, where it looks at steps before the view.
fn telling_dates(study: &Study<'_>, claim: Claim) -> Claim {
    let shown = study.span_shown().current;
    let dates = claim
        .span
        .current
        .filter(|dates| shown.is_none_or(|shown| dates.start() < shown.start()));
    let Some(dates) = dates else {
        return claim;
    };
    let template = format!("Over {{dates}}: {}", claim.template);
    Claim { template, ..claim }.name("dates", words::window(dates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, assert_values, date, draw, noise, value};

    #[test]
    fn weekdays_are_told_by_the_highest_and_the_lowest() {
        let weekly = |days: usize| {
            Sample::days(days, &[]).sum("Clicks", |day, _| {
                let level = match day % 7 {
                    0 => 200.0,
                    6 => 50.0,
                    _ => 100.0,
                };
                Some(level + noise(day))
            })
        };
        // Mondays are days 0, 7, 14, 21, 28, 35, with the noise -3 -1 +3 +1 -3 -1; Sundays the days before the next Mondays.
        let claim = weekly(42).claim(Kind::WeeklySeasonality);
        assert_values(&claim, &[("high", 200.0 - 4.0 / 6.0), ("low", 50.0 + 4.0 / 6.0)]);
        let name = |id: &str| {
            claim
                .names
                .iter()
                .find(|(own, _)| *own == id)
                .map(|(_, name)| name.as_str())
        };
        assert_eq!(
            (name("high_day"), name("low_day")),
            (Some("Mondays"), Some("Sundays"))
        );
        assert!(
            weekly(41).claims(Kind::WeeklySeasonality).is_empty(),
            "41 days are too few"
        );
        // A view of a month is told by eight weeks, of which days 42 and on are the first; of few days nothing is.
        let month = weekly(98).shown_from(70);
        let claim = month.claim(Kind::WeeklySeasonality);
        assert_values(&claim, &[("high", 200.0), ("low", 50.0)]);
        assert_eq!(claim.span.current.map(|dates| dates.start()), Some(date(42)));
        let sentence = crate::insight::wording::sentence(&claim);
        assert!(
            sentence
                .starts_with("Over 13 Apr – 7 Jun 2026: Clicks has a weekly pattern: highest on Mondays "),
            "{sentence}"
        );
        assert!(
            weekly(98)
                .shown_from(85)
                .claims(Kind::WeeklySeasonality)
                .is_empty()
        );
    }

    /// The weekdays that are told, and what is said of them.
    fn weekdays(sample: &Sample) -> ([String; 2], [f64; 2]) {
        let claim = sample.claim(Kind::WeeklySeasonality);
        let name = |id: &str| {
            let own = claim.names.iter().find(|(own, _)| *own == id);
            own.unwrap().1.clone()
        };
        (
            ["high_day", "low_day"].map(name),
            ["high", "low"].map(|id| value(&claim, id)),
        )
    }

    #[test]
    fn the_weekdays_told_are_those_of_the_averages_told() {
        // Eight weeks; on Wednesdays 110, on the first Thursday 190 and on the others 100: 111.25 on average.
        let sold = Sample::days(56, &[]).sum("Clicks", |day, _| {
            let level = match day % 7 {
                2 => 110.0,
                5 | 6 => 80.0,
                _ => 100.0,
            };
            Some(level + if day == 3 { 90.0 } else { 0.0 } + 0.01 * draw(day, 3))
        });
        let (days, [high, low]) = weekdays(&sold);
        assert_eq!(days[0], "Thursdays");
        assert!(
            (high - 111.25).abs() < 1.0 && (low - 80.0).abs() < 1.0,
            "{high} {low}"
        );

        // Faults of parts: of the Mondays the one on which most are made has fewest faults by far, .3 of a hundred on the others
        // and .15 of nine hundred; on Sundays it is .2 of a hundred.
        let faults = |day: usize| match (day, day % 7) {
            (7, _) => (135.0, 900.0),
            (_, 0) => (30.0, 100.0),
            (_, 6) => (20.0, 100.0),
            _ => (25.0, 100.0),
        };
        let made = Sample::days(56, &[])
            .sum("Faults", move |day, _| Some(faults(day).0 + 0.01 * draw(day, 5)))
            .sum("Parts", move |day, _| Some(faults(day).1))
            .rate("Fault rate", 0, 1);
        let claims = made.claims(Kind::WeeklySeasonality);
        let rate = claims.iter().find(|claim| claim.subject.measure == "fault_rate");
        let rate = rate.unwrap();
        // (135 + 7 · 30) of 1,600.
        let monday = rate.weekdays[0].unwrap();
        assert!((monday - 345.0 / 1600.0).abs() < 0.01, "{monday}");
        let (high, low) = (value(rate, "high"), value(rate, "low"));
        let levels = rate.weekdays.iter().flatten();
        assert!(levels.clone().all(|level| low <= *level && *level <= high));
        assert!(
            rate.names.iter().all(|(_, name)| name != "Mondays"),
            "{:?}",
            rate.names
        );
    }

    #[test]
    fn means_of_few_at_weekends_make_no_weekday() {
        // Minutes that each of ten tickets took, at weekends of two: most are short, some very long.
        let frames = Frames::default();
        let surprising = |weekend: f64| {
            let is_surprising = |salt: &u64| {
                let is_weekend = |day: usize| day % 7 > 4;
                let count = move |day: usize| if is_weekend(day) { 2 } else { 10 };
                let minutes = |day: usize| -> f64 {
                    let usual = if is_weekend(day) { weekend } else { 100.0 };
                    let one = |ticket| -usual * libm::log((draw(day * 10 + ticket, *salt) + 0.5) / 100.0);
                    (0..count(day)).map(one).sum()
                };
                let sample = Sample::days(119, &[])
                    .sum("Minutes", |day, _| Some(minutes(day)))
                    .sum("Tickets", move |day, _| Some(count(day) as f64))
                    .rate("Minutes each", 0, 1);
                let study = Study::new(&sample.chronicle, &frames);
                let tested = study.tested(study.whole(), 2);
                tested.examined.weekdays.unwrap().outcome.p_any < 0.01
            };
            (0..200).filter(is_surprising).count()
        };
        assert!(
            surprising(100.0) <= 6,
            "{} of 200 that are alike",
            surprising(100.0)
        );
        assert!(
            surprising(300.0) >= 150,
            "{} of 200 that differ",
            surprising(300.0)
        );
    }
}
