//! How a series runs: its line, its best step, its weekdays, the values that stand out.

use super::claim::{Claim, Effect, Kind, Show, Test};
use super::docket::Docket;
use super::examine::{Examined, Outcome};
use super::judge::MAX_Q;
use super::mover;
use super::names::direction;
use super::season::{self, Move};
use super::standing_out::Far;
use super::statistics::medians::median;
use super::study::{FLOOR, Line, Scope, Study};
use super::weekdays;
use crate::dashboard::words;

/// A line of no more than a year is shown by its first and last so many values.
const ENDS: usize = 7;

/// A series and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Series<'a> {
    /// Where it is from.
    pub scope: Scope<'a>,
    /// The measure.
    pub measure: usize,
    /// Its values.
    pub line: &'a Line,
    /// Its share of the measure.
    pub impact: f64,
}

/// How many values on either side tell whether what stands out stays, and how few of them do.
const BESIDE: usize = 7;
const LEAST_BESIDE: usize = 3;

/// Notes the tests of a series.
pub fn note(study: &Study<'_>, docket: &mut Docket, series: Series<'_>, examined: &Examined) {
    let (steps, line) = better(examined);
    let end = series.line.steps.last().map_or(0, |last| last + 1);
    let is_season = |outcome: &Outcome, own: Move| {
        season::recurs(study, series.scope, series.measure, outcome.size > 0.0, own)
    };
    if let Some(trend) = &examined.trend {
        docket.test(Kind::Trend, (trend.p, trend.p_any), || {
            let own = Move::of_line(series.line.steps[0], end);
            trend_claim(study, series, trend).standing(line && !is_season(trend, own))
        });
    }
    if let Some(shift) = &examined.shift {
        docket.test(Kind::LevelShift, (shift.p, shift.p_any), || {
            let own = Move::of_step(study, shift.at, end);
            shift_claim(study, series, shift).standing(steps && !is_season(shift, own))
        });
    }
    let is_news =
        |far: &Far| !season::stands_out_yearly(study, series.scope, series.measure, far.is_up(), far.at);
    // The farthest of a series is one test; the next is one only where that was of note.
    for (far, outcome) in examined.spikes.tested(is_news) {
        docket.test(Kind::AnomalyPoint, (outcome.p, outcome.p_any), || {
            spike_claim(study, series, &far, &outcome)
        });
        if outcome.p > MAX_Q {
            break;
        }
    }
    if let Some(weekdays) = &examined.weekdays {
        let outcome = &weekdays.outcome;
        docket.test(Kind::WeeklySeasonality, (outcome.p, outcome.p_any), || {
            weekdays::claim(study, series, weekdays)
        });
    }
}

/// Whether the step says more than the line and a curve, and whether the line may be told: one of both at most, and neither where
/// a curve fits better that comes and goes.
fn better(examined: &Examined) -> (bool, bool) {
    let (Some(trend), Some(shift)) = (&examined.trend, &examined.shift) else {
        return (examined.shift.is_some(), true);
    };
    let better_curve = |misfit: f64| examined.curve.filter(|curve| curve.misfit < misfit);
    let by_step = shift.misfit < trend.misfit && better_curve(shift.misfit).is_none();
    let goes_on = better_curve(trend.misfit).is_none_or(|curve| curve.goes_one_way);
    (by_step, goes_on && !(by_step && shift.p <= 0.05))
}

/// A test as the evidence shows it.
pub fn test_of(name: &'static str, outcome: &Outcome) -> Test {
    Test {
        name,
        scale: outcome.scale.name(),
        stat: outcome.stat,
        df: (outcome.df > 0.0).then_some(outcome.df),
        p: outcome.p,
        p_any: outcome.p_any,
        phi: (outcome.phi > 0.0).then_some(outcome.phi),
        rho: Some(outcome.rho),
        n: outcome.n,
    }
}

