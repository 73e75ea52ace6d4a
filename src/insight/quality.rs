//! Steps without values and doubts about the data: exact counts.

use std::collections::BTreeMap;

use super::claim::{Claim, Effect, Kind, Show, Span, Subject};
use super::docket::{Docket, MAX_TESTS};
use super::statistics::medians::median;
use super::study::{Line, Scope, Study};
use crate::dashboard::chronicle::{Metric, MetricKind};
use crate::decimal::Decimal;

/// A scope that has values on at least this share of the steps is expected on all of them.
const STEADY: f64 = 0.9;
/// The fewest steps from which that is told.
const LEAST_STEPS: usize = 14;
/// The part of all rows or values below which a fault is not worth a sentence.
const NOTEWORTHY: f64 = 0.01;

/// Notes gaps of every scope and faults of the data.
pub fn note(study: &Study<'_>, docket: &mut Docket) {
    let measures = &study.chronicle.measures;
    if let Some(measure) = measures.iter().position(|metric| metric.kind == MetricKind::Sum) {
        for scope in study.scopes() {
            gap(study, docket, scope, measure);
        }
    }
    for measure in 0..measures.len() {
        nulls(study, docket, measure);
        mixed(study, docket, measure);
        above_one(study, docket, measure);
    }
    rows(study, docket);
}

/// Says that the budget of tests was spent, last of all that is told: so that a view without a finding does not look tested.
pub fn note_left_out(study: &Study<'_>, docket: &mut Docket) {
    if docket.skipped == 0 {
        return;
    }
    let template = "{skipped} series or comparisons were left out: a dashboard gets {tests} tests at most.";
    let claim = fault(study, None, "left_out", 0.0, template)
        .value("skipped", docket.skipped as f64, Show::Count)
        .value("tests", MAX_TESTS as f64, Show::Count);
    docket.exact(Claim { impact: 0.0, ..claim });
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn effect(v: f64) -> Effect {
    Effect {
        name: "share",
        v,
        ci95: None,
        floor: 0.0,
    }
}

/// The longest run of complete steps without a value where values are the rule, or else of zeros where a zero is hardly to be
/// expected: told as what it is.
fn gap(study: &Study<'_>, docket: &mut Docket, scope: Scope<'_>, measure: usize) {
    let amounts = &scope.tracks[measure].amounts;
    let steps: Vec<usize> = (0..study.chronicle.steps.len())
        .filter(|step| study.chronicle.steps[*step].in_view && study.complete()[*step])
        .collect();
    // Of a whole that is delivered each step none may be missing; events come or do not.
    let is_delivered = scope.segment.is_none() && rows_counted(study).is_none();
    let without = Lack::of(&steps, |step| Some(amounts[step].is_none()))
        .filter(|lack| is_delivered || lack.is_no_chance(steps.len()) || is_dense(study, scope));
    let (lack, [single, one, several]) = match without {
        Some(lack) => (lack, WITHOUT),
        None if is_never_zero(study.line(scope, measure)) => {
            let zero = |step: usize| amounts[step].map(|amount| amount.is_zero());
            let Some(lack) = Lack::of(&steps, zero) else {
                return;
            };
            (lack, ZERO)
        }
        None => return,
    };
    let (Some(first), Some(last)) = (lack.longest.first(), lack.longest.last()) else {
        return;
    };
    let span = study.dates(*first as u32, *last as u32);
    let mut subject = study.subject(scope, measure);
    subject.date = span.map(|span| span.start());
    docket.exact(
        Claim::new(
            Kind::DeliveryGap,
            subject,
            study.share(scope, measure),
            effect(share(lack.count as f64, steps.len() as f64)),
            match (lack.count, lack.longest.len()) {
                (1, _) => single,
                (_, 1) => one,
                _ => several,
            },
        )
        .name("what", study.what(scope, measure))
        .word("steps", study.steps_name())
        .value("length", lack.longest.len() as f64, Show::Count)
        .value("missing", lack.count as f64, Show::Count)
        .value("of", steps.len() as f64, Show::Count)
        .over(Span {
            current: span,
            ..Span::default()
        }),
    );
}

/// How steps without a value are told: a single one, one of several, and several in a row.
const WITHOUT: [&str; 3] = [
    "{what} has no value on {date}, the only one of {of} {steps}.",
    "{what} has no value on {date}; on {missing} of {of} {steps} there is none.",
    "{what} has no value from {date} on for {length} {steps}; on {missing} of {of} there is none.",
];
/// The same of zeros.
const ZERO: [&str; 3] = [
    "{what} was zero on {date}, the only one of {of} {steps}.",
    "{what} was zero on {date}, as on {missing} of {of} {steps}.",
    "{what} was zero from {date} on for {length} {steps}; on {missing} of {of} it was.",
];
/// The middle value of a count from which a zero is no chance: of so many expected, none comes once in 20,000 times.
const NEVER_ZERO: f64 = 10.0;
/// The probability up to which a run of steps is no chance.
const BY_CHANCE: f64 = 0.01;

/// Steps on which a series lacks something that is the rule.
struct Lack<'a> {
    /// How many there are.
    count: usize,
    /// The longest run of them, of equally long ones the newest.
    longest: &'a [usize],
}

