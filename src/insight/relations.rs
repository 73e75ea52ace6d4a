//! Two measures: whether they move together beyond season, line and their own past, and whether one grows less than the
//! other.

use std::collections::BTreeMap;

use super::claim::{Claim, Effect, Kind, Show, Test};
use super::docket::Docket;
use super::kin::Kin;
use super::names::direction;
use super::statistics::frame::autocorrelation;
use super::statistics::medians::local_distances;
use super::statistics::ranks::{Sorted, rank_correlation};
use super::statistics::{Frame, Whitened, tails};
use super::study::{Line, Shape, Study};
use super::tables::{Null, Statistic};
use crate::dashboard::Cadence;
use crate::dashboard::chronicle::MetricKind;

/// The fewest steps with both measures.
pub const LEAST_STEPS: usize = 56;
/// The longest delay that is looked at.
const MAX_LAG: usize = 7;
/// A correlation that explains less than a tenth is trivial.
const LEAST_CORRELATION: f64 = 0.3;
/// The steps to either side over which a slow course is taken out.
const REACH: u32 = 4;
/// The part of two measures' spreads up to which their quotient's makes one a constant part of the other.
const NEARLY_CONSTANT: f64 = 0.5;
/// What a correlation of such measures counts beside one that is news.
const LITTLE: f64 = 0.01;
/// Words of what is put in, and of what comes out.
const INPUTS: [&str; 4] = ["spend", "cost", "costs", "budget"];
const OUTPUTS: [&str; 9] = [
    "clicks",
    "conversions",
    "orders",
    "purchases",
    "sales",
    "revenue",
    "leads",
    "signups",
    "installs",
];

/// Notes all pairs of measures that are not made of each other (see [`Kin`]). Only of days, whose season can be taken out: two measures
/// by week or month that share the year's course look related and need not be.
pub fn note(study: &Study<'_>, docket: &mut Docket) {
    if study.chronicle.cadence != Cadence::Day {
        return;
    }
    let measures = &study.chronicle.measures;
    let lines: Vec<&Line> = (0..measures.len())
        .map(|measure| study.line(study.whole(), measure))
        .collect();
    let is_told = |measure: usize| {
        let line = lines[measure];
        measures[measure].kind != MetricKind::Other && line.len() >= LEAST_STEPS && line.varies()
    };
    let kin = Kin::new(study);
    let told: Vec<usize> = (0..measures.len()).filter(|measure| is_told(*measure)).collect();
    let mut all: BTreeMap<(usize, usize), Related> = BTreeMap::new();
    for (place, a) in told.iter().copied().enumerate() {
        for b in told[place + 1..].iter().copied() {
            if !docket.allows(1) {
                continue;
            }
            docket.compared += 1;
            let related = relate(study, lines[a], lines[b]);
            all.extend(related.map(|related| ((a, b), related)));
        }
    }
    // Sums over rows go with how many rows there are, and with each other for that alone.
    let is_rows = |measure: usize| measures[measure].sources.is_empty();
    for ((a, b), related) in &all {
        if !kin.are_kin(*a, *b) && !is_rows(*a) && !is_rows(*b) {
            // Compared above, and counted as a test from here on.
            docket.compared -= 1;
            correlation(
                study,
                docket,
                (*a, *b),
                related,
                follows_another(&all, &kin, (*a, *b)),
            );
        }
    }
    for input in 0..measures.len() {
        for output in 0..measures.len() {
            let named = is_named(&measures[input].id, &INPUTS) && is_named(&measures[output].id, &OUTPUTS);
            if named && study.adds_up(input) && study.adds_up(output) && docket.allows(1) {
                diminishing(study, docket, (input, lines[input]), (output, lines[output]));
            }
        }
    }
}

fn is_named(id: &str, words: &[&str]) -> bool {
    id.split('_').any(|word| words.contains(&word))
}

/// Both measures' values at the steps that both have.
fn common(a: &Line, b: &Line) -> (Vec<u32>, Vec<f64>, Vec<f64>) {
    let mut common = (Vec::new(), Vec::new(), Vec::new());
    for (index, step) in a.steps.iter().enumerate() {
        if let Ok(at) = b.steps.binary_search(step) {
            common.0.push(*step);
            common.1.push(a.values[index]);
            common.2.push(b.values[at]);
        }
    }
    common
}