/// An effect in proportion.
pub fn relative(v: f64, outcome: &Outcome) -> Effect {
    Effect {
        name: "relative",
        v,
        ci95: Some(outcome.interval()),
        floor: FLOOR,
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The value of several steps taken together: of a quotient that of its sums.
fn together(line: &Line, range: std::ops::Range<usize>) -> f64 {
    match line.bases.get(range.clone()) {
        Some(bases) if !bases.is_empty() => {
            line.amounts[range].iter().sum::<f64>() / bases.iter().sum::<f64>()
        }
        _ => mean(&line.values[range]),
    }
}

/// A claim of a series, over the dates that it has values on.
pub fn claim(study: &Study<'_>, series: Series<'_>, kind: Kind, effect: Effect, template: &str) -> Claim {
    let line = series.line;
    let (first, last) = (line.steps[0], line.steps[line.len() - 1]);
    let subject = study.subject(series.scope, series.measure);
    let mut claim = Claim::new(kind, subject, series.impact, effect, template)
        .name("what", study.what(series.scope, series.measure))
        .word("step", study.step_name())
        .word("steps", study.steps_name())
        .over(study.span(first, last));
    claim.caveats = study.caveats(series.measure);
    claim
}

fn trend_claim(study: &Study<'_>, series: Series<'_>, trend: &Outcome) -> Claim {
    let line = series.line;
    let (begin, end) = (line.steps[0], line.steps[line.len() - 1] + 1);
    let yearly = season::ends(study, begin, end);
    let before = |step: u32| line.steps.partition_point(|own| *own < step);
    let (head, tail) = match yearly {
        Some(ends) => (before(begin + ends), before(end - ends)),
        None => (ENDS, line.len() - ENDS),
    };
    let (first, last) = (together(line, 0..head), together(line, tail..line.len()));
    let (in_first, in_last) = match yearly {
        Some(_) => (" in the first {ends} {steps}", " in the last {ends}"),
        None => ("", ""),
    };
    let a_step = if study.adds_up(series.measure) {
        " a {step}"
    } else {
        ""
    };
    let template = format!(
        "{{what}} {{moved}} over the {{n}} {{steps}} ending {{until}}, from about {{first}}{a_step}{in_first} to {{last}}{in_last}."
    );
    let show = study.show(series.measure);
    let claim = claim(
        study,
        series,
        Kind::Trend,
        relative(trend.relative(), trend),
        &template,
    )
    .word(
        "moved",
        direction(trend.size, "has been rising", "has been falling"),
    )
    // Steps without values count: the line runs over them, too.
    .value("n", f64::from(end - begin), Show::Count)
    .value("first", first, show.clone())
    .value("last", last, show)
    .tested(test_of("gls_ar1_slope", trend))
    .standing((last - first) * trend.size > 0.0);
    let claim = match yearly {
        Some(ends) => claim.value("ends", f64::from(ends), Show::Count),
        None => claim,
    };
    telling_gaps(study, series, study.until(claim))
}

/// A claim of means a step with the steps that have values, where some are missing for no reason of the calendar.
pub fn telling_gaps(study: &Study<'_>, series: Series<'_>, mut claim: Claim) -> Claim {
    let line = series.line;
    let (first, end) = (line.steps[0], line.steps[line.len() - 1] + 1);
    let span = end - first;
    if !study.adds_up(series.measure) || !study.has_gaps(&line.steps, (first, end)) {
        return claim;
    }
    claim.template += " Only {with} of the {span} {steps} have values.";
    claim
        .value("with", line.len() as f64, Show::Count)
        .value("span", f64::from(span), Show::Count)
}

fn shift_claim(study: &Study<'_>, series: Series<'_>, shift: &Outcome) -> Claim {
    let line = series.line;
    let at = line.steps.partition_point(|step| *step < shift.at);
    let (before, after) = (together(line, 0..at), together(line, at..line.len()));
    let a_step = if study.adds_up(series.measure) {
        " a {step}"
    } else {
        ""
    };
    // Of what is less than nothing no part can be told.
    let in_proportion = match before >= 0.0 && after >= 0.0 {
        true => " ({effect} {more})",
        false => "",
    };
    let template = format!(
        "{{what}} {{moved}} to a new level {{when}}: {{after}}{a_step} since then, {{before}} before{in_proportion}"
    );
    let show = study.show(series.measure);
    let claim = claim(
        study,
        series,
        Kind::LevelShift,
        relative(shown_change(before, after, shift), shift),
        &template,
    )
    .word("moved", direction(shift.size, "rose", "fell"))
    .word("more", direction(shift.size, "more", "less"))
    .value("before", before, show.clone())
    .value("after", after, show.clone())
    .tested(test_of("gls_ar1_sup_t", shift))
    .standing((after - before) * shift.size > 0.0);
    let claim = match mover::of(study, series, shift.at, (before, after)) {
        Some((segment, part)) => Claim {
            template: claim.template.clone() + &format!("; {{mover}} makes {{part}}{a_step} of that."),
            ..claim
        }
        .name("mover", study.segment_name(segment))
        .value("part", part, show.size()),
        None => Claim {
            template: claim.template.clone() + ".",
            ..claim
        },
    };
    telling_gaps(study, series, study.dated(claim, shift.at))
}

/// The change of what is shown, in proportion; where nothing was before, of what is estimated.
fn shown_change(before: f64, after: f64, outcome: &Outcome) -> f64 {
    match before {
        0.0 => outcome.relative(),
        _ => (after - before) / before.abs(),
    }
}

fn spike_claim(study: &Study<'_>, series: Series<'_>, far: &Far, outcome: &Outcome) -> Claim {
    let line = series.line;
    let Far {
        first,
        last,
        expected,
        ..
    } = *far;
    let at = |step: u32| line.steps.partition_point(|own| *own < step);
    let value = together(line, at(first)..at(last + 1));
    let template = match (first == last, study.adds_up(series.measure)) {
        (true, _) => "{what} stood out {when}: {value}, where about {expected} was to be expected.",
        (false, true) => {
            "{what} stood out over {stretch}: {value} a {step}, where about {expected} a {step} was to be expected."
        }
        (false, false) => {
            "{what} stood out over {stretch}: {value}, where about {expected} was to be expected."
        }
    };
    let show = study.show(series.measure);
    let effect = relative(outcome.relative(), outcome);
    let claim = claim(study, series, Kind::AnomalyPoint, effect, template)
        .value("value", value, show.clone())
        .value("expected", expected, show)
        .tested(Test {
            df: None,
            rho: None,
            ..test_of("local_median_mad", outcome)
        })
        .standing((value - expected) * outcome.size > 0.0 && !stays(study, line, at(first)..at(last + 1)));
    match study.dates(first, last).filter(|_| first < last) {
        Some(dates) => study.dated(claim, first).name("stretch", words::window(dates)),
        None => study.dated(claim, first),
    }
}

/// Whether what follows some values lies nearer to them than to what was before: then the level is another one, and they do not
/// stand out of it. Where each month is held against its like, those around it say nothing.
fn stays(study: &Study<'_>, line: &Line, own: std::ops::Range<usize>) -> bool {
    if season::beside_neighbours(study, line) != study.season {
        return false;
    }
    let middle = |range: std::ops::Range<usize>| median(&mut line.values[range].to_vec());
    let before = own.start.saturating_sub(BESIDE)..own.start;
    let after = own.end..line.len().min(own.end + BESIDE);
    if before.len().min(after.len()) < LEAST_BESIDE {
        return false;
    }
    let (before, after) = (middle(before), middle(after));
    (after - before) / (middle(own) - before) > 0.5
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, date, noise, value};

    #[test]
    fn a_line_is_told_by_its_first_and_last_week() {
        let line = |days: usize| {
            Sample::days(days, &[]).sum("Clicks", |day, _| Some(1000.0 + 10.0 * day as f64 + noise(day)))
        };
        // The mean of days 0 to 6 is 1000 + 30, of days 49 to 55 1000 + 520; their noise adds up to 1 and to 3.
        let claim = line(56).claim(Kind::Trend);
        assert_values(
            &claim,
            &[
                ("n", 56.0),
                ("first", 1030.0 + 1.0 / 7.0),
                ("last", 1520.0 + 3.0 / 7.0),
            ],
        );
        assert!(claim.effect.v > 0.0);
        assert!(line(27).claims(Kind::Trend).is_empty(), "27 days are too few");
    }

    #[test]
    fn a_step_is_told_by_the_means_on_either_side() {
        let step = |days: usize, at: usize| {
            Sample::days(days, &[]).sum("Clicks", move |day, _| {
                Some(if day < at { 100.0 } else { 150.0 } + noise(day))
            })
        };
        // The noise of days 0 to 34 adds up to 1, of days 35 to 55 to -1.
        let claim = step(56, 35).claim(Kind::LevelShift);
        assert_values(
            &claim,
            &[("before", 100.0 + 1.0 / 35.0), ("after", 150.0 - 1.0 / 21.0)],
        );
        assert_eq!(claim.subject.date, Some(date(35)));
        assert!(
            step(41, 20).claims(Kind::LevelShift).is_empty(),
            "41 days are too few"
        );
        assert!(
            step(56, 51).claims(Kind::LevelShift).is_empty(),
            "5 days on a side are too few"
        );
    }

    #[test]
    fn the_first_values_of_another_level_do_not_stand_out() {
        let told = |newer: std::ops::Range<usize>| {
            let sample = Sample::days(38, &[]).sum("Returns", move |day, _| {
                Some(if newer.contains(&day) { 300.0 } else { 100.0 } + 4.0 * noise(day))
            });
            sample.claims(Kind::AnomalyPoint).len()
        };
        assert_eq!(told(30..38), 0, "eight days that stay");
        assert_eq!(told(20..22), 1, "two days that pass");
    }

    #[test]
    fn below_zero_no_part_is_told() {
        let lost = |day: usize| if day < 60 { -100.0 } else { -250.0 };
        let sample = Sample::days(120, &[]).sum("Lost", move |day, _| Some(lost(day) + noise(day)));
        let text = crate::insight::wording::sentence(&sample.claim(Kind::LevelShift));
        assert!(text.ends_with(" since then, -100 before."), "{text}");
    }

    #[test]
    fn what_changes_little_by_little_is_no_step() {
        let told = |level: fn(f64) -> f64| {
            let sample = Sample::days(180, &[]).sum("Degrees", move |day, _| {
                Some(level(day as f64 / 180.0) + 0.3 * noise(day))
            });
            [Kind::LevelShift, Kind::Trend].map(|kind| sample.claims(kind).len())
        };
        let season = |along: f64| 20.0 + 10.0 * libm::sin(6.3 * along);
        let step = |along: f64| if along < 0.6 { 20.0 } else { 26.0 };
        let slower_and_slower = |along: f64| 30.0 - 10.0 * libm::exp(-3.0 * along);
        assert_eq!(told(season), [0, 0]);
        assert_eq!(told(step), [1, 0]);
        assert_eq!(told(slower_and_slower), [0, 1]);
    }

    #[test]
    fn what_lies_before_the_view_is_no_part_of_it() {
        let step = |at: usize| {
            let sample = Sample::days(160, &[]).sum("Clicks", move |day, _| {
                Some(if day < at { 100.0 } else { 150.0 } + noise(day))
            });
            sample.shown_from(80).claims(Kind::LevelShift)
        };
        assert!(step(60).is_empty(), "before the view nothing is told");
        // The noise of days 80 to 119 adds up to nothing, as does that of days 120 to 159.
        let told = step(120);
        assert_values(&told[0], &[("before", 100.0), ("after", 150.0)]);
        assert_eq!(told[0].span.current.unwrap().start(), date(80));
    }

    #[test]
    fn a_step_of_a_long_history_says_that_the_newest_days_are_meant() {
        let step = |days: usize| {
            Sample::days(days, &[]).sum("Clicks", move |day, _| {
                Some(if day + 100 < days { 100.0 } else { 150.0 } + noise(day))
            })
        };
        let long = step(500).claim(Kind::LevelShift);
        assert!(
            long.template
                .starts_with("Over the newest {newest} {steps}: {what} ")
        );
        assert!(step(400).claim(Kind::LevelShift).template.starts_with("{what}"));
        let view = step(500).shown_from(101);
        assert!(
            view.claim(Kind::LevelShift).template.starts_with("{what}"),
            "all that it shows"
        );
    }

    #[test]
    fn days_without_values_are_told_beside_means_of_a_day() {
        let step = Sample::days(63, &[]).sum("Clicks", |day, _| {
            let level = if day < 35 { 100.0 } else { 150.0 };
            (day % 9 != 4).then_some(level + noise(day))
        });
        let claim = step.claim(Kind::LevelShift);
        assert_values(&claim, &[("with", 56.0), ("span", 63.0)]);
        let sentence = crate::insight::wording::sentence(&claim);
        assert!(
            sentence.ends_with(". Only 56 of the 63 days have values."),
            "{sentence}"
        );
    }

    #[test]
    fn a_day_stands_out_from_its_neighbours() {
        let spiked = |days: usize| {
            Sample::days(days, &[]).sum("Clicks", |day, _| {
                Some(if day == 20 { 300.0 } else { 100.0 + noise(day) })
            })
        };
        let claim = spiked(56).claim(Kind::AnomalyPoint);
        assert_values(&claim, &[("value", 300.0)]);
        assert!((value(&claim, "expected") - 100.0).abs() < 5.0);
        assert_eq!((claim.subject.date, claim.cap), (Some(date(20)), 1.0));
        assert_eq!(spiked(28).claims(Kind::AnomalyPoint).len(), 1);
        assert!(
            spiked(27).claims(Kind::AnomalyPoint).is_empty(),
            "27 days are too few"
        );
        // Every third day, or a day on its own after three weeks: without neighbours nothing stands out.
        let every_third = Sample::days(120, &[]).sum("Clicks", |day, _| {
            (day % 3 == 0).then_some(if day == 60 { 300.0 } else { 100.0 + noise(day / 3) })
        });
        assert!(every_third.claims(Kind::AnomalyPoint).is_empty());
        let alone = Sample::days(77, &[]).sum("Clicks", |day, _| {
            (day < 55 || day == 76).then_some(100.0 + noise(day))
        });
        assert!(alone.claims(Kind::AnomalyPoint).is_empty());
    }
}
