//! Ranks and the correlation of ranks.

use std::ops::Range;

use super::frame::dot;

/// Values sorted once, to be ranked within any stretch of them.
#[derive(Debug, Clone)]
pub struct Sorted<'a> {
    values: &'a [f64],
    /// The values' places, in ascending order of the values.
    order: Vec<usize>,
}

impl<'a> Sorted<'a> {
    /// Sorts.
    pub fn new(values: &'a [f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]).then(a.cmp(b)));
        Self { values, order }
    }

    /// The ranks of a stretch's values among themselves, less their mean; ties share their mean rank.
    fn centred_ranks(&self, stretch: Range<usize>) -> Vec<f64> {
        let middle = (stretch.len() as f64 + 1.0) / 2.0;
        let own: Vec<usize> = (self.order.iter().copied())
            .filter(|place| stretch.contains(place))
            .collect();
        let mut ranks = vec![0.0; stretch.len()];
        let mut before = 0;
        for ties in own.chunk_by(|a, b| self.values[*a] == self.values[*b]) {
            let rank = before as f64 + (ties.len() as f64 + 1.0) / 2.0;
            for place in ties {
                ranks[place - stretch.start] = rank - middle;
            }
            before += ties.len();
        }
        ranks
    }
}

/// Spearman's correlation of two stretches of the same length; 0 where either is constant.
pub fn rank_correlation(
    (a, of_a): (&Sorted<'_>, Range<usize>),
    (b, of_b): (&Sorted<'_>, Range<usize>),
) -> f64 {
    let (a, b) = (a.centred_ranks(of_a), b.centred_ranks(of_b));
    let size = libm::sqrt(dot(&a, &a) * dot(&b, &b));
    if size > 0.0 { dot(&a, &b) / size } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_rank() {
        let values = [10.0, 20.0, 10.0, 5.0];
        let sorted = Sorted::new(&values);
        assert_eq!(sorted.centred_ranks(0..4), [0.0, 1.5, 0.0, -1.5]);
        assert_eq!(sorted.centred_ranks(1..4), [1.0, 0.0, -1.0]);
    }

    #[test]
    fn order_is_all_that_counts() {
        let correlation = |a: &[f64], b: &[f64]| {
            rank_correlation((&Sorted::new(a), 0..a.len()), (&Sorted::new(b), 0..b.len()))
        };
        assert_eq!(correlation(&[1.0, 2.0, 9.0], &[0.1, 50.0, 51.0]), 1.0);
        assert_eq!(correlation(&[1.0, 2.0, 9.0], &[3.0, 2.0, 1.0]), -1.0);
        assert_eq!(correlation(&[1.0, 2.0, 9.0], &[3.0, 3.0, 3.0]), 0.0);
    }
}
