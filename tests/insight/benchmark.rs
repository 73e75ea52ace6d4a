//! InsightBench: tables with planted insights, scored on a top-5 basis by value and direction; the figures are reported as
//! they are. A planted insight asks for something where it names values of the table, or a direction: free text about what
//! no column holds (a time to resolution, a reason) asks for nothing that can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::skip::skipped;
use crate::view::{Csv, file, insights, result};

/// The most insights that are looked at.
const TOP: usize = 5;
/// Columns of more values than this are no dimensions whose values an insight would name.
const MOST_VALUES: usize = 60;

const UP: [&str; 6] = ["increas", "rising", "rose", "higher", "most", "largest"];
const DOWN: [&str; 6] = ["decreas", "falling", "fell", "lower", "fewest", "smallest"];

#[test]
fn planted_insights_are_among_the_first() {
    let Some(folder) = file("insightbench") else {
        skipped("../shared/data/insightbench is not at hand");
        return;
    };
    let mut tables: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    tables.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    tables.sort();
    let (mut asking, mut answered, mut asked, mut found) = (0, 0, 0, 0);
    for path in &tables {
        let Some(scores) = score(path) else { continue };
        asked += scores.len();
        found += scores.iter().filter(|is_found| **is_found).count();
        asking += usize::from(!scores.is_empty());
        answered += usize::from(scores.contains(&true));
    }
    println!(
        "insightbench: tables={} asking={asking} answered={answered} planted={asked} found={found}",
        tables.len()
    );
    assert!(
        asking > 20,
        "too few tables ask for a value or a direction: {asking}"
    );
    assert!(
        answered * 4 > asking,
        "of {asking} tables that ask only {answered} are answered"
    );
}

/// A planted insight: the values that it names, and where it points.
struct Planted {
    values: BTreeSet<String>,
    direction: Option<bool>,
}

/// For each planted insight of a table that asks for something whether one of the first insights says it; `None` where the
/// table has no dates.
fn score(path: &Path) -> Option<Vec<bool>> {
    let answers: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let text = std::fs::read_to_string(path.with_extension("csv")).ok()?;
    let csv = Csv::read(&text);
    let (from, to) = span(&csv)?;
    let told = insights(&[result(text, &from, &to)], r#"{"period":"all"}"#, None);
    let top: Vec<String> = (told.iter().take(TOP))
        .map(|insight| insight.text.to_lowercase())
        .collect();
    let names = names(&csv);
    let planted = answers["insight_list"].as_array()?;
    let asked: Vec<Planted> = planted
        .iter()
        .map(|insight| read(insight, &names))
        .filter(|planted| !planted.values.is_empty() || planted.direction.is_some())
        .collect();
    let scores: Vec<bool> = asked
        .iter()
        .map(|planted| top.iter().any(|text| says(text, planted)))
        .collect();
    let name = path.file_stem()?.to_string_lossy();
    for (planted, is_found) in asked.iter().zip(&scores) {
        let word = if *is_found { "found " } else { "missed" };
        println!("{name} {word} {:?} {:?}", planted.values, planted.direction);
    }
    Some(scores)
}

/// The first and the last day of all columns of dates: which of them is the time is for the dashboard to find out.
fn span(csv: &Csv) -> Option<(String, String)> {
    let names: Vec<&str> = csv.names().iter().map(String::as_str).collect();
    let cells = csv.cells(&names).flatten();
    let days: BTreeSet<String> = cells
        .map(|cell| cell.chars().take(10).collect())
        .filter(|day: &String| day.len() == 10 && day.parse::<chrono::NaiveDate>().is_ok())
        .collect();
    Some((days.first()?.clone(), days.last()?.clone()))
}

/// The values of the table's dimensions, in lower case.
fn names(csv: &Csv) -> BTreeSet<String> {
    let mut columns: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for name in csv.names() {
        let values = csv.cells(&[name]).map(|row| row[0].trim().to_lowercase());
        columns.insert(name, values.filter(|value| value.len() > 2).collect());
    }
    let dimensions = columns.into_values().filter(|values| values.len() <= MOST_VALUES);
    let is_word = |value: &String| value.chars().any(char::is_alphabetic);
    dimensions.flatten().filter(is_word).collect()
}

fn read(insight: &Value, names: &BTreeSet<String>) -> Planted {
    let mut words = insight["insight"].as_str().unwrap_or_default().to_lowercase();
    words += " ";
    words += &insight["insight_value"].to_string().to_lowercase();
    let says_any = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    let direction = match (says_any(&UP), says_any(&DOWN)) {
        (up, down) if up != down => Some(up),
        _ => None,
    };
    Planted {
        values: names.iter().filter(|name| holds(&words, name)).cloned().collect(),
        direction,
    }
}

/// Whether a text holds a name as whole words.
fn holds(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let is_part = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        !is_part(text[..at].chars().next_back()) && !is_part(text[at + name.len()..].chars().next())
    })
}

/// Whether a sentence names one of the values, where there are any, and does not point elsewhere.
fn says(text: &str, planted: &Planted) -> bool {
    let points = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    let agrees = match planted.direction {
        Some(true) => points(&UP) || !points(&DOWN),
        Some(false) => points(&DOWN) || !points(&UP),
        None => true,
    };
    let names = planted.values.iter().any(|value| holds(text, value));
    let points_alone = planted.values.is_empty()
        && points(if planted.direction == Some(true) {
            &UP
        } else {
            &DOWN
        });
    agrees && (names || points_alone)
}
