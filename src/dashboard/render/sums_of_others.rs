//! Rows that sum up other rows: subtotals, and members of a dimension that are all others together.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::claimed_sums::{Claim, Member, Votes};
use super::columns::Columns;
use super::replaced::Replaced;
use crate::aggregate::{DimensionCells, MeasureCells, OTHER, Partial};
use crate::dashboard::{Contribution, VisualizationConfig, words};
use crate::event::ColumnRole;
use crate::rows::roles::Agg;
use crate::rows::{Values, summed_up, words_of};
use crate::window::Window;

/// Values of one dimension beyond which nobody has read the table.
const MOST_VALUES: usize = 10_000;
/// The values that are named.
const NAMED: usize = 3;
/// What stands for no value among texts: the rows that `ROLLUP` and `GROUPING SETS` make have none where they sum up.
const BLANK: &str = "\0blank";

/// What of the results of a view sums up other rows, and these results without it.
#[derive(Debug)]
pub struct SumsOfOthers {
    /// The results without these rows.
    pub shorter: Replaced,
    /// Each column that has such values, which those are, and their rows.
    columns: Vec<(usize, Vec<String>, u64)>,
}

impl SumsOfOthers {
    /// Those of a view's results, if there are some.
    ///
    /// A value is a total where its name says so and its numbers are the sums of the rows it can be of: those of its date and of the
    /// same values of the other columns, where it has some that the others have too, and of the value that it names beside
    /// (`North Total`).
    pub fn of(contributions: &[Contribution<'_>], config: &VisualizationConfig) -> Option<Self> {
        // Most results have the values that the one before has.
        let partial = |read: usize| contributions[read].partial;
        let has_new_names = |read: usize| has_names(partial(read), read.checked_sub(1).map(partial));
        if !(0..contributions.len()).any(has_new_names) {
            return None;
        }
        let columns = Columns::of(contributions, config);
        let table = Table::of(contributions, &columns)?;
        let totals = table.totals();
        (!totals.is_empty()).then(|| table.without(&totals))
    }

    /// Says of each column which of its values were left out.
    pub fn explain(&self, columns: &mut Columns<'_>) {
        for (column, values, rows) in &self.columns {
            let named: Vec<String> = values
                .iter()
                .take(NAMED)
                .map(|value| match value.as_str() {
                    BLANK => "(blank)".to_owned(),
                    value => format!("\"{value}\""),
                })
                .collect();
            let more = match values.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(
                    " and {}",
                    words::count(more as u64, "other value", "other values")
                ),
            };
            let named = format!("{}{more}", named.join(", "));
            let (rows, are) = match rows {
                1 => ("1 row".to_owned(), "is the sum of others"),
                _ => (words::count(*rows, "row", "rows"), "are the sums of others"),
            };
            let label = columns.list[*column].label;
            let note = format!("{rows} of {named} (\"{label}\") {are} and left out");
            columns.notes.push(note);
            let reason = &mut columns.decisions[*column].reason;
            reason.push_str(&format!(" {rows} of {named} {are} and left out."));
        }
    }
}

/// Whether some value of a result says that it sums up others, or there is none; those that another one has as well are known to say no such thing.
fn has_names(partial: &Partial, known: Option<&Partial>) -> bool {
    let mut dimensions = partial.cells.dimensions.iter().enumerate();
    dimensions.any(|(place, kept)| {
        let known = known.and_then(|known| known.cells.dimensions.get(place));
        let is_known = known.is_some_and(|known| known.values == kept.values);
        let may_be_one =
            |value: &Option<String>| value.as_ref().is_none_or(|value| summed_up(value).is_some());
        !is_known && kept.values.len() <= MOST_VALUES && kept.values.iter().any(may_be_one)
    })
}

/// The results of a view with the columns that count here.
struct Table<'t, 'a> {
    contributions: &'t [Contribution<'a>],
    /// The columns that tell rows apart, by their places in the view, and whether they are of texts.
    keys: Vec<(usize, bool)>,
    results: Vec<Result<'a>>,
}

/// One contribution's cells.
struct Result<'a> {
    contribution: Contribution<'a>,
    /// For each key its values, where the result has it.
    keys: Vec<Option<&'a DimensionCells>>,
    /// Whether each key is of texts.
    are_texts: Vec<bool>,
    /// What adds up within a date.
    amounts: Vec<&'a MeasureCells>,
}

