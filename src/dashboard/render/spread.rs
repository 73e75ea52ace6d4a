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

/// A sentence on each measure that these columns hold spread, with what to do about it; of each column its label, and whether its
/// numbers may be answers: questions are numbered as quarters are.
pub fn spread<'a>(columns: &[(&'a str, bool)]) -> Vec<String> {
    let mut found: Vec<Spread<'a>> = Vec::new();
    for (label, may_be_answers) in columns {
        let Some((name, step)) = parts(label).filter(|_| !may_be_answers || bare_quarter(label).is_none())
        else {
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
        .filter(|spread| spread.columns.len() >= LEAST_COLUMNS && spread.is_whole());
    several.map(Spread::told).collect()
}

impl Spread<'_> {
    /// Whether nothing speaks against its columns being steps: where they lack their year, quarters are told from questions by being
    /// the four of a year.
    fn is_whole(&self) -> bool {
        let quarters = self.columns.iter().filter_map(|label| bare_quarter(label));
        let quarters: Vec<&str> = quarters.collect();
        let each_once = ["1", "2", "3", "4"]
            .iter()
            .all(|number| quarters.contains(number));
        quarters.is_empty() || quarters.len() == 4 && each_once && self.columns.len() == 4
    }

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
    if let Some(step) = step_of(label) {
        return Some(("", step));
    }
    let cuts = || {
        label
            .match_indices(BETWEEN)
            .map(|(at, between)| (&label[..at], &label[at + between.len()..]))
    };
    let step = |text: &str| step_of(text.trim_matches(BETWEEN));
    let ends = || cuts().find_map(|(name, rest)| Some((name, step(rest)?)));
    let begins = || {
        cuts()
            .filter_map(|(rest, name)| Some((name, step(rest)?)))
            .next_back()
    };
    let (name, step) = ends().or_else(begins)?;
    Some((name.trim_matches(BETWEEN), step))
}

/// The step of time that a text names, with or without its year.
fn step_of(text: &str) -> Option<NamedStep> {
    step_named(text)
        .or_else(|| {
            bare_quarter(text)
                .filter(|_| text.len() == 2)
                .map(|_| NamedStep::Quarter)
        })
        .or_else(|| numbered_week(text).then_some(NamedStep::Week))
        .or_else(|| fiscal_year(text).then_some(NamedStep::Year))
}

/// The number of a text that ends as a quarter without its year does (`Q1`), or as a question.
fn bare_quarter(text: &str) -> Option<&str> {
    let cut = text.len().checked_sub(2)?;
    let (before, quarter) = (text.get(..cut)?, text.get(cut..)?);
    let is_word = before.is_empty() || before.ends_with(BETWEEN);
    (is_word && quarter.starts_with(['Q', 'q']) && quarter.ends_with(|digit: char| digit.is_ascii_digit()))
        .then(|| &quarter[1..])
}

/// Whether a text is a week without its year (`KW 5`, `Week 12`).
fn numbered_week(text: &str) -> bool {
    let (word, number) = worded_number(text);
    let is_week = [
        "kw",
        "cw",
        "wk",
        "week",
        "woche",
        "semaine",
        "semana",
        "settimana",
        "vecka",
    ]
    .contains(&word.as_str());
    is_week
        && number
            .parse::<u8>()
            .is_ok_and(|number| (1..=53).contains(&number))
}

/// Whether a text is a year of accounts (`FY2021`, `FY 21/22`, `GJ 2023`).
fn fiscal_year(text: &str) -> bool {
    let (word, number) = worded_number(text);
    let mut years = number.split(['/', '-']);
    let is_year = |year: &str| matches!(year.len(), 2 | 4) && year.bytes().all(|byte| byte.is_ascii_digit());
    ["fy", "cy", "gj"].contains(&word.as_str()) && years.clone().count() <= 2 && years.all(is_year)
}

/// A word in lower case and what follows it.
fn worded_number(text: &str) -> (String, &str) {
    let end = text
        .find(|letter: char| !letter.is_alphabetic())
        .unwrap_or(text.len());
    (text[..end].to_lowercase(), text[end..].trim_matches(BETWEEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(labels: &[&str]) -> Vec<String> {
        spread(&labels.iter().map(|label| (*label, false)).collect::<Vec<_>>())
    }

    #[test]
    fn steps_of_time_as_columns_are_told_with_what_to_do() {
        assert_eq!(
            told(&["Jan 2024", "Feb 2024", "Mar 2024", "Total"]),
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
            (&["Q1", "Q2", "Q3", "Q4"], "are quarters of one measure,"),
            (
                &["Umsatz Q1", "Umsatz Q2", "Umsatz Q3", "Umsatz Q4", "Jahr"],
                "are quarters of one measure (Umsatz),",
            ),
            (&["KW 1", "KW 2", "KW 3"], "are weeks of one measure,"),
            (
                &["hours week 1", "hours week 2", "hours week 3"],
                "are weeks of one measure (hours),",
            ),
            (&["FY2021", "FY2022", "FY2023"], "are years of one measure,"),
            (&["FY21/22", "FY22/23", "FY23/24"], "are years of one measure,"),
        ] {
            let sentences = self::told(labels);
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
        assert_eq!(self::told(&both).len(), 2);
    }

    #[test]
    fn other_columns_are_measures_of_their_own() {
        for labels in [
            &["clicks", "impressions", "cost", "2024 plan"][..],
            &["2023", "2024", "change"],
            &["Jan 2024", "2024", "Q1 2024"],
            &["Q1", "Q2", "Q3", "Q4", "Q5"],
            &["Q1", "Q2", "Q3"],
            &["w1", "w2", "w3"],
            &["FAQ1", "FAQ2", "FAQ3", "FAQ4"],
            &["week 60", "week 61", "week 62"],
            &["height 10", "height 20", "height 30"],
            &["ISO 9001", "ISO 9002", "ISO 9003"],
        ] {
            assert!(told(labels).is_empty(), "{labels:?}");
        }
        let answers = ["Q1", "Q2", "Q3", "Q4"].map(|label| (label, true));
        assert!(spread(&answers).is_empty());
    }
}
