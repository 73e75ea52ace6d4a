//! Choosing what is told: the claims that matter most, each event once.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Kind, Subject};
use super::events::{Event, are_alike, is_of_parts};
use super::find::Judged;
use super::number::rounded;

/// The most insights of a view, of a kind, and of the ways to tell one series' change.
const MOST: usize = 12;
const MOST_OF_KIND: usize = 3;
const MOST_OF_SERIES: usize = 2;
/// The part of a measure from which on what is so of a segment is so because it is of the whole.
const NEARLY_ALL: f64 = 0.9;

/// The best claims: by rank, then by kind and subject; of each event, each kind and each series only so many.
pub fn choose(mut judged: Vec<Judged>, min_confidence: f64) -> Vec<Judged> {
    judged.retain(|judged| f64::from(judged.confidence) >= min_confidence * 100.0);
    sort(&mut judged);
    judged.dedup_by(|a, b| a.claim.kind == b.claim.kind && a.claim.subject == b.claim.subject);
    leave_out_denials(&mut judged);
    leave_out_large_parts(&mut judged);
    leave_out_same_parts(&mut judged);
    let mut judged = tell_once(judged);
    leave_out_doubles(&mut judged);
    sort(&mut judged);
    let mut of_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut of_series: BTreeMap<(Option<Kind>, Subject), usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for judged in judged {
        if chosen.len() == MOST {
            break;
        }
        let claim = &judged.claim;
        // What holds most, or least, of all is one kind of news.
        let kind = match is_of_parts(claim.kind) {
            true => Kind::TopContributor,
            false => claim.kind,
        };
        let kind = of_kind.entry(kind).or_default();
        if *kind == MOST_OF_KIND {
            continue;
        }
        // A change is told in few ways, and by few of the dimensions that it can be divided by.
        let way = match claim.kind {
            Kind::Trend | Kind::LevelShift | Kind::PeriodChange | Kind::RateChange => Some(None),
            Kind::ChangeDriver | Kind::MixVsRate => Some(Some(claim.kind)),
            _ => None,
        };
        if let Some(way) = way {
            let whose = Subject {
                measure: claim.subject.measure.clone(),
                filters: claim.subject.filters.clone(),
                ..Subject::default()
            };
            let series = of_series.entry((way, whose)).or_default();
            if *series == MOST_OF_SERIES {
                continue;
            }
            *series += 1;
        }
        *kind += 1;
        chosen.push(judged);
    }
    chosen
}

fn sort(judged: &mut [Judged]) {
    judged.sort_by(|a, b| {
        let name = |judged: &Judged| (judged.claim.kind, judged.claim.subject.clone());
        b.rank.total_cmp(&a.rank).then_with(|| name(a).cmp(&name(b)))
    });
}

/// Leaves out that a series did not change where it is told how it did: of other windows, both may be so.
fn leave_out_denials(judged: &mut Vec<Judged>) {
    let whose = |claim: &Claim| (claim.subject.measure.clone(), claim.subject.filters.clone());
    let tells_change = |kind: Kind| {
        matches!(
            kind,
            Kind::Trend | Kind::LevelShift | Kind::PeriodChange | Kind::RateChange
        )
    };
    let changes = judged.iter().filter(|judged| tells_change(judged.claim.kind));
    let changed: BTreeSet<_> = changes.map(|judged| whose(&judged.claim)).collect();
    judged.retain(|Judged { claim, .. }| {
        claim.kind != Kind::NoMaterialChange || !changed.contains(&whose(claim))
    });
}

/// Leaves out that a segment has the largest part of a measure where it is told to have most of it.
fn leave_out_large_parts(judged: &mut Vec<Judged>) {
    let part = |claim: &Claim| (claim.subject.measure.clone(), claim.subject.filters.clone());
    let is_risk = |judged: &&Judged| judged.claim.kind == Kind::ConcentrationRisk;
    let risks: BTreeSet<_> = judged
        .iter()
        .filter(is_risk)
        .map(|risk| part(&risk.claim))
        .collect();
    judged.retain(|Judged { claim, .. }| claim.kind != Kind::TopContributor || !risks.contains(&part(claim)));
}

/// Leaves out of sorted claims that a segment has the largest part of one more measure, or the smallest: who leads in one often leads in
/// those that go with it.
fn leave_out_same_parts(judged: &mut Vec<Judged>) {
    let mut told = BTreeSet::new();
    judged.retain(|Judged { claim, .. }| {
        !is_of_parts(claim.kind) || told.insert((claim.kind, claim.subject.filters.clone()))
    });
}

