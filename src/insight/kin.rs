//! Which measures are made of each other: such move together, or against each other, whatever happens.

use super::study::Study;
use crate::dashboard::chronicle::{MetricKind, Track};
use crate::decimal::Decimal;

/// The fewest steps with values from which two or three measures are told to be one sum.
const LEAST_STEPS: usize = 14;
/// Proportions of two columns that differ by less than this, from one step to the next, are one.
const SAME: f64 = 1e-9;

/// The measures of a study by what they are made of.
#[derive(Debug)]
pub struct Kin<'a> {
    study: &'a Study<'a>,
    /// Columns that follow from each other: the stages of a funnel, a sum and its two parts, a column and its multiple.
    families: Vec<Vec<usize>>,
}

impl<'a> Kin<'a> {
    /// Looks at how the measures of a study are made.
    pub fn new(study: &'a Study<'a>) -> Self {
        let mut families: Vec<Vec<usize>> = Vec::new();
        for chain in &study.chronicle.stages {
            families.push(joined(study, chain));
        }
        let track = |measure: usize| &study.chronicle.whole[measure];
        let is_told = |measure: &usize| {
            let amounts = track(*measure).amounts.iter().flatten();
            study.chronicle.measures[*measure].kind == MetricKind::Sum
                && amounts
                    .filter(|amount| !amount.is_zero())
                    .nth(LEAST_STEPS - 1)
                    .is_some()
        };
        let sums: Vec<usize> = (0..study.chronicle.measures.len()).filter(is_told).collect();
        for (place, a) in sums.iter().enumerate() {
            for (other, b) in sums.iter().enumerate().skip(place + 1) {
                if are_multiples(track(*a), track(*b)) {
                    families.push(joined(study, &[*a, *b]));
                }
                for c in &sums[other + 1..] {
                    if is_sum_and_parts([track(*a), track(*b), track(*c)]) {
                        families.push(joined(study, &[*a, *b, *c]));
                    }
                }
            }
        }
        Self { study, families }
    }

    /// Whether both are made from the same column, or from columns that follow from each other.
    pub fn are_kin(&self, a: usize, b: usize) -> bool {
        let (a, b) = (sources(self.study, a), sources(self.study, b));
        let has_any = |family: &[usize], own: &[usize]| own.iter().any(|source| family.contains(source));
        has_any(a, b) || (self.families.iter()).any(|family| has_any(family, a) && has_any(family, b))
    }
}

fn sources<'a>(study: &'a Study<'_>, measure: usize) -> &'a [usize] {
    &study.chronicle.measures[measure].sources
}

fn joined(study: &Study<'_>, measures: &[usize]) -> Vec<usize> {
    measures
        .iter()
        .flat_map(|measure| sources(study, *measure))
        .copied()
        .collect()
}

/// Whether one of three columns is the sum of the other two at every step on which all have values.
fn is_sum_and_parts(tracks: [&Track; 3]) -> bool {
    (0..3).any(|whole| {
        let (sum, one, other) = (tracks[whole], tracks[(whole + 1) % 3], tracks[(whole + 2) % 3]);
        let steps = (sum.amounts.iter()).zip(&one.amounts).zip(&other.amounts);
        let mut given = steps.filter_map(|((sum, one), other)| Some([(*sum)?, (*one)?, (*other)?]));
        let mut told = 0;
        let adds_up = given.all(|[sum, one, other]| {
            // Where one of the parts is nothing it is no sum, but says nothing against it.
            told += usize::from(!one.is_zero() && !other.is_zero());
            one + other == sum
        });
        adds_up && told >= LEAST_STEPS
    })
}

/// Whether two columns have the same proportion at every step on which both have values.
fn are_multiples(a: &Track, b: &Track) -> bool {
    let given = a
        .amounts
        .iter()
        .zip(&b.amounts)
        .filter_map(|(a, b)| Some((*a)?).zip(*b));
    let mut first: Option<(Decimal, f64)> = None;
    let mut told = 0;
    for (a, b) in given {
        if a.is_zero() || b.is_zero() {
            if a.is_zero() != b.is_zero() {
                return false;
            }
            continue;
        }
        let share = a.to_f64() / b.to_f64();
        let (began, expected) = *first.get_or_insert((a, share));
        if (share / expected - 1.0).abs() > SAME {
            return false;
        }
        // The same numbers day by day are constants, whose proportion says nothing.
        told += usize::from(a != began);
    }
    told >= LEAST_STEPS
}
