//! Measures that lie spread over columns: a table with a column for each month has one measure, and its months side by side.

use crate::dashboard::words;
use crate::rows::{NamedStep, step_named};

/// From how many columns on they are steps of one measure: two are more often compared than a course.
const LEAST_COLUMNS: usize = 3;
/// The columns of a measure that are named.
const NAMED: usize = 2;
/// What stands between a measure's name and a step.
const BETWEEN: [char; 10] = [' ', '_', '-', '.', ':', '/', '(', ')', '[', ']'];

/// A measure with a column for each step of time.
struct Spread<'a> {
    /// What the columns have in common; may be empty.
    name: &'a str,
    step: NamedStep,
    columns: Vec<&'a str>,
}

/// A sentence on each measure that these columns hold spread, with what to do about it.
pub fn spread(labels: &[&str]) -> Vec<String> {
    let mut found: Vec<Spread<'_>> = Vec::new();
    for label in labels {
        let Some((name, step)) = parts(label) else {
            continue;
        };
        match found
            .iter_mut()
            .find(|spread| (spread.name, spread.step) == (name, step))
        {
            Some(spread) => spread.columns.push(label),
            None => found.push(Spread {
                name,
                step,
                columns: vec![label],
            }),
        }
    }
    let several = found
        .iter()
        .filter(|spread| spread.columns.len() >= LEAST_COLUMNS);
    several.map(Spread::told).collect()
}

impl Spread<'_> {
    fn told(&self) -> String {
        let step = match self.step {
            NamedStep::Day => "day",
            NamedStep::Week => "week",
            NamedStep::Month => "month",
            NamedStep::Quarter => "quarter",
            NamedStep::Year => "year",
        };
        let named = self.columns[..NAMED].join(", ");
        let others = words::count(
            (self.columns.len() - NAMED) as u64,
            "other column",
            "other columns",
        );
        let measure = match self.name {
            "" => "one measure".to_owned(),
            name => format!("one measure ({name})"),
        };
        format!(
            "{named} and {others} are {step}s of {measure}, each taken as a measure of its own: to see its course give one \
             row for each {step}, with the {step} in one column and the number in another"
        )
    }
}

/// A label's name and the step of time that it ends or begins with.
fn parts(label: &str) -> Option<(&str, NamedStep)> {
    if let Some(step) = step_named(label) {
        return Some(("", step));
    }
    let cuts = || {
        label
            .match_indices(BETWEEN)
            .map(|(at, between)| (&label[..at], &label[at + between.len()..]))
    };
    let step = |text: &str| step_named(text.trim_matches(BETWEEN));
    let ends = || cuts().find_map(|(name, rest)| Some((name, step(rest)?)));
    let begins = || {
        cuts()
            .filter_map(|(rest, name)| Some((name, step(rest)?)))
            .next_back()
    };
    let (name, step) = ends().or_else(begins)?;
    Some((name.trim_matches(BETWEEN), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_time_as_columns_are_told_with_what_to_do() {
        assert_eq!(
            spread(&["Jan 2024", "Feb 2024", "Mar 2024", "Total"]),
            [
                "Jan 2024, Feb 2024 and 1 other column are months of one measure, each taken as a measure of its own: to see its \
              course give one row for each month, with the month in one column and the number in another"
            ]
        );
        for (labels, told) in [
            (
                &["2021", "2022", "2023", "2024"][..],
                "2021, 2022 and 2 other columns are years of one measure,",
            ),
            (&["1/22/20", "1/23/20", "1/24/20"], "are days of one measure,"),
            (&["Q1 2024", "Q2 2024", "Q3 2024"], "are quarters of one measure,"),
            (&["Januar", "Februar", "März"], "are months of one measure,"),
            (
                &["Umsatz 2022", "Umsatz 2023", "Umsatz 2024"],
                "are years of one measure (Umsatz),",
            ),
            (
                &["sales_2024_01", "sales_2024_02", "sales_2024_03"],
                "are months of one measure (sales),",
            ),
            (
                &["2022 Cost", "2023 Cost", "2024 Cost"],
                "are years of one measure (Cost),",
            ),
        ] {
            let sentences = spread(labels);
            assert!(
                sentences.len() == 1 && sentences[0].contains(told),
                "{sentences:?}"
            );
        }
        let both = [
            "Plan 2022",
            "Ist 2022",
            "Plan 2023",
            "Ist 2023",
            "Plan 2024",
            "Ist 2024",
        ];
        assert_eq!(spread(&both).len(), 2);
    }

    #[test]
    fn other_columns_are_measures_of_their_own() {
        for labels in [
            &["clicks", "impressions", "cost", "2024 plan"][..],
            &["2023", "2024", "change"],
            &["Jan 2024", "2024", "Q1 2024"],
            &["Q1", "Q2", "Q3", "Q4", "Q5"],
            &["height 10", "height 20", "height 30"],
            &["ISO 9001", "ISO 9002", "ISO 9003"],
        ] {
            assert!(spread(labels).is_empty(), "{labels:?}");
        }
    }
}