impl<'a> Lack<'a> {
    /// Of steps that lack it, have it, or say nothing of it. `None` where there are too few steps, none lacks it, or so few have it that
    /// it is not the rule.
    fn of(steps: &'a [usize], lacks: impl Fn(usize) -> Option<bool>) -> Option<Self> {
        let number = |is_lacking: bool| {
            steps
                .iter()
                .filter(|step| lacks(**step) == Some(is_lacking))
                .count()
        };
        let (count, others) = (number(true), number(false));
        let is_rule = others as f64 >= STEADY * steps.len() as f64;
        if steps.len() < LEAST_STEPS || count == 0 || !is_rule {
            return None;
        }
        let runs = steps.split(|step| lacks(*step) != Some(true));
        let longest = runs.max_by_key(|run| run.len())?;
        Some(Self { count, longest })
    }

    /// Whether chance alone would hardly put so many of the steps without a value next to each other.
    fn is_no_chance(&self, of: usize) -> bool {
        let share = self.count as f64 / of as f64;
        of as f64 * libm::pow(share, self.longest.len() as f64) <= BY_CHANCE
    }
}

/// Whether a scope counts so many of something at each step that none is no chance: of rows, where each is an event, as what is added
/// up of them comes in lots.
fn is_dense(study: &Study<'_>, scope: Scope<'_>) -> bool {
    let has_many = |measure: usize| {
        let line = study.line(scope, measure);
        let is_sum = study.chronicle.measures[measure].kind == MetricKind::Sum;
        is_sum && line.is_count && median(&mut line.values.clone()) >= NEVER_ZERO
    };
    match rows_counted(study) {
        Some(rows) => has_many(rows),
        None => (0..study.chronicle.measures.len()).any(has_many),
    }
}

/// The measure that counts rows, where each is an event or a thing.
fn rows_counted(study: &Study<'_>) -> Option<usize> {
    let mut measures = study.chronicle.measures.iter();
    measures.position(|metric| metric.kind == MetricKind::Sum && metric.sources.is_empty())
}

/// Whether a zero is hardly to be expected of a series: of counts where they are high, of other amounts where they are rare.
fn is_never_zero(line: &Line) -> bool {
    !line.is_count || median(&mut line.values.clone()) >= NEVER_ZERO
}

fn fault(study: &Study<'_>, measure: Option<usize>, what: &'static str, size: f64, template: &str) -> Claim {
    let subject = Subject {
        measure: measure.map_or_else(String::new, |measure| {
            study.chronicle.measures[measure].id.clone()
        }),
        with: Some(what.to_owned()),
        ..Subject::default()
    };
    let label = measure.map_or_else(String::new, |measure| {
        study.chronicle.measures[measure].label.clone()
    });
    Claim::new(Kind::DataQuality, subject, 1.0, effect(size), template)
        .name("what", label)
        .over(study.span_shown())
}

fn nulls(study: &Study<'_>, docket: &mut Docket, measure: usize) {
    let metric = &study.chronicle.measures[measure];
    let (nulls, rows) = (metric.nulls as f64, study.chronicle.faults.rows_shown as f64);
    if share(nulls, rows) < NOTEWORTHY {
        return;
    }
    let part = share(nulls, rows);
    let template = "{what} is missing in {nulls} of {rows} rows ({part}).";
    let mut claim = fault(study, Some(measure), "nulls", part, template)
        .value("nulls", nulls, Show::Count)
        .value("rows", rows, Show::Count)
        .value("part", part, Show::Share);
    // More were lost than are missing where results hold the same dates: of how many shown here nobody knows.
    if (1..=metric.nulls).contains(&metric.lost) {
        claim = claim.value("lost", metric.lost as f64, Show::Count);
        claim.template = claim
            .template
            .replace(").", "), in {lost} of them because it is too large or no number.");
    }
    docket.exact(claim);
}