/// What rows a total is of: the same value, or any.
type Pattern<'a> = Vec<Option<&'a str>>;

impl<'t, 'a> Table<'t, 'a> {
    fn of(contributions: &'t [Contribution<'a>], columns: &Columns<'_>) -> Option<Self> {
        let tells_apart = |index: &usize| {
            let role = columns.decisions[*index].role;
            matches!(role, ColumnRole::Dimension | ColumnRole::Stage | ColumnRole::Id)
        };
        let keys: Vec<(usize, bool)> = (0..columns.list.len())
            .filter(tells_apart)
            .map(|index| (index, columns.list[index].evidence.values() == Values::Texts))
            .collect();
        let adds_up = |index: &usize| {
            let decision = &columns.decisions[*index];
            decision.role == ColumnRole::Measure && matches!(decision.agg, Agg::Sum | Agg::Level)
        };
        let amounts: Vec<usize> = (0..columns.list.len()).filter(adds_up).collect();
        let result = |(read, contribution): (usize, &Contribution<'a>)| {
            let layout = columns.layout(read);
            let cells = &contribution.partial.cells;
            let kept = |(index, _): &(usize, bool)| {
                let place = layout[*index]?;
                cells.dimensions.iter().find(|kept| kept.column == place)
            };
            let numbers = |index: &usize| {
                let place = layout[*index]?;
                cells.measures.iter().find(|kept| kept.column == place)
            };
            Result {
                contribution: *contribution,
                keys: keys.iter().map(kept).collect(),
                are_texts: keys.iter().map(|(_, is_text)| *is_text).collect(),
                amounts: amounts.iter().filter_map(numbers).collect(),
            }
        };
        let results = contributions.iter().enumerate().map(result).collect();
        let table = Self {
            contributions,
            results,
            keys,
        };
        (!amounts.is_empty()).then_some(table)
    }

    /// The values that are totals: first those that name what they are the total of, then those of everything else, first of what
    /// none of them is part of, then of what the others are part of.
    fn totals(&self) -> BTreeSet<Member<'a>> {
        let mut named: BTreeMap<Member<'a>, String> = BTreeMap::new();
        for result in &self.results {
            for ((index, is_text), kept) in self.keys.iter().zip(&result.keys) {
                let Some(kept) = kept.filter(|kept| *is_text && kept.values.len() <= MOST_VALUES) else {
                    continue;
                };
                for value in &kept.values {
                    let (value, left) = match value {
                        Some(value) => (value.as_str(), summed_up(value)),
                        None => (BLANK, Some(String::new())),
                    };
                    if let Some(left) = left {
                        named.insert((*index, value), left);
                    }
                }
            }
        }
        let all: BTreeSet<Member<'a>> = named.keys().copied().collect();
        let (of_all, of_some): (BTreeSet<_>, BTreeSet<_>) =
            all.iter().copied().partition(|member| named[member].is_empty());
        let mut totals = self.agreeing(&named, &of_some, &all);
        let known: BTreeSet<Member<'a>> = totals.union(&of_all).copied().collect();
        totals.extend(self.agreeing(&named, &of_all, &known));
        for member in of_all.iter().chain(&of_some) {
            if !totals.contains(member) {
                let known = totals.iter().copied().chain([*member]).collect();
                totals.extend(self.agreeing(&named, &BTreeSet::from([*member]), &known));
            }
        }
        totals
    }

    /// Which of these values have the sums of the rows without any of those.
    fn agreeing(
        &self,
        named: &BTreeMap<Member<'a>, String>,
        asked: &BTreeSet<Member<'a>>,
        known: &BTreeSet<Member<'a>>,
    ) -> BTreeSet<Member<'a>> {
        let mut votes: BTreeMap<Member<'a>, Votes> = BTreeMap::new();
        for result in &self.results {
            for claim in result.claims(&self.keys, named, known) {
                let vote = (claim.judged(), claim.is_large());
                for member in claim.members.iter().filter(|member| asked.contains(member)) {
                    votes.entry(*member).or_default().take(vote);
                }
            }
        }
        let passed = votes
            .into_iter()
            .filter(|((_, value), votes)| votes.pass() && (*value != BLANK || votes.are_beyond_chance()));
        passed.map(|(member, _)| member).collect()
    }

    fn without(&self, totals: &BTreeSet<Member<'a>>) -> SumsOfOthers {
        let of_cells = |result: &Result<'a>| -> Vec<Option<Member<'a>>> {
            let of_cell = |cell: usize| {
                let mut members = result.members(&self.keys, cell);
                members.find(|member| totals.contains(member))
            };
            (0..result.contribution.partial.cells.rows.len())
                .map(of_cell)
                .collect()
        };
        let members: Vec<_> = self.results.iter().map(of_cells).collect();
        let mut shorter = Replaced::of(self.contributions, |read, contribution| {
            let is_left_out: Vec<bool> = members[read].iter().map(Option::is_some).collect();
            contribution.partial.without(&is_left_out)
        });
        let mut rows_of: BTreeMap<Member<'a>, u64> = BTreeMap::new();
        for (read, (result, members)) in self.results.iter().zip(members).enumerate() {
            for cell in result.cells() {
                if let Some(member) = members[cell] {
                    let rows = result.contribution.partial.cells.rows[cell];
                    let quality = &mut shorter.partial_mut(read).quality;
                    quality.total_rows += rows;
                    quality.rows = quality.rows.saturating_sub(rows);
                    *rows_of.entry(member).or_default() += rows;
                }
            }
        }
        let mut columns: Vec<(usize, Vec<String>, u64)> = Vec::new();
        for ((index, value), rows) in rows_of {
            match columns.last_mut().filter(|(known, ..)| *known == index) {
                Some((_, values, all)) => {
                    values.push(value.to_owned());
                    *all += rows;
                }
                None => columns.push((index, vec![value.to_owned()], rows)),
            }
        }
        SumsOfOthers { shorter, columns }
    }
}

