//! Proportions of counts: Wilson's interval, Newcombe's for a difference, two-proportion and Fisher's exact tests.

use statrs::function::gamma::ln_gamma;

use super::claim::{Effect, Test};
use super::counts::DISPERSED;
use super::statistics::tails;
use super::study::FLOOR;

/// The normal quantile that leaves 2.5 % above it.
const Z: f64 = 1.959_963_984_540_054;
/// Expected counts below this call for the exact test.
const FEW: f64 = 10.0;
/// The fewest entrants that must pass, and the fewest that must not: where hardly any does either, counting says more than it knows.
pub const LEAST_EVENTS: f64 = 5.0;

/// So many of so many.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Part {
    /// Events.
    pub events: f64,
    /// Entrants.
    pub entrants: f64,
}

impl Part {
    /// Events of entrants.
    pub fn of((events, entrants): (f64, f64)) -> Self {
        Self { events, entrants }
    }

    /// Both together.
    pub fn with(self, other: Self) -> Self {
        Self {
            events: self.events + other.events,
            entrants: self.entrants + other.entrants,
        }
    }

    /// What is left without the other.
    pub fn without(self, other: Self) -> Self {
        Self {
            events: self.events - other.events,
            entrants: self.entrants - other.entrants,
        }
    }

    /// The proportion.
    pub fn rate(self) -> f64 {
        self.events / self.entrants
    }

    /// Whether enough of the entrants pass, and enough do not.
    pub fn has_events(self) -> bool {
        self.events.min(self.entrants - self.events) >= LEAST_EVENTS
    }

    /// Wilson's 95 % interval, counts being dispersed by `phi`.
    pub fn interval(self, phi: f64) -> (f64, f64) {
        let n = self.entrants / phi.max(1.0);
        let (p, z2) = (self.rate(), Z * Z);
        let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
        let width = Z / (1.0 + z2 / n) * libm::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
        (centre - width, centre + width)
    }
}

/// Newcombe's 95 % interval of a difference of proportions.
pub fn difference_interval(a: Part, b: Part, phi: f64) -> (f64, f64) {
    let ((a_low, a_high), (b_low, b_high)) = (a.interval(phi), b.interval(phi));
    let (p, q) = (a.rate(), b.rate());
    let root = |x: f64, y: f64| libm::sqrt(x * x + y * y);
    (
        p - q - root(p - a_low, b_high - q),
        p - q + root(a_high - p, q - b_low),
    )
}

/// By how much one proportion lies beside another one, in proportion to that, counts being dispersed by `phi`.
pub fn relative_difference([own, rest]: [Part; 2], phi: f64) -> Effect {
    let (low, high) = difference_interval(own, rest, phi);
    Effect {
        name: "relative",
        v: own.rate() / rest.rate() - 1.0,
        ci95: Some((low / rest.rate(), high / rest.rate())),
        floor: FLOOR,
    }
}

/// A test of two proportions as the evidence shows it: its statistic, and its probabilities with and without the floor.
pub fn two_proportions([own, rest]: [Part; 2], stat: f64, (p, p_any): (f64, f64), phi: f64) -> Test {
    Test {
        name: "two_proportions",
        stat,
        p,
        p_any,
        phi: (phi > 1.0).then_some(phi),
        n: (own.entrants + rest.entrants) as usize,
        ..Test::default()
    }
}

/// The test of sums alone, beyond the floor and at all: named after the exact test where counts are few enough for it.
pub fn test_of_sums([own, rest]: [Part; 2], phi: f64) -> Test {
    let (p, stat) = differ(own, rest, phi, FLOOR);
    let test = two_proportions([own, rest], stat, (p, differ(own, rest, phi, 0.0).0), phi);
    match are_few([own, rest], phi) {
        true => Test {
            name: "fisher_exact",
            ..test
        },
        false => test,
    }
}