/// What is new at each step: the season, the line and the slow course taken out, and what the step before lets expect.
fn news(frame: &Frame, values: &[f64]) -> Vec<f64> {
    let rest = frame.residuals(values);
    let fast = local_distances(&frame.steps, &rest, REACH);
    let rho = autocorrelation(&frame.steps, &fast).clamp(-0.9, 0.9);
    (0..fast.len())
        .map(|index| {
            if index == 0 {
                0.0
            } else {
                fast[index] - rho * fast[index - 1]
            }
        })
        .collect()
}

/// How two measures go together.
#[derive(Debug)]
struct Related {
    /// The steps with both.
    steps: Vec<u32>,
    /// The delay at which they go together most, and their correlation there.
    best: (usize, f64),
    /// Their correlation at the same step.
    at_once: f64,
    /// Whether one is nearly a constant part of the other, so that it says little beside it.
    is_in_proportion: bool,
}

fn relate(study: &Study<'_>, a: &Line, b: &Line) -> Option<Related> {
    let (steps, x, y) = common(a, b);
    if steps.len() < LEAST_STEPS {
        return None;
    }
    let is_in_proportion = are_in_proportion(&x, &y);
    let frame = study.frame(&steps, Shape::Line)?;
    let on_scale = |values: &[f64]| super::examine::scaled(values).map(|scaled| scaled.values);
    let (x, y) = (news(&frame, &on_scale(&x)?), news(&frame, &on_scale(&y)?));
    let (sorted_x, sorted_y) = (Sorted::new(&x), Sorted::new(&y));
    let at = |lag: usize| rank_correlation((&sorted_x, 0..x.len() - lag), (&sorted_y, lag..y.len()));
    let at_once = at(0);
    let mut best = (0, at_once);
    for lag in 1..=MAX_LAG {
        let r = at(lag);
        if r.abs() > best.1.abs() {
            best = (lag, r);
        }
    }
    Some(Related {
        steps,
        best,
        at_once,
        is_in_proportion,
    })
}

/// Whether the quotient of two measures varies far less than either of them.
fn are_in_proportion(x: &[f64], y: &[f64]) -> bool {
    let is_positive = |values: &[f64]| values.iter().all(|value| *value > 0.0);
    if !is_positive(x) || !is_positive(y) {
        return false;
    }
    let spread = |of: &dyn Fn(usize) -> f64| {
        let logs: Vec<f64> = (0..x.len()).map(|index| libm::log(of(index))).collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        libm::sqrt(logs.iter().map(|log| (log - mean) * (log - mean)).sum())
    };
    let least = spread(&|index| x[index]).min(spread(&|index| y[index]));
    spread(&|index| x[index] / y[index]) < NEARLY_CONSTANT * least
}

/// Whether two measures go together at the same step because both go with a third one, each more than with the other: with that
/// one held, next to nothing is left. What both are made of, or of what they are made, tells nothing: they are never told with that.
fn follows_another(all: &BTreeMap<(usize, usize), Related>, kin: &Kin<'_>, (a, b): (usize, usize)) -> bool {
    let r = |x: usize, y: usize| all.get(&(x.min(y), x.max(y))).map(|related| related.at_once);
    let Some(own) = r(a, b).filter(|_| all[&(a, b)].best.0 == 0) else {
        return false;
    };
    let third = |c: usize| -> bool {
        let (Some(with_a), Some(with_b)) = (r(a, c), r(b, c)) else {
            return false;
        };
        let left = (1.0 - with_a * with_a) * (1.0 - with_b * with_b);
        let rest = (own - with_a * with_b) / libm::sqrt(left.max(1e-12));
        with_a.abs().min(with_b.abs()) > own.abs() && rest.abs() < LEAST_CORRELATION
    };
    let measures = all.keys().map(|(_, measure)| measure + 1).max().unwrap_or(0);
    let is_told = |c: usize| !(kin.are_kin(a, c) && kin.are_kin(b, c));
    (0..measures).any(|c| c != a && c != b && is_told(c) && third(c))
}

