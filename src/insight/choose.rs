//! Choosing what is told: the claims that matter most, each event once.

use std::collections::{BTreeMap, BTreeSet};

use super::claim::{Claim, Kind, Subject};
use super::events::Event;
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
    leave_out_doubles(&mut judged);
    sort(&mut judged);
    judged.dedup_by(|a, b| a.claim.kind == b.claim.kind && a.claim.subject == b.claim.subject);
    let mut judged = tell_once(judged);
    sort(&mut judged);
    let mut of_kind: BTreeMap<Kind, usize> = BTreeMap::new();
    let mut of_series: BTreeMap<(Option<Kind>, Subject), usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for judged in judged {
        if chosen.len() == MOST {
            break;
        }
        let claim = &judged.claim;
        let kind = of_kind.entry(claim.kind).or_default();
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

/// Leaves out what is said of a segment that is nearly all there is, where the same is said of the whole.
fn leave_out_doubles(judged: &mut Vec<Judged>) {
    let of_whole = |claim: &Claim| {
        let subject = Subject {
            filters: Vec::new(),
            date: None,
            ..claim.subject.clone()
        };
        (claim.kind, subject, claim.effect.v > 0.0)
    };
    let wholes: BTreeSet<_> = judged
        .iter()
        .filter(|judged| judged.claim.subject.filters.is_empty())
        .map(|judged| of_whole(&judged.claim))
        .collect();
    judged.retain(|Judged { claim, .. }| {
        claim.subject.filters.is_empty() || claim.impact < NEARLY_ALL || !wholes.contains(&of_whole(claim))
    });
}

/// Leaves out of sorted claims what others say already. Of those that tell of an event more than that it happened, the second
/// telling ranks half as high, the third a third, so that what comes next is another event.
fn tell_once(judged: Vec<Judged>) -> Vec<Judged> {
    let mut told: Vec<Event> = Vec::new();
    let mut kept = Vec::with_capacity(judged.len());
    let is_plain = |judged: &Judged| Event::of(&judged.claim).is_none_or(|event| event.is_plain());
    // That it happened is told first, and was tested.
    let (plain, further): (Vec<_>, Vec<_>) = judged.into_iter().partition(is_plain);
    for judged in plain {
        let event = Event::of(&judged.claim);
        let is_told = |event: &Event| told.iter().any(|earlier| event.is_same(earlier));
        if !event.as_ref().is_some_and(is_told) {
            told.extend(event);
            kept.push(judged);
        }
    }
    for mut judged in further {
        if let Some(event) = Event::of(&judged.claim) {
            let tellings = 1 + told.iter().filter(|earlier| event.is_same(earlier)).count();
            judged.rank = rounded(judged.rank / tellings as f64);
            told.push(event);
        }
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

    #[test]
    fn what_happened_before_or_the_other_way_is_another_event() {
        for other in [shift(20, 0.2, 0.9), shift(60, -0.2, 0.9)] {
            let both = told(vec![other, claim(Kind::PeriodChange, "sales", 0.8)]);
            assert_eq!(both.len(), 2);
            assert_eq!(both[1], (Kind::PeriodChange, "sales".to_owned(), 0.8));
        }
    }
}
