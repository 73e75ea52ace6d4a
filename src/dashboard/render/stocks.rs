//! Stocks that the columns beside them account for: what there was, with what came and without what went, is what there is.

use std::collections::HashMap;

use super::reading::{Reading, Stretch};
use crate::aggregate::MeasureCells;
use crate::decimal::Decimal;
use crate::event::ColumnRole;
use crate::rows::roles::{Agg, Decision};

/// Steps that change a stock without which an account may close by chance.
const FEWEST: u64 = 8;
/// Steps for each one that an account may leave open, as corrections do.
const STEPS_TO_ONE_OPEN: u64 = 20;
/// Steps that may stay open before enough are seen.
const FIRST_OPEN: u64 = 1;
/// Columns beyond which a table is no ledger.
const MOST_COLUMNS: usize = 16;
/// Combinations of dimension values beyond which nothing more is looked at.
const MOST_THINGS: usize = 2_000;

/// Averages over dates what is found to be a stock instead of adding it up.
pub fn settle(reading: &Reading<'_, '_>, decisions: &mut [Decision]) {
    let list = reading.list;
    let adds_up =
        |index: &usize| decisions[*index].role == ColumnRole::Measure && decisions[*index].agg == Agg::Sum;
    let columns: Vec<usize> = (0..list.len()).filter(adds_up).collect();
    if columns.len() < 2 || columns.len() > MOST_COLUMNS {
        return;
    }
    let measured: Vec<usize> = (0..list.len())
        .filter(|index| matches!(decisions[*index].role, ColumnRole::Measure | ColumnRole::Ratio))
        .collect();
    let mut ledger = Ledger::new(columns.len());
    for stretch in &reading.stretches {
        if ledger.take(stretch, &columns, &measured).is_none() {
            return;
        }
    }
    for account in ledger.closed() {
        let index = columns[account.stock];
        if reading.is_told(index) || decisions[index].agg != Agg::Sum {
            continue;
        }
        let label = |column: usize| list[columns[column]].label;
        let without = account
            .went
            .map_or(String::new(), |went| format!(" without \"{}\"", label(went)));
        decisions[index].agg = Agg::Level;
        decisions[index].reason = format!(
            "A measure, added up within a date and averaged over dates: in {} of {} steps it is what it was before with \"{}\"{without}, \
             so it is what there is at a time.",
            account.steps - account.open,
            account.steps,
            label(account.came)
        );
    }
}

/// How a column may follow from others: by its number before, with what came and without what went.
#[derive(Debug, Clone, Copy)]
struct Account {
    stock: usize,
    came: usize,
    went: Option<usize>,
    /// Whether what came and went on a date changes the number of the next one.
    is_late: bool,
    steps: u64,
    /// Steps that change the stock.
    changes: u64,
    /// Steps that the account does not explain.
    open: u64,
}

impl Account {
    /// Takes a step, and tells whether the account may still close. What is below nothing neither came nor went: it is a
    /// difference from the step before, which flows have as well.
    fn take(&mut self, before: &[Decimal], now: &[Decimal]) -> bool {
        let moved = if self.is_late { before } else { now };
        let (came, went) = (
            moved[self.came],
            self.went.map_or(Decimal::ZERO, |went| moved[went]),
        );
        let change = now[self.stock] - before[self.stock];
        self.steps += 1;
        self.changes += u64::from(change != Decimal::ZERO);
        self.open += u64::from(change != came - went);
        came.min(went) >= Decimal::ZERO && self.open <= FIRST_OPEN.max(self.steps / STEPS_TO_ONE_OPEN)
    }

    fn is_closed(&self) -> bool {
        self.changes >= FEWEST && self.open * STEPS_TO_ONE_OPEN <= self.steps
    }
}

/// What a combination of dimension values had last.
type Last<'a> = HashMap<Vec<Option<&'a str>>, Vec<Decimal>>;

/// The accounts that may close, over the results in the order of their dates.
#[derive(Debug)]
struct Ledger<'a> {
    accounts: Vec<Account>,
    last: Last<'a>,
}

impl<'a> Ledger<'a> {
    fn new(columns: usize) -> Self {
        let mut accounts = Vec::new();
        for stock in 0..columns {
            let others = || (0..columns).filter(move |other| *other != stock);
            for came in others() {
                let wents = others().filter(|went| *went != came).map(Some);
                for (went, is_late) in wents.chain([None]).flat_map(|went| [(went, false), (went, true)]) {
                    accounts.push(Account {
                        stock,
                        came,
                        went,
                        is_late,
                        steps: 0,
                        changes: 0,
                        open: 0,
                    });
                }
            }
        }
        Self {
            accounts,
            last: Last::new(),
        }
    }

