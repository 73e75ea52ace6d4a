//! What changed between two states of a workflow's winning set.

use chrono::NaiveDate;

use super::{Candidate, Holding, Winners};
use crate::ids::ExecutionId;
use crate::window::Window;

/// A span of dates whose holder changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The dates.
    pub dates: Window,
    /// Who held them before; `None` when nobody did.
    pub lost: Option<ExecutionId>,
    /// Who holds them now; `None` when nobody does. The same execution as `lost` when another run of it holds them.
    pub gained: Option<ExecutionId>,
}

/// The dates whose holder differs between two states of a workflow, ascending; adjacent spans with the same holders
/// may come apart.
pub fn changed_dates(before: (&[Candidate], &Winners), after: (&[Candidate], &Winners)) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut old = Walk::new(before);
    let mut new = Walk::new(after);
    while let Some(from) = earliest(old.start(), new.start()) {
        let (was, is) = (old.holder(from), new.holder(from));
        let to = [old.last(from), new.last(from)]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(from);
        let same = match (was, is) {
            (Some(was), Some(is)) => was.is_same_result(is),
            _ => false,
        };
        if let (false, Some(dates)) = (same, Window::new(from, to)) {
            let (lost, gained) = (was.map(|was| was.execution_id), is.map(|is| is.execution_id));
            changes.push(Change { dates, lost, gained });
        }
        old.skip(to);
        new.skip(to);
    }
    changes
}

fn earliest(a: Option<NaiveDate>, b: Option<NaiveDate>) -> Option<NaiveDate> {
    [a, b].into_iter().flatten().min()
}

/// A walk over holdings, date by date.
struct Walk<'a> {
    candidates: &'a [Candidate],
    rest: &'a [Holding],
    /// The first date not walked yet.
    from: NaiveDate,
}

impl<'a> Walk<'a> {
    fn new((candidates, winners): (&'a [Candidate], &'a Winners)) -> Self {
        let rest = &winners.holdings[..];
        Self {
            candidates,
            rest,
            from: NaiveDate::MIN,
        }
    }

    /// The first held date that is not walked yet.
    fn start(&self) -> Option<NaiveDate> {
        self.rest.first().map(|holding| holding.from.max(self.from))
    }

    fn holder(&self, date: NaiveDate) -> Option<&'a Candidate> {
        let holding = self.rest.first().filter(|holding| holding.from <= date)?;
        Some(&self.candidates[holding.candidate])
    }

    /// The last date of what begins at `date`: of the holding there, or of the free span before the next one.
    fn last(&self, date: NaiveDate) -> Option<NaiveDate> {
        let holding = self.rest.first()?;
        if holding.from <= date {
            return Some(holding.to);
        }
        holding.from.pred_opt()
    }

    /// Leaves everything up to `to` behind.
    fn skip(&mut self, to: NaiveDate) {
        self.from = to.succ_opt().unwrap_or(to);
        while let Some(holding) = self.rest.first().filter(|holding| holding.to <= to) {
            self.from = holding.to.succ_opt().unwrap_or(holding.to).max(self.from);
            self.rest = &self.rest[1..];
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::samples::{candidate, candidates, date, timed, window};
    use super::super::winners;
    use super::*;

    fn by_date(candidates: &[Candidate]) -> BTreeMap<NaiveDate, Candidate> {
        let mut held = BTreeMap::new();
        for holding in winners(candidates).holdings {
            for date in Window::new(holding.from, holding.to).unwrap().dates() {
                let former = held.insert(date, candidates[holding.candidate].clone());
                assert_eq!(former, None, "{date} is held twice");
            }
        }
        held
    }

    #[test]
    fn a_change_names_who_lost_and_who_gained() {
        let before = [timed(1, "2026-11-01", "2026-11-07", "2026-11-08")];
        let after = [
            before[0].clone(),
            timed(2, "2026-11-06", "2026-11-09", "2026-11-10"),
        ];
        let changes = changed_dates((&before, &winners(&before)), (&after, &winners(&after)));
        let id = |number| Some(candidate(number, window("2026-11-01", "2026-11-01"), 0).execution_id);
        let change = |from, to, lost| Change {
            dates: window(from, to),
            lost,
            gained: id(2),
        };
        assert_eq!(
            changes,
            [
                change("2026-11-06", "2026-11-07", id(1)),
                change("2026-11-08", "2026-11-09", None)
            ]
        );
        assert_eq!(
            changed_dates((&after, &winners(&after)), (&after, &winners(&after))),
            []
        );
        assert!(!changes[0].dates.contains(date("2026-11-05")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn changes_are_the_dates_whose_holder_differs(old in candidates(), new in candidates()) {
            let (before, after) = (by_date(&old), by_date(&new));
            let mut changed = BTreeMap::new();
            for change in changed_dates((&old, &winners(&old)), (&new, &winners(&new))) {
                for date in change.dates.dates() {
                    prop_assert!(changed.insert(date, (change.lost, change.gained)).is_none());
                }
            }
            for date in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
                let (was, is) = (before.get(date), after.get(date));
                let same = was.zip(is).is_some_and(|(was, is)| was.is_same_result(is));
                let expected = (!same).then(|| (was.map(|was| was.execution_id), is.map(|is| is.execution_id)));
                prop_assert_eq!(changed.remove(date), expected);
            }
            prop_assert!(changed.is_empty());
        }
    }
}