/// Leaves out what is said of a segment that is nearly all there is, where the same is said of the whole.
fn leave_out_doubles(judged: &mut Vec<Judged>) {
    let is_of_whole = |judged: &&Judged| judged.claim.subject.filters.is_empty();
    let wholes: Vec<Claim> = judged
        .iter()
        .filter(is_of_whole)
        .map(|judged| judged.claim.clone())
        .collect();
    judged.retain(|Judged { claim, .. }| {
        let is_told = || wholes.iter().any(|whole| is_double(claim, whole));
        claim.subject.filters.is_empty() || claim.impact < NEARLY_ALL || !is_told()
    });
}

/// Whether what is said of a segment is what is said of the whole: that it moved alike at one time, or else the same of the
/// same date.
fn is_double(segment: &Claim, whole: &Claim) -> bool {
    if let (Some(own), Some(event)) = (Event::of(segment), Event::of(whole))
        && own.is_plain()
    {
        return own.of_whole().is_told_by(&event);
    }
    let subject = Subject {
        filters: Vec::new(),
        ..segment.subject.clone()
    };
    let is_up = |claim: &Claim| claim.effect.v > 0.0;
    (segment.kind, &subject, is_up(segment)) == (whole.kind, &whole.subject, is_up(whole))
}

/// Leaves out of sorted claims what others say already. Of those that tell of an event more than that it happened, or tell it
/// as part of a trend, the second telling ranks half as high, the third a third, so that what comes next is another event; and so
/// of those that tell one pattern.
fn tell_once(judged: Vec<Judged>) -> Vec<Judged> {
    let mut told: Vec<Event> = Vec::new();
    let mut kept = Vec::with_capacity(judged.len());
    let is_plain = |judged: &Judged| Event::of(&judged.claim).is_none_or(|event| event.is_plain());
    // That it happened is told first, and was tested.
    let (plain, further): (Vec<_>, Vec<_>) = judged.into_iter().partition(is_plain);
    for mut judged in plain.into_iter().chain(further) {
        if let Some(event) = Event::of(&judged.claim) {
            if told.iter().any(|earlier| event.is_told_by(earlier)) {
                continue;
            }
            let tellings = 1 + told.iter().filter(|earlier| event.is_same(earlier)).count();
            judged.rank = rounded(judged.rank / tellings as f64);
            told.push(event);
        }
        let is_alike = |earlier: &&Judged| are_alike(&earlier.claim, &judged.claim);
        let patterns = 1 + kept.iter().filter(is_alike).count();
        judged.rank = rounded(judged.rank / patterns as f64);
        kept.push(judged);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::super::claim::{Effect, Span};
    use super::super::samples::date;
    use super::super::study::FLOOR;
    use super::*;
    use crate::window::Window;

    fn days(from: usize, to: usize) -> Option<Window> {
        Window::new(date(from), date(to))
    }

    /// A claim about the last 28 of 90 days, up by a tenth, that would rank like this.
    fn claim(kind: Kind, measure: &str, rank: f64) -> Judged {
        let effect = Effect {
            name: "relative",
            v: 0.1,
            ci95: None,
            floor: FLOOR,
        };
        let subject = Subject {
            measure: measure.to_owned(),
            ..Subject::default()
        };
        let span = Span {
            current: days(62, 89),
            reference: days(34, 61),
            is_aligned: true,
        };
        Judged {
            claim: Claim::new(kind, subject, 1.0, effect, "").over(span),
            verdict: None,
            confidence: 99,
            rank,
        }
    }

    /// A step on a day, told over all of the days.
    fn shift(day: usize, size: f64, rank: f64) -> Judged {
        let mut judged = claim(Kind::LevelShift, "sales", rank);
        judged.claim.subject.date = Some(date(day));
        judged.claim.effect.v = size;
        judged.claim.span = Span {
            current: days(0, 89),
            ..Span::default()
        };
        judged
    }

    fn told(judged: Vec<Judged>) -> Vec<(Kind, String, f64)> {
        let told = choose(judged, 0.5);
        told.into_iter()
            .map(|judged| (judged.claim.kind, judged.claim.subject.measure, judged.rank))
            .collect()
    }

    #[test]
    fn one_event_is_told_once_at_the_top() {
        let all = vec![
            shift(60, 0.2, 0.9),
            claim(Kind::PeriodChange, "sales", 0.8),
            claim(Kind::ChangeDriver, "sales", 1.0),
            claim(Kind::PeriodChange, "visits", 0.6),
        ];
        assert_eq!(
            told(all),
            [
                (Kind::LevelShift, "sales".to_owned(), 0.9),
                (Kind::PeriodChange, "visits".to_owned(), 0.6),
                (Kind::ChangeDriver, "sales".to_owned(), 0.5),
            ],
            "the change is the step's; where it comes from follows what else happened"
        );
    }

    #[test]
    fn who_leads_in_many_measures_is_told_once() {
        let of = |kind: Kind, measure: &str, value: &str, rank: f64| {
            let mut judged = claim(kind, measure, rank);
            judged.claim.subject.filters = vec![("airport".to_owned(), value.to_owned())];
            judged
        };
        let largest = |measure: &str, rank: f64| of(Kind::TopContributor, measure, "FRA", rank);
        let all = vec![
            largest("passengers", 0.8),
            largest("movements", 0.9),
            of(Kind::TopContributor, "cargo", "CGN", 0.7),
            of(Kind::BottomContributor, "cargo", "FRA", 0.6),
            of(Kind::RateChange, "passengers", "FRA", 0.5),
        ];
        let measures: Vec<String> = told(all).into_iter().map(|(_, measure, _)| measure).collect();
        assert_eq!(measures.len(), 4, "{measures:?}");
        assert_eq!(measures[0], "movements");
    }

    #[test]
    fn a_segment_that_is_nearly_all_there_is_is_not_told_beside_the_whole() {
        let of_segment = |impact: f64| {
            let mut judged = claim(Kind::PeriodChange, "sales", 0.9);
            judged.claim.subject.filters = vec![("country".to_owned(), "US".to_owned())];
            judged.claim.impact = impact;
            judged
        };
        let whole = || claim(Kind::PeriodChange, "sales", 0.8);
        assert_eq!(told(vec![of_segment(0.95), whole()]).len(), 1);
        assert_eq!(told(vec![of_segment(0.6), whole()]).len(), 2);
        assert_eq!(told(vec![of_segment(0.95)]).len(), 1, "nothing else tells it");
    }

    /// The same claim about a segment that is nearly all there is.
    fn of_segment(mut judged: Judged) -> Judged {
        judged.claim.subject.filters = vec![("country".to_owned(), "US".to_owned())];
        judged.claim.impact = 0.95;
        judged
    }

    #[test]
    fn what_is_so_of_such_a_segment_at_another_time_is_told() {
        let both = |segment: Judged, whole: Judged| told(vec![of_segment(segment), whole]).len();
        assert_eq!(both(shift(60, 0.3, 0.9), shift(20, 0.2, 0.8)), 2, "another step");
        assert_eq!(both(shift(60, 0.3, 0.9), shift(60, 0.2, 0.8)), 1);
        let anomaly = |day: usize| {
            let mut judged = claim(Kind::AnomalyPoint, "sales", 0.9);
            judged.claim.subject.date = Some(date(day));
            judged
        };
        assert_eq!(both(anomaly(9), anomaly(70)), 2, "another day");
        assert_eq!(both(anomaly(9), anomaly(9)), 1);
    }

    #[test]
    fn what_such_a_segment_does_is_told_by_what_is_told_of_the_whole() {
        let change = |rank: f64| claim(Kind::PeriodChange, "sales", rank);
        let all = vec![
            shift(70, 0.2, 0.9),
            change(0.8),
            of_segment(change(0.85)),
            of_segment(shift(72, 0.2, 0.7)),
        ];
        assert_eq!(told(all), [(Kind::LevelShift, "sales".to_owned(), 0.9)]);
        let by_its_change = vec![change(0.8), of_segment(shift(70, 0.2, 0.9))];
        assert_eq!(
            told(by_its_change),
            [(Kind::PeriodChange, "sales".to_owned(), 0.8)]
        );
    }

    #[test]
    fn a_trend_leaves_steps_and_changes_on_its_way_to_tell() {
        let trend = |rank: f64| {
            let mut judged = claim(Kind::Trend, "sales", rank);
            judged.claim.span = shift(0, 0.1, 0.0).claim.span;
            judged
        };
        assert_eq!(
            told(vec![trend(0.9), shift(80, 0.4, 0.8)]),
            [
                (Kind::Trend, "sales".to_owned(), 0.9),
                (Kind::LevelShift, "sales".to_owned(), 0.4),
            ]
        );
        assert_eq!(
            told(vec![trend(0.8), shift(80, 0.4, 0.9)]),
            [
                (Kind::LevelShift, "sales".to_owned(), 0.9),
                (Kind::Trend, "sales".to_owned(), 0.4),
            ]
        );
    }

    #[test]
    fn one_pattern_of_several_measures_is_told_behind_an_event() {
        let weekly = |measure: &str, week: [f64; 7], rank: f64| {
            let mut judged = claim(Kind::WeeklySeasonality, measure, rank);
            judged.claim.weekdays = week.map(Some).to_vec();
            judged
        };
        let related = |measure: &str, with: &str, rank: f64| {
            let mut judged = claim(Kind::CorrelatedMeasures, measure, rank);
            judged.claim.subject.with = Some(with.to_owned());
            judged
        };
        let all = vec![
            weekly("flights", [9.9, 9.5, 9.6, 9.7, 9.8, 7.0, 8.0], 0.99),
            weekly("miles", [99.0, 95.0, 96.0, 98.0, 99.5, 75.0, 86.0], 0.96),
            // Lowest on Saturdays, too, and otherwise another week.
            weekly("delay", [12.0, 11.0, 15.0, 19.0, 13.0, 10.0, 14.0], 0.7),
            related("flights", "miles", 0.98),
            related("flights", "seats", 0.94),
            related("delay", "rain", 0.6),
            shift(60, 0.2, 0.5),
        ];
        let ranks: Vec<(String, f64)> = (told(all).into_iter())
            .map(|(_, measure, rank)| (measure, rank))
            .collect();
        let expected = [
            ("flights", 0.99),
            ("flights", 0.98),
            ("delay", 0.7),
            ("delay", 0.6),
            ("sales", 0.5),
            ("miles", 0.48),
            ("flights", 0.47),
        ];
        assert_eq!(ranks, expected.map(|(measure, rank)| (measure.to_owned(), rank)));
    }

    #[test]
    fn parts_take_few_places_and_one_part_is_told_once() {
        let part = |kind: Kind, measure: &str, dimension: &str, value: &str, rank: f64| {
            let mut judged = claim(kind, measure, rank);
            judged.claim.subject.filters = vec![(dimension.to_owned(), value.to_owned())];
            judged.claim.subject.dimension = Some(dimension.to_owned());
            judged
        };
        let all = vec![
            part(Kind::TopContributor, "sales", "region", "West", 0.9),
            part(Kind::ConcentrationRisk, "sales", "region", "West", 0.85),
            part(Kind::BottomContributor, "sales", "region", "East", 0.8),
            part(Kind::TopContributor, "orders", "device", "mobile", 0.7),
            part(Kind::TopContributor, "visits", "plan", "free", 0.3),
            shift(60, 0.2, 0.5),
        ];
        let expected = [
            (Kind::ConcentrationRisk, "sales", 0.85),
            (Kind::TopContributor, "orders", 0.7),
            (Kind::LevelShift, "sales", 0.5),
            (Kind::BottomContributor, "sales", 0.4),
        ];
        assert_eq!(
            told(all),
            expected.map(|(kind, measure, rank)| (kind, measure.to_owned(), rank))
        );
    }

    #[test]
    fn a_day_on_which_several_measures_stood_out_is_one_event() {
        let anomaly = |measure: &str, day: usize, rank: f64| {
            let mut judged = claim(Kind::AnomalyPoint, measure, rank);
            judged.claim.subject.date = Some(date(day));
            judged
        };
        let all = vec![
            anomaly("cancelled", 39, 0.9),
            anomaly("delay", 39, 0.8),
            anomaly("sales", 70, 0.6),
        ];
        let ranks: Vec<f64> = told(all).into_iter().map(|(_, _, rank)| rank).collect();
        assert_eq!(ranks, [0.9, 0.6, 0.4]);
    }

    #[test]
    fn what_happened_before_or_the_other_way_is_another_event() {
        for other in [shift(20, 0.2, 0.9), shift(60, -0.2, 0.9)] {
            let both = told(vec![other, claim(Kind::PeriodChange, "sales", 0.8)]);
            assert_eq!(both.len(), 2);
            assert_eq!(both[1], (Kind::PeriodChange, "sales".to_owned(), 0.8));
        }
    }
}