fn correlation(
    study: &Study<'_>,
    docket: &mut Docket,
    (a, b): (usize, usize),
    related: &Related,
    follows_another: bool,
) {
    let (steps, (lag, r)) = (&related.steps, related.best);
    let df = (steps.len() - lag) as f64 - 3.0;
    // Fisher's transformation makes the distance beyond what is trivial a normal one.
    let z = (libm::atanh(r.abs().min(0.999_999)) - libm::atanh(LEAST_CORRELATION)) * libm::sqrt(df / 1.06);
    let p = (2.0 * (MAX_LAG as f64 + 1.0) * tails::student(z, df)).min(1.0);
    docket.test(Kind::CorrelatedMeasures, (p, p), || {
        let width = 1.96 / libm::sqrt(df / 1.06);
        let centre = libm::atanh(r.clamp(-0.999_999, 0.999_999));
        let effect = Effect {
            name: "correlation",
            v: r,
            ci95: Some((libm::tanh(centre - width), libm::tanh(centre + width))),
            floor: LEAST_CORRELATION,
        };
        let mut subject = study.subject(study.whole(), a);
        subject.with = Some(study.chronicle.measures[b].id.clone());
        let template = match lag {
            0 => "{what} and {other} move {together} from one {step} to the next, weekdays and trend left out (correlation {r}).",
            _ => "{other} moves {together} with what {what} did {lag} {steps} before, weekdays and trend left out (correlation {r}).",
        };
        let what = |measure: usize| study.chronicle.measures[measure].label.clone();
        // What is a constant part of another is known from it, and told last.
        let impact = if related.is_in_proportion { LITTLE } else { 1.0 };
        Claim::new(Kind::CorrelatedMeasures, subject, impact, effect, template)
            .name("what", what(a))
            .name("other", what(b))
            .word("together", direction(r, "together", "in opposite directions"))
            .word("step", study.step_name())
            .word("steps", study.steps_name())
            .value("r", r, Show::Coefficient)
            .value("lag", lag as f64, Show::Count)
            .tested(Test {
                name: "prewhitened_spearman",
                stat: z,
                df: Some(df),
                p,
                p_any: p,
                n: steps.len(),
                ..Test::default()
            })
            .over(study.span(steps[0], steps[steps.len() - 1]))
            .standing(!follows_another)
    });
}

/// The elasticity of the output: a percent more input goes with so many percent more output.
fn diminishing(
    study: &Study<'_>,
    docket: &mut Docket,
    (input, line_in): (usize, &Line),
    (output, line_out): (usize, &Line),
) -> Option<()> {
    let (steps, x, y) = common(line_in, line_out);
    let is_positive = |values: &[f64]| values.iter().all(|value| *value > 0.0);
    if steps.len() < LEAST_STEPS || !is_positive(&x) || !is_positive(&y) {
        return None;
    }
    let logs = |values: &[f64]| -> Vec<f64> { values.iter().map(|value| libm::log(*value)).collect() };
    let (x, y) = (logs(&x), logs(&y));
    let line = study.frame(&steps, Shape::Line)?;
    let (elasticity, error, df, rho) = slope(&line, &x, &y)?;
    let (inverse, inverse_error, _, inverse_rho) = slope(&line, &y, &x)?;
    let null = Null::of(Statistic::Slope, steps.len(), rho);
    let inverse_null = Null::of(Statistic::Slope, steps.len(), inverse_rho);
    // Some return, and less than proportional: both must be sure. Chance in the input alone makes the slope smaller than the
    // truth, so the slope the other way, which it makes smaller too, must be more than proportional.
    let p = null
        .tail(elasticity / error)
        .max(null.tail((1.0 - elasticity) / error))
        .max(inverse_null.tail((inverse - 1.0) / inverse_error))
        * 2.0;
    let p = p.min(1.0);
    docket.test(Kind::DiminishingReturns, (p, p), || {
        let width = null.five_percent() * error;
        let effect = Effect {
            name: "elasticity",
            v: elasticity,
            ci95: Some((elasticity - width, elasticity + width)),
            floor: 1.0,
        };
        let mut subject = study.subject(study.whole(), output);
        subject.with = Some(study.chronicle.measures[input].id.clone());
        let what = |measure: usize| study.chronicle.measures[measure].label.clone();
        Claim::new(
            Kind::DiminishingReturns,
            subject,
            1.0,
            effect,
            "Each further percent of {input} is associated with only {elasticity} percent more {output}: less than proportional.",
        )
        .name("input", what(input))
        .name("output", what(output))
        .value("elasticity", elasticity, Show::Coefficient)
        .tested(Test {
            name: "gls_ar1_elasticity",
            scale: "log",
            stat: (1.0 - elasticity) / error,
            df: Some(df),
            p,
            p_any: p,
            rho: Some(rho),
            n: steps.len(),
            ..Test::default()
        })
        .over(study.span(steps[0], steps[steps.len() - 1]))
    });
    Some(())
}