    /// Takes in a result, with these columns and all that are measured; `None` where nothing may close any more, where it lacks
    /// one of the columns, and where a date has several rows of one combination of values.
    fn take(&mut self, stretch: &Stretch<'_, 'a>, columns: &[usize], measured: &[usize]) -> Option<()> {
        let numbers: Vec<&MeasureCells> = columns
            .iter()
            .map(|column| stretch.numbers(*column))
            .collect::<Option<_>>()?;
        for cell in stretch.cells.clone() {
            if stretch.contribution.partial.cells.rows[cell] > 1 {
                return None;
            }
            let key = stretch.values_beside(cell, measured);
            let now: Vec<Decimal> = numbers.iter().map(|numbers| numbers.sum[cell]).collect();
            if let Some(before) = self.last.get(&key) {
                self.accounts.retain_mut(|account| account.take(before, &now));
            } else if self.last.len() == MOST_THINGS {
                continue;
            }
            self.last.insert(key, now);
        }
        (!self.accounts.is_empty()).then_some(())
    }

    /// The first account that closes of each stock.
    fn closed(&self) -> impl Iterator<Item = &Account> {
        self.accounts.iter().filter(|account| account.is_closed())
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, decided};
    use super::*;

    /// How the first number of a table of days and depots is aggregated, over 30 days in weekly results.
    fn agg(header: &str, rows: &dyn Fn(u64) -> String) -> Agg {
        decided(header, 30, 7, rows)[2].agg
    }

    fn came(n: u64) -> u64 {
        n * 7 % 13
    }

    fn went(n: u64) -> u64 {
        n * 5 % 11
    }

    /// What there is after so many days.
    fn stock(n: u64) -> u64 {
        (1..=n).fold(100, |stock, day| stock + came(day) - went(day))
    }

    #[test]
    fn what_others_account_for_is_a_stock_whatever_it_is_called() {
        let pallets = |n: u64| {
            let depot = |k: u64| format!("{},d{k},{},{},{}\n", day(n), 50 * k + stock(n), came(n), went(n));
            (1..4).map(depot).collect()
        };
        assert_eq!(agg("day,depot,pallets,unloaded,loaded", &pallets), Agg::Level);
        // What there is in the morning, and what only ever comes.
        let morning = |n: u64| format!("{},d,{},{},{}\n", day(n), stock(n), came(n + 1), went(n + 1));
        assert_eq!(
            agg("day,ward,Patienten,Aufnahmen,Entlassungen", &morning),
            Agg::Level
        );
        let signed = |n: u64| format!("{},d,{},{}\n", day(n), (0..=n).map(came).sum::<u64>(), came(n));
        assert_eq!(agg("day,form,signatures,signed today", &signed), Agg::Level);
        let corrected = |n: u64| {
            let pallets = stock(n) + if n > 20 { 3 } else { 0 };
            format!("{},d,{pallets},{},{}\n", day(n), came(n), went(n))
        };
        assert_eq!(agg("day,depot,pallets,unloaded,loaded", &corrected), Agg::Level);
    }

    #[test]
    fn flows_still_add_up() {
        let sums = |n: u64| format!("{},d,{},{},{}\n", day(n), came(n) + went(n), came(n), went(n));
        assert_eq!(agg("day,shop,orders,online,offline", &sums), Agg::Sum);
        let rent = |n: u64| format!("{},d,500,0,0\n", day(n));
        assert_eq!(
            agg("day,shop,rent,raised,lowered", &rent),
            Agg::Sum,
            "nothing changes it"
        );
        let apart = |n: u64| format!("{},d,{},{},{}\n", day(n), 100 + n * 17 % 23, came(n), went(n));
        assert_eq!(agg("day,shop,units,came,went", &apart), Agg::Sum);
        let sold = |n: u64| i64::try_from(100 + n * 17 % 23).unwrap();
        let change = |n: u64| {
            format!(
                "{},d,{},{}\n",
                day(n),
                sold(n),
                sold(n) - sold(n.saturating_sub(1))
            )
        };
        assert_eq!(agg("day,shop,sold,vs day before", &change), Agg::Sum);
        let several = |n: u64| {
            let row = format!("{},d,{},{},{}\n", day(n), stock(n), came(n), went(n));
            row.repeat(2)
        };
        assert_eq!(
            agg("day,depot,pallets,unloaded,loaded", &several),
            Agg::Sum,
            "two rows a day"
        );
    }
}