impl<'a> Result<'a> {
    /// The cells that count, by their places.
    fn cells(&self) -> std::ops::Range<usize> {
        let dates = Window::new(self.contribution.from, self.contribution.to);
        dates.map_or(0..0, |dates| self.contribution.partial.cells.between(dates))
    }

    fn value(&self, key: usize, cell: usize) -> Option<&'a str> {
        let kept = self.keys[key]?;
        let value = kept.values[kept.codes[cell] as usize].as_deref();
        value.or(self.are_texts[key].then_some(BLANK))
    }

    /// The values of a cell's keys.
    fn members<'s>(
        &'s self,
        keys: &'s [(usize, bool)],
        cell: usize,
    ) -> impl Iterator<Item = Member<'a>> + 's {
        let columns = keys.iter().enumerate();
        columns.filter_map(move |(key, (index, _))| Some((*index, self.value(key, cell)?)))
    }

    /// The sums that cells with a known name claim, each with the others that it is of.
    fn claims(
        &self,
        keys: &[(usize, bool)],
        named: &BTreeMap<Member<'a>, String>,
        known: &BTreeSet<Member<'a>>,
    ) -> Vec<Claim<'a>> {
        let is_claim = |cell: &usize| self.members(keys, *cell).any(|member| known.contains(&member));
        let (claims, details): (Vec<usize>, Vec<usize>) = self.cells().partition(is_claim);
        let mut values: Vec<HashMap<String, &'a str>> = vec![HashMap::new(); keys.len()];
        for (key, values) in values.iter_mut().enumerate() {
            let Some(kept) = self.keys[key] else { continue };
            let used: BTreeSet<u32> = details.iter().map(|cell| kept.codes[*cell]).collect();
            let used = used
                .into_iter()
                .filter_map(|code| kept.values[code as usize].as_deref());
            values.extend(
                used.filter(|value| *value != OTHER)
                    .map(|value| (words_of(value), value)),
            );
        }
        let pattern = |cell: usize| -> Pattern<'a> {
            let of_key = |(key, (index, _)): (usize, &(usize, bool))| {
                let value = self.value(key, cell)?;
                let left = match known.contains(&(*index, value)) {
                    true => named.get(&(*index, value))?.clone(),
                    false => words_of(value),
                };
                values[key].get(&left).copied()
            };
            keys.iter().enumerate().map(of_key).collect()
        };
        let mut found: HashMap<(NaiveDate, Pattern<'a>), Vec<Claim<'a>>> = HashMap::new();
        let dates = &self.contribution.partial.cells.dates;
        for cell in claims {
            let members: Vec<Member<'a>> = self
                .members(keys, cell)
                .filter(|member| known.contains(member))
                .collect();
            let alike = found.entry((dates[cell], pattern(cell))).or_default();
            let place = alike.iter().position(|claim| claim.members == members);
            let place = place.unwrap_or_else(|| {
                alike.push(Claim::new(members, self.amounts.len()));
                alike.len() - 1
            });
            let claim = &mut alike[place];
            for (claimed, amount) in claim.claimed.iter_mut().zip(&self.amounts) {
                if amount.count[cell] > 0 {
                    *claimed = Some(claimed.unwrap_or_default() + amount.sum[cell]);
                }
            }
        }
        let masks: BTreeSet<Vec<bool>> = found
            .keys()
            .map(|(_, pattern)| pattern.iter().map(Option::is_some).collect())
            .collect();
        for cell in details {
            for mask in &masks {
                let own = mask.iter().enumerate();
                let own = own.map(|(key, is_own)| is_own.then(|| self.value(key, cell)).flatten());
                for claim in found.get_mut(&(dates[cell], own.collect())).into_iter().flatten() {
                    claim.rows += self.contribution.partial.cells.rows[cell];
                    for (parts, amount) in claim.parts.iter_mut().zip(&self.amounts) {
                        if amount.count[cell] > 0 {
                            parts.take(amount.sum[cell]);
                        }
                    }
                }
            }
        }
        found.into_values().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{day, of_results};
    use super::*;
    use crate::decimal::Decimal;

    /// What is said of a table whose rows are made for each of so many days, and the total of its first numbers that is left.
    fn told(header: &str, days: u64, rows: &dyn Fn(u64) -> String) -> (Vec<String>, Option<Decimal>) {
        of_results(header, days, 7, rows, |contributions| {
            let config = VisualizationConfig::default();
            let Some(sums) = SumsOfOthers::of(contributions, &config) else {
                return (Vec::new(), None);
            };
            let shorter = sums.shorter.contributions(contributions);
            let mut columns = Columns::of(&shorter, &config);
            sums.explain(&mut columns);
            let left = shorter
                .iter()
                .map(|shorter| &shorter.partial.cells.measures[0].sum);
            (columns.notes, Some(left.flatten().copied().sum()))
        })
    }

    fn lines(rows: &'static [&'static str]) -> impl Fn(u64) -> String {
        move |_| rows.iter().map(|row| format!("{row}\n")).collect()
    }

    #[test]
    fn members_that_are_all_others_are_left_out() {
        let devices = |n: u64| {
            let (mobile, desktop) = (90 + n * 7 % 23, 40 + n * 5 % 11);
            let day = day(n);
            format!(
                "{day},mobile,{mobile}\n{day},desktop,{desktop}\n{day},Total,{}\n",
                mobile + desktop
            )
        };
        let (notes, left) = told("date,device,sessions", 20, &devices);
        assert_eq!(
            notes,
            ["20 rows of \"Total\" (\"device\") are the sums of others and left out"]
        );
        let sum = (0..20).map(|n| 130 + n * 7 % 23 + n * 5 % 11).sum();
        assert_eq!(left, Some(Decimal::from_count(sum)));
        // Members who are in both countries are counted once.
        let clubs = |n: u64| {
            let day = day(n);
            ["padel", "tennis"]
                .iter()
                .flat_map(|sport| {
                    [("AT", 8 + n, 5.5), ("DE", 4, 2.25), ("(alle)", 10 + n, 7.75)].map(|row| (*sport, row))
                })
                .map(|(sport, (country, members, fees))| {
                    format!("{day},{sport},{country},{fees},{members}\n")
                })
                .collect()
        };
        let (notes, _) = told("Tag,Sportart,Land,Beitrag,Mitglieder", 9, &clubs);
        assert_eq!(
            notes,
            ["18 rows of \"(alle)\" (\"Land\") are the sums of others and left out"]
        );
    }

    #[test]
    fn rows_without_values_that_are_sums_are_left_out() {
        let rolled_up = |n: u64| {
            let day = day(n);
            let of = |region: u64, product: u64| 10 + (n * 7 + region * 5 + product * 3) % 13;
            let mut rows = String::new();
            let mut all = 0;
            for region in 0..2 {
                let own = of(region, 0) + of(region, 1);
                all += own;
                for product in 0..2 {
                    rows += &format!("{day},r{region},p{product},{}\n", of(region, product));
                }
                rows += &format!("{day},r{region},,{own}\n");
            }
            rows + &format!("{day},,,{all}\n")
        };
        let (notes, left) = told("date,region,product,orders", 10, &rolled_up);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(
            notes.iter().all(|note| note.contains("of (blank) (")),
            "{notes:?}"
        );
        let of = |n: u64, region: u64, product: u64| 10 + (n * 7 + region * 5 + product * 3) % 13;
        let sum: u64 = (0..10)
            .map(|n| of(n, 0, 0) + of(n, 0, 1) + of(n, 1, 0) + of(n, 1, 1))
            .sum();
        assert_eq!(left, Some(Decimal::from_count(sum)));
        let unknown = |n: u64| format!("{0},a,{1}\n{0},,{2}\n{0},b,4\n", day(n), 20 + n, 3 + n % 5);
        assert_eq!(told("date,device,orders", 12, &unknown).0, Vec::<String>::new());
    }

    #[test]
    fn one_number_that_adds_up_is_enough() {
        // Returns are counted elsewhere as well: now more, now fewer than those of the shops.
        let shops = |n: u64| {
            let (a, b) = (100 + n * 7 % 23, 50 + n * 5 % 11);
            format!(
                "{0},a,{a},3\n{0},b,{b},4\n{0},Total,{1},{2}\n",
                day(n),
                a + b,
                5 + n % 5
            )
        };
        let (notes, _) = told("fecha,tienda,ventas,devoluciones", 12, &shops);
        assert_eq!(
            notes,
            ["12 rows of \"Total\" (\"tienda\") are the sums of others and left out"]
        );
    }

    #[test]
    fn subtotals_and_the_total_of_all_are_left_out() {
        for (header, rows, left) in [
            (
                "Region,Product,Sales",
                &[
                    "North,A,10",
                    "North,B,20",
                    "North Total,,30",
                    "South,A,5",
                    "South,B,15",
                    "South Total,,20",
                    "Grand Total,,50",
                ][..],
                50,
            ),
            (
                "Region,Product,Sales",
                &[
                    "North,A,10",
                    "North,B,20",
                    "Subtotal,,30",
                    "South,A,5",
                    "South,B,15",
                    "Subtotal,,20",
                    "Total,,50",
                ],
                50,
            ),
            (
                "Region,Product,Sales",
                &[
                    "All,Total,50",
                    "North,Total,30",
                    "North,A,10",
                    "North,B,20",
                    "South,A,5",
                    "South,B,15",
                    "South,Total,20",
                ],
                50,
            ),
            (
                "Abteilung,Konto,Betrag,Stunden",
                &[
                    "A,x,10,1.5",
                    "A,y,20,2",
                    "Summe A,,30,3.5",
                    "B,x,5,1",
                    "B,y,15,0.5",
                    "Summe B,,20,1.5",
                    "Gesamtsumme,,50,5",
                ],
                50,
            ),
        ] {
            let (notes, sum) = told(header, 1, &lines(rows));
            assert!(notes.iter().all(|note| note.contains("left out")), "{notes:?}");
            assert_eq!(sum, Some(Decimal::from_count(left)), "{rows:?}");
        }
    }

    #[test]
    fn what_is_only_called_so_stays() {
        let parishes = |n: u64| {
            let day = day(n);
            format!(
                "{day},All Saints,{}\n{day},St Mary,{}\n{day},Trinity,{}\n",
                20 + n,
                7 + n * 3 % 5,
                9 + n
            )
        };
        assert_eq!(told("week,church,visitors", 12, &parishes).1, None);
        let prices = |n: u64| {
            let day = day(n);
            format!(
                "{day},TOTAL,{}.5\n{day},SHELL,{}.25\n{day},BP,{}.75\n",
                60 + n % 3,
                30 + n % 5,
                30 - n % 4
            )
        };
        assert_eq!(
            told("day,company,litres", 12, &prices).1,
            None,
            "hardly ever the sum"
        );
        for rows in [
            &["a,5", "Total,11", "b,7"][..],
            &["a,5", "Total,5"],
            &["a,0", "b,0", "Total,0"],
            &["a,5", "b,6"],
        ] {
            assert_eq!(told("region,n", 1, &lines(rows)).1, None, "{rows:?}");
        }
        let agrees_once = &["a,5,1", "b,6,1", "Total,11,9"];
        assert_eq!(told("region,n,orders", 1, &lines(agrees_once)).1, None);
    }
}
