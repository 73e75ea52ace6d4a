//! Ranks and the correlation of ranks.

use super::frame::dot;

/// Ranks from 1, ties sharing their mean rank.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let ties = order[start..]
            .iter()
            .take_while(|index| values[**index] == value)
            .count();
        let rank = start as f64 + (ties as f64 + 1.0) / 2.0;
        for index in &order[start..start + ties] {
            ranks[*index] = rank;
        }
        start += ties;
    }
    ranks
}

/// Spearman's correlation; 0 where either side is constant.
pub fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let centred = |values: &[f64]| -> Vec<f64> { ranks(values).iter().map(|rank| rank - middle).collect() };
    let (a, b) = (centred(a), centred(b));
    let size = libm::sqrt(dot(&a, &a) * dot(&b, &b));
    if size > 0.0 { dot(&a, &b) / size } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_rank() {
        assert_eq!(ranks(&[10.0, 20.0, 10.0, 5.0]), [2.5, 4.0, 2.5, 1.0]);
    }

    #[test]
    fn order_is_all_that_counts() {
        assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[0.1, 50.0, 51.0]), 1.0);
        assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[3.0, 2.0, 1.0]), -1.0);
        assert_eq!(rank_correlation(&[1.0, 2.0, 9.0], &[3.0, 3.0, 3.0]), 0.0);
    }
}