/// Numbers that could not be kept of measures whose missing values are told with them, each column counted once.
fn told_as_missing(study: &Study<'_>) -> u64 {
    let rows = study.chronicle.faults.rows_shown as f64;
    let is_told = |metric: &&Metric| share(metric.nulls as f64, rows) >= NOTEWORTHY;
    let told = study.chronicle.measures.iter().filter(is_told);
    let by_column: BTreeMap<_, _> = told.map(|metric| (&metric.sources, metric.lost)).collect();
    by_column.values().sum()
}

fn mixed(study: &Study<'_>, docket: &mut Docket, measure: usize) {
    let metric = &study.chronicle.measures[measure];
    let is_mixed = |reason: &&String| reason.contains("mixes") || reason.contains("different units");
    if let Some(reason) = metric.reason.as_ref().filter(is_mixed) {
        let claim = fault(
            study,
            Some(measure),
            "units",
            1.0,
            "{what} cannot be added up: {reason}.",
        );
        docket.exact(claim.name("reason", reason.clone()));
    }
}

/// A proportion of counts above one.
fn above_one(study: &Study<'_>, docket: &mut Docket, measure: usize) {
    let metric = &study.chronicle.measures[measure];
    let is_percent = metric.format == crate::dashboard::config::Format::Percent;
    let MetricKind::Quotient {
        parts: Some(_),
        factor,
    } = &metric.kind
    else {
        return;
    };
    let line = study.line(study.whole(), measure);
    let is_counted = |line: &Line| {
        let whole = |values: &[f64]| values.iter().all(|value| *value >= 0.0 && value.fract() == 0.0);
        whole(&line.amounts) && whole(&line.bases)
    };
    if !is_percent || *factor != Decimal::ONE || !is_counted(line) {
        return;
    }
    let above: Vec<usize> = (0..line.len())
        .filter(|index| line.values[*index] > 1.0)
        .collect();
    let Some(first) = above.first() else { return };
    let template = "{what} is above {limit} on {above} of {of} {steps}, first on {first}.";
    let part = share(above.len() as f64, line.len() as f64);
    let mut claim = fault(study, Some(measure), "above_one", part, template)
        .word("steps", study.steps_name())
        .value("limit", 1.0, study.show(measure))
        .value("above", above.len() as f64, Show::Count)
        .value("of", line.len() as f64, Show::Count);
    let dates = study.dates(line.steps[*first], line.steps[*first]);
    claim.subject.date = dates.map(|dates| dates.start());
    claim.template = claim.template.replace("{first}", "{date}");
    docket.exact(claim.over(study.span_tested(measure)));
}