/// Whether an expected count is too low for the normal distribution, and nothing beyond counting disperses them.
fn are_few([a, b]: [Part; 2], phi: f64) -> bool {
    let pooled = a.with(b).rate();
    let expected = |part: Part| part.entrants * pooled.min(1.0 - pooled);
    expected(a).min(expected(b)) < FEW && phi <= DISPERSED
}

/// The two-sided probability of a difference beyond `floor` (a share of `b`'s proportion); exact where counts are few.
pub fn differ(a: Part, b: Part, phi: f64, floor: f64) -> (f64, f64) {
    let sign = if a.rate() >= b.rate() { 1.0 } else { -1.0 };
    let bound = b.rate() * (1.0 + sign * floor);
    let spread = |part: Part| part.rate() * (1.0 - part.rate()) / part.entrants;
    let factor = 1.0 + sign * floor;
    let error = libm::sqrt((spread(a) + factor * factor * spread(b)) * phi.max(1.0));
    if error <= 0.0 {
        return (1.0, 0.0);
    }
    let z = sign * (a.rate() - bound) / error;
    let p = (2.0 * tails::normal(z)).min(1.0);
    match are_few([a, b], phi) {
        true => (p.max(fisher(a, b)), sign * z),
        false => (p, sign * z),
    }
}

/// Fisher's exact two-sided test: all tables at most as likely as this one.
pub fn fisher(a: Part, b: Part) -> f64 {
    let (events, total) = (a.events + b.events, a.entrants + b.entrants);
    let choose = |n: f64, k: f64| ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0);
    let weight = |x: f64| choose(a.entrants, x) + choose(b.entrants, events - x) - choose(total, events);
    let (low, high) = ((events - b.entrants).max(0.0), events.min(a.entrants));
    let own = weight(a.events);
    let mut p = 0.0;
    let mut x = low;
    while x <= high {
        let this = weight(x);
        if this <= own + 1e-7 {
            p += libm::exp(this);
        }
        x += 1.0;
    }
    p.clamp(tails::LEAST, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(events: f64, entrants: f64) -> Part {
        Part { events, entrants }
    }

    #[test]
    fn intervals_are_the_published_ones() {
        // Newcombe (1998): 81/263 has .2553 to .3662; 56/70 against 48/80 differ by .0524 to .3339.
        let (low, high) = part(81.0, 263.0).interval(1.0);
        assert!(
            (low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5,
            "{low} {high}"
        );
        let (low, high) = difference_interval(part(56.0, 70.0), part(48.0, 80.0), 1.0);
        assert!(
            (low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5,
            "{low} {high}"
        );
    }

    #[test]
    fn the_lady_tasting_tea() {
        // Three of four right: 34/70.
        assert!((fisher(part(3.0, 4.0), part(1.0, 4.0)) - 34.0 / 70.0).abs() < 1e-9);
        assert!((fisher(part(4.0, 4.0), part(0.0, 4.0)) - 2.0 / 70.0).abs() < 1e-9);
    }

    #[test]
    fn the_exact_test_is_named_where_it_has_its_say() {
        let name = |sides, phi| test_of_sums(sides, phi).name;
        let few = [part(6.0, 40.0), part(5.0, 90.0)];
        assert_eq!(name(few, 1.0), "fisher_exact");
        assert_eq!(name(few, 4.0), "two_proportions", "dispersed beyond counting");
        assert_eq!(
            name([part(60.0, 400.0), part(50.0, 900.0)], 1.0),
            "two_proportions"
        );
        assert!(test_of_sums(few, 1.0).p_any >= fisher(few[0], few[1]));
    }

    #[test]
    fn dispersion_takes_certainty_away() {
        let (plain, _) = differ(part(600.0, 1000.0), part(500.0, 1000.0), 1.0, 0.0);
        let (dispersed, _) = differ(part(600.0, 1000.0), part(500.0, 1000.0), 10.0, 0.0);
        assert!(plain < 1e-4 && dispersed > 0.1);
        let (p, _) = differ(part(510.0, 1000.0), part(500.0, 1000.0), 1.0, 0.05);
        assert_eq!(p, 1.0, "inside of the floor");
    }
}
