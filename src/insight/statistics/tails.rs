//! Tail probabilities.

use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc;

/// The smallest probability that is told apart from none.
pub const LEAST: f64 = 1e-12;

/// The upper tail of the normal distribution.
pub fn normal(z: f64) -> f64 {
    (0.5 * erfc(z / std::f64::consts::SQRT_2)).clamp(LEAST, 1.0)
}

/// The upper tail of Student's t.
pub fn student(t: f64, df: f64) -> f64 {
    if !t.is_finite() || df <= 0.0 {
        return 1.0;
    }
    let half = 0.5 * beta_reg(df / 2.0, 0.5, df / (df + t * t));
    let tail = if t >= 0.0 { half } else { 1.0 - half };
    tail.clamp(LEAST, 1.0)
}

/// The upper tail of Fisher's F.
pub fn fisher(f: f64, df1: f64, df2: f64) -> f64 {
    if !f.is_finite() || f <= 0.0 || df1 <= 0.0 || df2 <= 0.0 {
        return 1.0;
    }
    beta_reg(df2 / 2.0, df1 / 2.0, df2 / (df2 + df1 * f)).clamp(LEAST, 1.0)
}

/// The quantile of Student's t that leaves 2.5 % above it, by bisection.
pub fn student_975(df: f64) -> f64 {
    let (mut low, mut high) = (1.0, 700.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if student(middle, df) > 0.025 {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// The probability of a distance at least this large where the true one lies just on the floor, both tails counted:
/// the test against the interval null `|δ| ≤ floor`.
pub fn beyond(value: f64, error: f64, floor: f64, tail: impl Fn(f64) -> f64) -> f64 {
    if error <= 0.0 || !error.is_finite() {
        return 1.0;
    }
    let near = tail((value.abs() - floor) / error);
    let far = tail((value.abs() + floor) / error);
    (near + far).clamp(LEAST, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) -> bool {
        (got - want).abs() < 1e-6 * want.max(1e-3)
    }

    #[test]
    fn tails_are_those_of_the_tables() {
        assert!(close(normal(1.959_963_985), 0.025));
        assert!(close(student(2.228_138_852, 10.0), 0.025));
        assert!(close(student(-2.228_138_852, 10.0), 0.975));
        assert!(close(fisher(3.325_834_530, 5.0, 10.0), 0.05));
        assert!((student_975(10.0) - 2.228_138_852).abs() < 1e-8);
    }

    #[test]
    fn a_distance_on_the_floor_is_no_evidence() {
        let p = beyond(0.05, 0.01, 0.05, normal);
        assert!((p - 0.5).abs() < 1e-6);
        assert!(close(beyond(1.96, 1.0, 0.0, normal), 2.0 * normal(1.96)));
    }
}