/// What was left out of the numbers, and rows that repeat others.
fn rows(study: &Study<'_>, docket: &mut Docket) {
    let faults = &study.chronicle.faults;
    let rows = faults.rows as f64;
    // Each with its sentence for one and for several.
    let counts = [
        (
            "outside_window",
            faults.outside_window,
            "{count} of {rows} rows ({part}) is dated outside of its window and left out.",
            "{count} of {rows} rows ({part}) are dated outside of their window and left out.",
        ),
        (
            "without_date",
            faults.without_date,
            "{count} of {rows} rows ({part}) has no readable date and is left out.",
            "{count} of {rows} rows ({part}) have no readable date and are left out.",
        ),
        (
            "out_of_range",
            faults.out_of_range.saturating_sub(told_as_missing(study)),
            "{count} value in {rows} rows is too large or no number and counts as missing.",
            "{count} values in {rows} rows are too large or no numbers and count as missing.",
        ),
        (
            "duplicates",
            faults.duplicates,
            "{count} of {rows} rows ({part}) repeats another row of the same result; it is counted.",
            "{count} of {rows} rows ({part}) repeat another row of the same result; they are counted.",
        ),
    ];
    for (what, count, one, several) in counts {
        let template = if count == 1 { one } else { several };
        let count = count as f64;
        if count > 0.0 && (share(count, rows) >= NOTEWORTHY || what == "outside_window") {
            let claim = fault(study, None, what, share(count, rows), template)
                .value("count", count, Show::Count)
                .value("rows", rows, Show::Count)
                .value("part", share(count, rows), Show::Share);
            docket.exact(claim);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::docket::Docket;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, assert_values, date};
    use crate::insight::study::Study;

    #[test]
    fn days_without_delivery_are_told_where_there_is_delivery_on_nearly_all() {
        let sample = |days: usize, missing: &'static [usize]| {
            Sample::days(days, &[]).sum("Clicks", move |day, _| (!missing.contains(&day)).then_some(10.0))
        };
        let claim = sample(40, &[3, 20, 21]).claim(Kind::DeliveryGap);
        assert_values(&claim, &[("length", 2.0), ("missing", 3.0), ("of", 40.0)]);
        assert_eq!(claim.subject.date, Some(date(20)));
        assert!((claim.effect.v - 3.0 / 40.0).abs() < 1e-12);
        assert!(
            sample(13, &[3]).claims(Kind::DeliveryGap).is_empty(),
            "13 days are too few"
        );
        assert!(
            sample(20, &[3, 9, 15]).claims(Kind::DeliveryGap).is_empty(),
            "17 of 20 are no rule"
        );
        assert!(sample(40, &[]).claims(Kind::DeliveryGap).is_empty());
    }

    #[test]
    fn what_has_few_events_has_none_on_some_days() {
        // Two kinds of events, of which one has none on these days.
        let told = |usual: f64, missing: &'static [usize]| {
            let sample = Sample::days(60, &["web", "mail"]).sum("Rows", move |day, kind| {
                (kind == 0 || !missing.contains(&day)).then_some(usual)
            });
            sample.claims(Kind::DeliveryGap).len()
        };
        assert_eq!((told(3.0, &[20]), told(3.0, &[5, 20, 41])), (0, 0));
        assert_eq!(told(30.0, &[20]), 1, "thirty a day and none are no chance");
        assert_eq!(told(3.0, &[20, 21, 22, 23]), 1, "nor are four days in a row");
        let paid = |missing: &'static [usize]| {
            let sample = Sample::days(60, &["web", "mail"]).sum("Kilos", move |day, kind| {
                (kind == 0 || !missing.contains(&day)).then_some(2.5 + kind as f64)
            });
            sample.claims(Kind::DeliveryGap).len()
        };
        assert_eq!((paid(&[7]), paid(&[7, 8, 9, 10])), (0, 1));
        // Orders of four items each, which are rows.
        let ordered = |orders: f64, missing: &'static [usize]| {
            let of =
                |each: f64| move |day: usize, _: usize| (!missing.contains(&day)).then_some(each * orders);
            let mut sample = Sample::days(60, &[]).sum("Items", of(4.0)).sum("Rows", of(1.0));
            sample.chronicle.measures[1].sources.clear();
            sample.claims(Kind::DeliveryGap).len()
        };
        assert_eq!((ordered(3.0, &[7]), ordered(3.0, &[7, 8, 9, 10])), (0, 1));
        assert_eq!(ordered(12.0, &[7]), 1);
    }

    #[test]
    fn a_zero_is_told_as_one_and_only_where_it_is_no_chance() {
        let with = |usual: f64| {
            Sample::days(20, &[]).sum("Cancelled", move |day, _| {
                Some(if day == 7 { 0.0 } else { usual })
            })
        };
        assert!(with(9.0).claims(Kind::DeliveryGap).is_empty());
        let claim = with(10.0).claim(Kind::DeliveryGap);
        assert_values(&claim, &[("length", 1.0), ("missing", 1.0), ("of", 20.0)]);
        assert_eq!(
            crate::insight::wording::sentence(&claim),
            "Cancelled was zero on 9 Mar 2026, the only one of 20 days."
        );
        let seldom = Sample::days(100, &["north"]).sum("Rain", |day, _| match day % 10 {
            0 => Some(0.0),
            5 => Some(1.5),
            _ => None,
        });
        assert!(
            seldom.claims(Kind::DeliveryGap).is_empty(),
            "half of its values are zero"
        );
    }

    #[test]
    fn faults_are_told_from_a_hundredth_on() {
        let with = |change: fn(&mut Sample)| {
            let mut sample = Sample::days(5, &[]).sum("Clicks", |_, _| Some(10.0));
            sample.chronicle.faults.rows = 200;
            sample.chronicle.faults.rows_shown = 200;
            change(&mut sample);
            sample.claims(Kind::DataQuality)
        };
        let nulls = with(|sample| sample.chronicle.measures[0].nulls = 10);
        assert_values(&nulls[0], &[("nulls", 10.0), ("rows", 200.0), ("part", 0.05)]);
        let repeated = with(|sample| sample.chronicle.faults.duplicates = 4);
        assert_values(&repeated[0], &[("count", 4.0), ("rows", 200.0), ("part", 0.02)]);
        let outside = with(|sample| sample.chronicle.faults.outside_window = 1);
        assert_values(&outside[0], &[("count", 1.0), ("part", 0.005)]);
        assert_eq!(
            crate::insight::wording::sentence(&outside[0]),
            "1 of 200 rows (0.5%) is dated outside of its window and left out."
        );
        let large = with(|sample| sample.chronicle.faults.out_of_range = 2);
        assert_eq!(
            crate::insight::wording::sentence(&large[0]),
            "2 values in 200 rows are too large or no numbers and count as missing."
        );
        let told_once = with(|sample| {
            sample.chronicle.measures[0].nulls = 4;
            sample.chronicle.measures[0].lost = 3;
            sample.chronicle.faults.out_of_range = 3;
        });
        assert_eq!(told_once.len(), 1, "the cells are told as missing already");
        assert_eq!(
            crate::insight::wording::sentence(&told_once[0]),
            "Clicks is missing in 4 of 200 rows (2%), in 3 of them because it is too large or no number."
        );
        let of_overlapping = with(|sample| {
            sample.chronicle.measures[0].nulls = 10;
            sample.chronicle.measures[0].lost = 280;
            sample.chronicle.faults.out_of_range = 280;
        });
        let sentences: Vec<String> = of_overlapping
            .iter()
            .map(crate::insight::wording::sentence)
            .collect();
        assert_eq!(
            sentences,
            ["Clicks is missing in 10 of 200 rows (5%)."],
            "28 results hold the same ten cells"
        );
        let of_another = with(|sample| {
            sample.chronicle.measures[0].nulls = 4;
            sample.chronicle.faults.out_of_range = 2;
        });
        let sentences: Vec<String> = of_another.iter().map(crate::insight::wording::sentence).collect();
        assert_eq!(
            sentences,
            [
                "Clicks is missing in 4 of 200 rows (2%).",
                "2 values in 200 rows are too large or no numbers and count as missing."
            ]
        );
        let mixed =
            with(|sample| sample.chronicle.measures[0].reason = Some("it mixes EUR and USD".to_owned()));
        assert_eq!(
            crate::insight::wording::sentence(&mixed[0]),
            "Clicks cannot be added up: it mixes EUR and USD."
        );
        assert!(
            with(|sample| sample.chronicle.measures[0].nulls = 1).is_empty(),
            "one of 200 is no news"
        );
        assert!(
            with(|sample| sample.chronicle.faults.duplicates = 1).is_empty(),
            "one of 200 is no news"
        );
        assert!(with(|_| ()).is_empty());
    }

    #[test]
    fn a_spent_budget_is_told() {
        let sample = Sample::days(5, &[]).sum("Clicks", |_, _| Some(10.0));
        let frames = Frames::default();
        let study = Study::new(&sample.chronicle, &frames);
        let mut docket = Docket::default();
        super::note_left_out(&study, &mut docket);
        assert!(docket.claims.is_empty(), "nothing was left out");
        docket.skipped = 3;
        super::note_left_out(&study, &mut docket);
        assert_eq!(
            crate::insight::wording::sentence(&docket.claims[0].0),
            "3 series or comparisons were left out: a dashboard gets 2,000 tests at most."
        );
    }

    #[test]
    fn a_proportion_above_one_is_told() {
        let sample = |clicks: f64| {
            Sample::days(5, &[])
                .sum("Clicks", move |day, _| Some(if day == 3 { clicks } else { 50.0 }))
                .sum("Views", |_, _| Some(100.0))
                .rate("CTR", 0, 1)
        };
        let mut above = sample(101.0);
        let parts = ("clicks".to_owned(), "views".to_owned());
        above.chronicle.measures[2].kind = crate::dashboard::chronicle::MetricKind::Quotient {
            parts: Some(parts),
            factor: crate::decimal::Decimal::ONE,
        };
        let claim = above.claim(Kind::DataQuality);
        assert_values(&claim, &[("above", 1.0), ("of", 5.0), ("limit", 1.0)]);
        assert_eq!(claim.subject.date, Some(date(3)));
        assert!(sample(100.0).claims(Kind::DataQuality).is_empty());
    }
}