/// How much of `y` goes with one more of `x` beside season and line: the slope, its error, its degrees of freedom and the
/// errors' autocorrelation.
fn slope(line: &Frame, x: &[f64], y: &[f64]) -> Option<(f64, f64, f64, f64)> {
    let frame = line.with(x.to_vec())?;
    let rho = frame.rho(&frame.residuals(y));
    let fit = Whitened::new(&frame, rho, None)?.fit(y);
    let (slope, error) = fit.last();
    (error > 0.0).then_some((slope, error, fit.df, rho))
}

#[cfg(test)]
mod tests {
    use crate::insight::claim::Kind;
    use crate::insight::samples::{Sample, assert_values, draw, value};

    fn pair(days: usize) -> Sample {
        Sample::days(days, &[])
            .sum("Clicks", |day, _| Some(1000.0 + draw(day, 1)))
            .sum("Orders", |day, _| Some(2000.0 + 3.0 * draw(day, 1)))
    }

    #[test]
    fn measures_that_move_alike_are_told_on_the_day_they_do() {
        let claim = pair(84).claim(Kind::CorrelatedMeasures);
        assert_values(&claim, &[("lag", 0.0)]);
        assert!(value(&claim, "r") > 0.99);
        let apart = Sample::days(84, &[])
            .sum("Clicks", |day, _| Some(1000.0 + draw(day, 1)))
            .sum("Orders", |day, _| Some(1000.0 + draw(day, 2)));
        assert!(apart.claims(Kind::CorrelatedMeasures).is_empty());
        assert!(
            pair(55).claims(Kind::CorrelatedMeasures).is_empty(),
            "55 days are too few"
        );
    }

    #[test]
    fn what_does_not_vary_goes_with_nothing() {
        // A price and a level that never change, but for what is rounded of them.
        let sample = |size: f64| {
            let of = |level: f64, salt: u64| {
                move |day: usize, _: usize| {
                    Some(level * (1.0 + size * (draw(day, 1) + 0.1 * draw(day, salt))))
                }
            };
            Sample::days(84, &[])
                .sum("Price", of(17.3, 2))
                .sum("Reorder point", of(240.0, 3))
        };
        let told = |size: f64| {
            let (judged, _) = crate::insight::find::weigh(&sample(size).chronicle, &Default::default());
            judged.len()
        };
        assert_eq!((told(0.0), told(1e-13)), (0, 0));
        assert!(!sample(1e-4).claims(Kind::CorrelatedMeasures).is_empty());
    }

    #[test]
    fn what_is_a_nearly_constant_part_of_another_is_told_last() {
        let impact = |of: fn(f64, f64) -> [f64; 2]| {
            let value = |place: usize| {
                move |day: usize, _: usize| {
                    let (own, other) = (draw(day, 1), draw(day, 2));
                    Some(of(own, other)[place])
                }
            };
            let sample = Sample::days(120, &[])
                .sum("First", value(0))
                .sum("Second", value(1));
            sample.claim(Kind::CorrelatedMeasures).impact
        };
        // Patients and who of them recovered; a price's highest and lowest of the day; rooms and what they earn.
        for of in [
            |own: f64, other: f64| [100.0 + own, (100.0 + own) * (0.8 + 0.0005 * other)],
            |own: f64, other: f64| [50.0 + own, 49.0 + own - 0.02 * other],
            |own: f64, other: f64| [40.0 + own, (40.0 + own) * (90.0 + 0.1 * other)],
        ] {
            assert!(impact(of) < 0.1);
        }
        // Rain and visitors; ads and calls, of which most come whatever the ads.
        for of in [
            |own: f64, other: f64| [10.0 + own, 900.0 - 2.0 * own + 0.5 * other],
            |own: f64, other: f64| [200.0 + 5.0 * own, 3000.0 + 4.0 * own + other],
        ] {
            assert_eq!(impact(of), 1.0);
        }
    }

    #[test]
    fn what_is_made_of_the_same_column_is_not_told() {
        // Cancelled is the numerator of the rate, under whatever id.
        let sample = Sample::days(84, &[])
            .sum("Cancelled", |day, _| Some(100.0 + draw(day, 1)))
            .sum("Flights", |_, _| Some(1000.0))
            .rate("Cancel rate", 0, 1);
        assert!(sample.claims(Kind::CorrelatedMeasures).is_empty());
        let mut unbound = sample.chronicle.clone();
        unbound.measures[2].sources = vec![3];
        let unbound = Sample { chronicle: unbound };
        assert_eq!(
            unbound.claims(Kind::CorrelatedMeasures).len(),
            1,
            "else it would be"
        );
    }

