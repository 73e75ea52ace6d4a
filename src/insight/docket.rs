//! The docket: every test that was made, and the claims of those that may be published.

use super::claim::{Claim, Kind};
use super::judge::{MAX_Q, Trial};
use super::number::rounded;

/// The most tests of a view.
pub const MAX_TESTS: usize = 2_000;

/// Tests and claims in the order they were made.
#[derive(Debug, Default)]
pub struct Docket {
    /// The tests.
    pub tests: Vec<Trial>,
    /// The claims, each with its test's position; exact ones without.
    pub claims: Vec<(Claim, Option<usize>)>,
    /// Series that were not tested because the budget was spent.
    pub skipped: usize,
    /// Comparisons that cost as much as tests, and are none.
    pub compared: usize,
}

impl Docket {
    /// Notes a test; its claim is made only where it could be published. One whose claim may not be told, whatever its
    /// probability, found nothing: else it would loosen the bar for what is told.
    pub fn test(&mut self, kind: Kind, (p, p_any): (f64, f64), claim: impl FnOnce() -> Claim) {
        let Some(family) = kind.family() else { return };
        // What platforms may compute differently decides nothing.
        let (p, p_any) = (rounded(p), rounded(p_any));
        let claim = (p <= MAX_Q).then(claim);
        let is_withheld = claim.as_ref().is_some_and(|claim| !claim.stands);
        if let Some(claim) = claim.filter(|claim| claim.stands) {
            self.claims.push((claim, Some(self.tests.len())));
        }
        self.tests.push(Trial {
            family,
            p,
            p_any,
            is_withheld,
        });
    }

    /// Notes exact arithmetic.
    pub fn exact(&mut self, claim: Claim) {
        self.claims.push((claim, None));
    }

    /// Whether so many more tests may be made; counts what may not.
    pub fn allows(&mut self, tests: usize) -> bool {
        let allowed = self.tests.len() + self.compared + tests <= MAX_TESTS;
        self.skipped += usize::from(!allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::claim::{Effect, Subject};

    #[test]
    fn beyond_the_budget_nothing_is_tested_and_that_is_counted() {
        let mut docket = Docket::default();
        let claim = || {
            let effect = Effect {
                name: "relative",
                v: 0.1,
                ci95: None,
                floor: 0.05,
            };
            Claim::new(Kind::Trend, Subject::default(), 1.0, effect, "")
        };
        for index in 0..MAX_TESTS - 5 {
            docket.test(Kind::Trend, (if index < 3 { 0.01 } else { 0.9 }, 0.5), claim);
        }
        assert_eq!(
            docket.claims.len(),
            3,
            "a claim is made only where it could be published"
        );
        assert!(docket.allows(5) && !docket.allows(6) && !docket.allows(8));
        assert_eq!((docket.tests.len(), docket.skipped), (MAX_TESTS - 5, 2));
        docket.compared = 2;
        assert!(docket.allows(3) && !docket.allows(4));
    }

    #[test]
    fn what_may_not_be_told_is_tested_and_no_discovery() {
        let claim = |stands: bool| {
            let effect = Effect {
                name: "relative",
                v: 0.1,
                ci95: None,
                floor: 0.05,
            };
            Claim::new(Kind::Trend, Subject::default(), 1.0, effect, "").standing(stands)
        };
        let q = |stands: bool| {
            let mut docket = Docket::default();
            for _ in 0..9 {
                docket.test(Kind::Trend, (1e-6, 1e-6), || claim(stands));
            }
            docket.test(Kind::LevelShift, (0.05, 0.05), || claim(true));
            let last = docket.claims.last().and_then(|(_, test)| *test).unwrap();
            crate::insight::judge::judge(&docket.tests)[last].q
        };
        assert_eq!((q(true), q(false)), (0.05, 0.5));
    }
}
