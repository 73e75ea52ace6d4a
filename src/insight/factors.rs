//! Which of its factors a product's change between the dashboard's two windows comes from, by their logarithms (LMDI): all parts add up
//! to the change.

use super::claim::{Claim, Effect, Kind, Show, Subject};
use super::docket::Docket;
use super::names::direction;
use super::study::{FLOOR, Study};
use super::windows::{comparing, is_usual, outlasts_length, telling_lengths, unlike_lengths};
use crate::dashboard::chronicle::MetricKind;

/// What a measure counts on the way from being seen to being paid.
const LADDER: [&[&str]; 4] = [
    &[
        "impressions",
        "views",
        "sessions",
        "visits",
        "pageviews",
        "visitors",
    ],
    &["clicks", "leads", "signups", "carts"],
    &["conversions", "orders", "purchases", "transactions", "bookings"],
    &["revenue", "sales", "income", "turnover", "value"],
];

/// Notes which factor a sales-like measure's change comes from, where the measures it is a product of are there. `is_beyond`
/// says whether a measure's change is more than chance.
pub fn note(study: &Study<'_>, docket: &mut Docket, is_beyond: impl Fn(usize) -> bool) -> Option<()> {
    let compare = study.chronicle.compare?;
    let measures = &study.chronicle.measures;
    let rung = |words: &[&str]| {
        let is_it = |id: &str| {
            id.split('_')
                .next_back()
                .is_some_and(|word| words.contains(&word))
        };
        measures
            .iter()
            .position(|metric| metric.kind == MetricKind::Sum && is_it(&metric.id))
    };
    let chain: Vec<usize> = LADDER.iter().filter_map(|words| rung(words)).collect();
    let sum = |measure: usize, window| {
        let value = study.sum_within(study.whole(), measure, window).0?.to_f64();
        (value > 0.0).then_some(value)
    };
    let of = |window| -> Option<Vec<f64>> { chain.iter().map(|measure| sum(*measure, window)).collect() };
    let (current, previous) = (of(compare.current)?, of(compare.previous)?);
    let (last, first) = (chain.len().checked_sub(1).filter(|last| *last > 0)?, 0);
    let total = libm::log(current[last] / previous[last]);
    let lengths = unlike_lengths(study, compare);
    let is_small = total.abs() < libm::log1p(FLOOR) || !is_beyond(chain[last]);
    if is_small || !outlasts_length(lengths, current[last], previous[last]) {
        return None;
    }
    // The logarithmic mean turns logarithms of factors into parts of the difference that add up to it.
    let mean = (current[last] - previous[last]) / total;
    let mut factors = vec![(
        measures[chain[first]].label.clone(),
        mean * libm::log(current[first] / previous[first]),
    )];
    for place in 1..chain.len() {
        let rate = |values: &[f64]| values[place] / values[place - 1];
        let (upper, lower) = (&measures[chain[place]].label, &measures[chain[place - 1]].label);
        factors.push((
            format!("{upper} per {lower}"),
            mean * libm::log(rate(&current) / rate(&previous)),
        ));
    }
    let largest = (0..factors.len()).max_by(|a, b| factors[*a].1.abs().total_cmp(&factors[*b].1.abs()))?;
    let show = study.show(chain[last]);
    let change = current[last] - previous[last];
    let effect = Effect {
        name: "relative",
        v: change / previous[last],
        ci95: None,
        floor: FLOOR,
    };
    let subject = Subject {
        with: Some("factors".to_owned()),
        ..study.subject(study.whole(), chain[last])
    };
    const PARTS: [&str; LADDER.len()] = ["f1", "f2", "f3", "f4"];
    let mut claim = Claim::new(
        Kind::KpiTreeDriver,
        subject,
        1.0,
        effect,
        "{what} is {moved} {size} ({effect}) {in} {now} against {before}",
    );
    claim = telling_lengths(claim, lengths);
    claim.template += "; of its factors {factor} makes the largest part, {part_moved} {part}";
    claim.template += match factors[largest].1.abs() > change.abs() {
        true => ", and the others went the other way.",
        false => ".",
    };
    claim = claim
        .name("what", measures[chain[last]].label.clone())
        .word("moved", direction(change, "up", "down"))
        .name("factor", factors[largest].0.clone())
        .word("part_moved", direction(factors[largest].1, "up", "down"))
        .value("size", change, show.size())
        .value("part", factors[largest].1, show.size());
    for ((_, part), id) in factors.iter().zip(PARTS) {
        claim = claim.value(id, *part, Show::Hidden);
    }
    let is_usual = is_usual(study, study.whole(), chain[last], compare, change > 0.0);
    docket.exact(comparing(study, claim, compare).usual(is_usual));
    Some(())
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{QUIET, Sample, assert_values, of_two};

    #[test]
    fn a_products_change_divides_among_its_factors() {
        let sample = |clicks: f64| {
            Sample::days(QUIET + 2, &[])
                .sum("Impressions", |_, _| Some(1000.0))
                .sum("Clicks", move |day, _| Some([100.0, clicks][of_two(day)]))
                .sum("Revenue", move |day, _| Some([500.0, 5.0 * clicks][of_two(day)]))
                .compared(1)
        };
        // Twice the clicks of as many impressions, each worth as much: all of the 500 come from clicks per impression.
        let claim = sample(200.0).claim(Kind::KpiTreeDriver);
        assert_values(
            &claim,
            &[
                ("size", 500.0),
                ("part", 500.0),
                ("f1", 0.0),
                ("f2", 500.0),
                ("f3", 0.0),
            ],
        );
        assert_eq!(
            crate::insight::wording::names(&claim),
            ["Revenue", "9 Mar 2026", "8 Mar 2026", "Clicks per Impressions"]
        );
        let fewer = sample(50.0).claim(Kind::KpiTreeDriver);
        assert_values(&fewer, &[("size", -250.0), ("part", -250.0), ("f2", -250.0)]);
        let sentence = crate::insight::wording::sentence(&fewer);
        assert!(
            sentence.starts_with("Revenue is down 250 (50%)")
                && sentence.ends_with("largest part, down 250."),
            "{sentence}"
        );
        assert!(
            sample(104.0).claims(Kind::KpiTreeDriver).is_empty(),
            "4 % is trivial"
        );
        // Half as many impressions as before, of which more are clicked: the first takes more than is lost.
        let shown = Sample::days(QUIET + 2, &[])
            .sum("Impressions", |day, _| Some([1000.0, 500.0][of_two(day)]))
            .sum("Clicks", |day, _| Some([100.0, 80.0][of_two(day)]))
            .compared(1);
        let sentence = crate::insight::wording::sentence(&shown.claim(Kind::KpiTreeDriver));
        assert!(
            sentence.ends_with(", and the others went the other way."),
            "{sentence}"
        );
        assert!(
            sample(0.0).claims(Kind::KpiTreeDriver).is_empty(),
            "nothing has no logarithm"
        );
    }
}
