//! Two proportions over few steps: what they differ by, step by step, against what counting alone makes of it.

use super::proportions::Part;
use super::statistics::tails;

/// Fewer steps than these say little of how their mean varies, where counts say much.
pub const FEW_STEPS: usize = 28;
/// A dispersion above which counting alone does not describe the steps.
pub const DISPERSED: f64 = 1.5;

/// A mean difference against chance.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// The mean over its error.
    pub stat: f64,
    /// The steps but one.
    pub df: f64,
    /// The probability of a mean this far from nothing, to either side.
    pub p: f64,
    /// How far the steps' differences vary beyond counting; 1 where they do not.
    pub phi: f64,
}

/// The mean of steps' differences between two proportions, the second one times a factor, each weighted by both entrants, so that what moves
/// both from step to step is no error. That of counting is widened as far as the steps vary beyond it; `None` where they vary far beyond it:
/// then a step counts, and not who entered at it.
pub fn counted(
    differences: &[f64],
    entrants: &[(f64, f64)],
    [own, rest]: [Part; 2],
    factor: f64,
) -> Option<Counted> {
    let spread = |part: Part| part.rate() * (1.0 - part.rate());
    let variance = |(a, b): &(f64, f64)| spread(own) / a + factor * factor * spread(rest) / b;
    let weight = |(a, b): &(f64, f64)| a * b / (a + b);
    let all: f64 = entrants.iter().map(weight).sum();
    let mean = differences
        .iter()
        .zip(entrants)
        .map(|(value, at)| value * weight(at))
        .sum::<f64>()
        / all;
    let df = differences.len() as f64 - 1.0;
    let square = |(value, at): (&f64, &(f64, f64))| (value - mean) * (value - mean) / variance(at);
    let phi = (differences.iter().zip(entrants).map(square).sum::<f64>() / df).max(1.0);
    let of_counting: f64 = entrants
        .iter()
        .map(|at| weight(at) * weight(at) * variance(at))
        .sum();
    let stat = mean / (libm::sqrt(phi * of_counting) / all);
    (phi <= DISPERSED && stat.is_finite()).then(|| Counted {
        stat,
        df,
        p: (2.0 * tails::student(stat, df)).min(1.0),
        phi,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::claim::{Kind, Show};
    use crate::insight::find::weigh;
    use crate::insight::frames::Frames;
    use crate::insight::samples::{Sample, draw};

    #[test]
    fn the_error_is_that_of_counting_widened_by_the_days() {
        let part = |events: f64, entrants: f64| Part { events, entrants };
        // Twice 20 and 10 of 100 each day: a difference of .1, whose variance is (.16 + .09)/200.
        let sides = [part(40.0, 200.0), part(20.0, 200.0)];
        let days = [(100.0, 100.0); 2];
        let same = counted(&[0.1, 0.1], &days, sides, 1.0).unwrap();
        assert!(
            (same.stat - 0.1 / f64::sqrt(0.25 / 200.0)).abs() < 1e-12 && same.phi == 1.0,
            "{same:?}"
        );
        assert_eq!(same.df, 1.0);
        // .04 and .16: .0036 + .0036 over .0025 is 2.88, which is too much; .05 and .15 make 2, .06 and .14 make 1.28.
        assert!(counted(&[0.04, 0.16], &days, sides, 1.0).is_none());
        let widened = counted(&[0.06, 0.14], &days, sides, 1.0).unwrap();
        assert!((widened.phi - 1.28).abs() < 1e-9, "{widened:?}");
        assert!((widened.stat - same.stat / f64::sqrt(1.28)).abs() < 1e-9);
        // A day of three times as many counts three times: (.1 · 75 + .02 · 25)/100.
        let uneven = counted(&[0.1, 0.02], &[(150.0, 150.0), (50.0, 50.0)], sides, 1.0).unwrap();
        let error = f64::sqrt((75.0 * 75.0 / 150.0 + 25.0 * 25.0 / 50.0) * 0.25 * uneven.phi) / 100.0;
        assert!((uneven.stat - 0.08 / error).abs() < 1e-9, "{uneven:?}");
    }

    /// Two variants over so many days, 280 users a day each, of whom so many of a hundred convert; by day both follow what the day does.
    fn experiment(days: usize, rates: [f64; 2], salt: u64) -> Sample {
        Sample::days(days, &["control", "variant"])
            .sum("Converted", move |day, variant| {
                let of_day = rates[variant] * (0.8 + 0.004 * draw(day, salt + 7));
                let user = |user: &usize| draw((day * 2 + variant) * 280 + user, salt) < of_day;
                Some((0..280).filter(user).count() as f64)
            })
            .sum("Users", |_, _| Some(280.0))
            .rate("Conversion", 0, 1)
    }

    fn confidences(sample: &Sample) -> Vec<u8> {
        let (judged, _) = weigh(&sample.chronicle, &Frames::default());
        let gaps = judged
            .iter()
            .filter(|judged| judged.claim.kind == Kind::SegmentRateGap);
        gaps.map(|gap| gap.confidence).collect()
    }

    #[test]
    fn where_days_are_few_counts_decide() {
        for days in [14, 20] {
            let sure = confidences(&experiment(days, [10.0, 15.0], 1));
            assert!(
                sure.len() == 1 && sure.iter().all(|confidence| *confidence >= 95),
                "{days}: {sure:?}"
            );
        }
        let told = (0..100).filter(|salt| !confidences(&experiment(14, [12.0, 12.0], *salt)).is_empty());
        assert!(told.count() <= 5, "nothing is there to be found");
        let claim = &experiment(14, [10.0, 15.0], 1).claims(Kind::SegmentRateGap)[0];
        let own = claim.values.iter().find(|value| value.id == "own").unwrap();
        assert!(matches!(own.show, Show::Measure(..)) && claim.test.unwrap().name == "two_proportions");
    }

    #[test]
    fn days_that_vary_by_themselves_are_what_counts() {
        // The variant has by turns a third and three times as much as the control, which thousands of users are sure of.
        let sample = Sample::days(14, &["control", "variant"])
            .sum("Converted", |day, variant| {
                Some(match (variant, day % 2) {
                    (0, _) => 1000.0,
                    (_, 0) => 400.0,
                    _ => 3000.0,
                })
            })
            .sum("Users", |_, _| Some(10_000.0))
            .rate("Conversion", 0, 1);
        assert!(confidences(&sample).is_empty());
    }
}