    #[test]
    fn what_follows_from_each_other_is_not_told() {
        let is_told = |sample: Sample| !sample.claims(Kind::CorrelatedMeasures).is_empty();
        let flown = |day: usize| 1000.0 + 7.0 * draw(day, 1);
        // What was cancelled is what was planned and not flown, and the rate is made of these two.
        let flights = |surplus: f64| {
            Sample::days(84, &[])
                .sum("Planned", |_, _| Some(3000.0))
                .sum("Flown", move |day, _| Some(flown(day)))
                .sum("Cancelled", move |day, _| {
                    Some(3000.0 - flown(day) + surplus * (day % 2) as f64)
                })
        };
        assert!(!is_told(flights(0.0)));
        assert!(!is_told(flights(0.0).rate("Conversion", 1, 0)));
        assert!(is_told(flights(1.0)), "no sum");
        // The same in another unit.
        let cents = |surplus: f64| {
            Sample::days(84, &[])
                .sum("Revenue", |day, _| Some(1000.0 + draw(day, 1)))
                .sum("Cents", move |day, _| {
                    Some(100.0 * (1000.0 + draw(day, 1)) + surplus)
                })
        };
        assert!(!is_told(cents(0.0)) && is_told(cents(1.0)));
        // A quotient of the first and the last stage, and the stage between them.
        let funnel = |is_declared: bool| {
            let stages = Sample::days(84, &[])
                .sum("Visits", |day, _| Some(9000.0 + draw(day, 2)))
                .sum("Carts", |day, _| Some(2000.0 + 9.0 * draw(day, 1)))
                .sum("Orders", |day, _| Some(500.0 + 4.0 * draw(day, 1)));
            let sample = if is_declared { stages.funnel() } else { stages };
            sample.rate("Conversion", 2, 0)
        };
        assert!(!is_told(funnel(true)) && is_told(funnel(false)));
    }

    #[test]
    fn measures_that_both_follow_a_third_are_told_with_that() {
        let noisy =
            |salt: u64| move |day: usize, _: usize| Some(1000.0 + 2.0 * draw(day, 1) + draw(day, salt));
        let both = || {
            Sample::days(168, &[])
                .sum("Delays", noisy(4))
                .sum("Miles", noisy(5))
        };
        assert_eq!(both().claims(Kind::CorrelatedMeasures).len(), 1);
        let with_flights = both().sum("Flights", |day, _| Some(500.0 + draw(day, 1)));
        let told = with_flights.claims(Kind::CorrelatedMeasures);
        let with: Vec<_> = told.iter().map(|claim| claim.subject.with.as_deref()).collect();
        assert_eq!(with, [Some("flights"), Some("flights")]);
    }

    #[test]
    fn more_input_for_less_than_proportional_output_is_told() {
        // Output is a hundred times the root of the input, but for 1 %: a percent more brings half a percent.
        let sample = |days: usize, power: f64| {
            Sample::days(days, &[])
                .sum("Spend", |day, _| Some(1000.0 + 50.0 * draw(day, 1)))
                .sum("Clicks", move |day, _| {
                    let spend: f64 = 1000.0 + 50.0 * draw(day, 1);
                    Some((100.0 * spend.powf(power) * (1.0 + 0.0002 * (draw(day, 3) - 50.0))).round())
                })
        };
        let claim = sample(84, 0.5).claim(Kind::DiminishingReturns);
        assert!((value(&claim, "elasticity") - 0.5).abs() < 0.02, "{claim:?}");
        assert!(
            sample(84, 1.0).claims(Kind::DiminishingReturns).is_empty(),
            "proportional"
        );
        assert!(
            sample(55, 0.5).claims(Kind::DiminishingReturns).is_empty(),
            "55 days are too few"
        );
    }

    #[test]
    fn what_is_charged_by_the_piece_has_no_diminishing_returns() {
        // Each click costs 80 cents but for chance, so a percent more spent went with less than a percent more clicks.
        let sample = Sample::days(120, &[])
            .sum("Clicks", |day, _| Some(1000.0 + 5.0 * draw(day, 1)))
            .sum("Cost", |day, _| {
                let clicks = 1000.0 + 5.0 * draw(day, 1);
                Some((80.0 * clicks * (1.0 + 0.003 * (draw(day, 2) - 50.0))).round() / 100.0)
            });
        assert!(sample.claims(Kind::DiminishingReturns).is_empty());
    }
}
