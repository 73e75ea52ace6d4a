//! Which weekdays a series is highest and lowest on.

use super::claim::{Claim, Kind};
use super::course::{self, Series, relative, telling_gaps, test_of};
use super::examine::{Weekdays, level_on};
use super::study::Study;
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
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, date, noise};

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
}
