//! Judging claims: how many of all that were tested are false discoveries, and how sure one can be of each.

use std::collections::BTreeMap;

use super::claim::Family;
use super::number::rounded;

/// The largest share of false discoveries among what is published.
pub const MAX_Q: f64 = 0.10;

/// A test to be judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Its family.
    pub family: Family,
    /// The probability where there is nothing beyond the floor: by it discoveries are told from chance.
    pub p: f64,
    /// The probability where there is nothing at all: by it one is sure of what a claim says, its direction.
    pub p_any: f64,
    /// Whether its claim may not be told, whatever the probability: it is counted as a test, and never as a discovery.
    pub is_withheld: bool,
}

/// What is known of a family's tests taken together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// How many tests were made.
    pub m: usize,
    /// The estimated share of them that have nothing to find.
    pub pi0: f64,
}

/// One test's verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The least share of false discoveries among which it would be one.
    pub q: f64,
    /// The probability that the claim is right.
    pub confidence: f64,
    /// Its family.
    pub standing: Standing,
}

/// Judges tests by Benjamini and Hochberg within each family; the verdicts come in the order of the tests.
pub fn judge(tests: &[Trial]) -> Vec<Verdict> {
    let mut families: BTreeMap<Family, Vec<usize>> = BTreeMap::new();
    for (index, test) in tests.iter().enumerate() {
        families.entry(test.family).or_default().push(index);
    }
    let mut verdicts = vec![None; tests.len()];
    for members in families.into_values() {
        let p = |index: usize| match tests[index].is_withheld {
            true => 1.0,
            false => tests[index].p,
        };
        let p_any = |index: usize| tests[index].p_any;
        let m = members.len();
        let told = || members.iter().filter(|index| !tests[**index].is_withheld);
        let high = told().filter(|index| p_any(**index) > 0.5).count();
        let standing = Standing {
            m,
            pi0: rounded(share_of_nulls(high, told().count())),
        };
        let shares = false_share(&members.iter().map(|index| p(*index)).collect::<Vec<f64>>());
        for (index, q) in members.into_iter().zip(shares) {
            verdicts[index] = Some(Verdict {
                q: rounded(q),
                confidence: rounded(posterior(p_any(index), standing.pi0).min(1.0 - q)),
                standing,
            });
        }
    }
    verdicts.into_iter().flatten().collect()
}

/// For each probability the least share of false discoveries among which it would be one (Benjamini and Hochberg, 1995).
pub fn false_share(by_chance: &[f64]) -> Vec<f64> {
    let m = by_chance.len();
    let mut order: Vec<usize> = (0..m).collect();
    order.sort_by(|a, b| by_chance[*b].total_cmp(&by_chance[*a]).then(b.cmp(a)));
    let mut shares = vec![1.0; m];
    let mut least: f64 = 1.0;
    for (place, index) in order.into_iter().enumerate() {
        least = least.min(by_chance[index] * m as f64 / (m - place) as f64);
        shares[index] = least;
    }
    shares
}

/// The share of tests with nothing to find, from how many of `m` have a probability above a half.
fn share_of_nulls(high: usize, m: usize) -> f64 {
    ((high as f64 / 0.5 + 16.0) / (m as f64 + 20.0)).clamp(0.50, 0.98)
}

/// The probability that there is something to find, by the least that `p` says for nothing (Sellke, Bayarri and Berger,
/// 2001).
fn posterior(p: f64, pi0: f64) -> f64 {
    let p = p.max(1e-300);
    let bound = match p < 1.0 / std::f64::consts::E {
        true => -std::f64::consts::E * p * libm::log(p),
        false => 1.0,
    };
    1.0 / (1.0 + pi0 / (1.0 - pi0) * bound)
}

/// A confidence as it is stored, in hundredths: rounded down, at most 99.
pub fn hundredths(confidence: f64) -> u8 {
    // A confidence of nine digits is not moved below its own hundredth by binary fractions.
    let scaled = libm::floor(confidence * 100.0 + 1e-7);
    (scaled.clamp(0.0, 99.0)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(p: f64) -> Trial {
        Trial {
            family: Family::Change,
            p,
            p_any: p,
            is_withheld: false,
        }
    }

    fn structure(p: f64) -> Trial {
        Trial {
            family: Family::Structure,
            ..change(p)
        }
    }

    #[test]
    fn discoveries_are_controlled_within_each_family() {
        // By hand: .001·4/1, .01·4/2 = .02, .03·4/3 = .04, .5·4/4.
        let tests = [0.01, 0.001, 0.5, 0.03].map(change);
        let q: Vec<f64> = judge(&tests).iter().map(|verdict| verdict.q).collect();
        assert_eq!(q, [0.02, 0.004, 0.5, 0.04]);
        let mixed = [change(0.01), structure(1e-9), structure(1e-9)];
        let verdicts = judge(&mixed);
        assert_eq!(
            verdicts[0].q, 0.01,
            "easy rejections elsewhere do not loosen the bar"
        );
        assert_eq!(verdicts[0].standing.m, 1);
    }

    #[test]
    fn a_larger_q_behind_is_taken_over() {
        let tests = [0.04, 0.041].map(change);
        let q: Vec<f64> = judge(&tests).iter().map(|verdict| verdict.q).collect();
        assert_eq!(q, [0.041, 0.041]);
    }

    #[test]
    fn confidence_is_the_posterior_or_less() {
        // By hand: 0 of 4 above a half gives 16/24; B = -e·.001·ln .001 = .018777; 1/(1 + 2·B) = .96381.
        let tests = [0.001; 4].map(change);
        let verdict = judge(&tests)[0];
        assert_eq!(verdict.standing.pi0, rounded(16.0 / 24.0));
        assert!((verdict.confidence - 0.96381).abs() < 1e-4, "{verdict:?}");
        // None of 1 above a half gives 16/21, and a p of a half says nothing: 5/21 is left.
        assert_eq!(judge(&[change(0.5)])[0].confidence, rounded(5.0 / 21.0));
    }

    #[test]
    fn stored_confidence_is_rounded_down() {
        for (confidence, stored) in [
            (0.999_9, 99),
            (0.29, 29),
            (0.289_999_99, 28),
            (0.5, 50),
            (-1.0, 0),
            (1.0, 99),
        ] {
            assert_eq!(hundredths(confidence), stored, "{confidence}");
        }
    }
}
