//! InsightBench: tables with planted insights, scored on a top-5 basis by value and direction; the figure is reported.

use std::path::PathBuf;

use serde_json::Value;

use crate::view::{Csv, evidence, file, insights, result};

/// The most insights that are looked at.
const TOP: usize = 5;

#[test]
fn planted_insights_are_among_the_first() {
    let Some(folder) = file("insightbench") else {
        eprintln!("skipped: ../shared/data/insightbench is not at hand");
        return;
    };
    let mut tables: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    tables.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    tables.sort();
    let (mut asked, mut found) = (0, 0);
    for path in &tables {
        let Some((is_asked, is_found)) = score(path) else {
            continue;
        };
        asked += usize::from(is_asked);
        found += usize::from(is_found);
    }
    println!(
        "insightbench: tables={} asked={asked} found={found}",
        tables.len()
    );
    assert!(
        asked > 20,
        "too few tables ask for a value or a direction: {asked}"
    );
}

/// Whether a table asks for a value or a direction, and whether one of the first insights has it.
fn score(path: &std::path::Path) -> Option<(bool, bool)> {
    let answers: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
    let text = std::fs::read_to_string(path.with_extension("csv")).ok()?;
    let csv = Csv::read(&text);
    let days: Vec<String> = ["opened_at", "start_date", "processed_date"]
        .iter()
        .find(|name| {
            text.lines()
                .next()
                .is_some_and(|head| head.split(',').any(|column| column == **name))
        })
        .map(|name| {
            csv.cells(&[name])
                .map(|row| row[0].chars().take(10).collect())
                .collect()
        })?;
    let mut days: Vec<String> = days
        .into_iter()
        .filter(|day: &String| day.parse::<chrono::NaiveDate>().is_ok())
        .collect();
    days.sort();
    let (from, to) = (days.first()?.clone(), days.last()?.clone());
    let told = insights(&[result(text, &from, &to)], r#"{"period":"all"}"#, None);
    let top: Vec<String> = told
        .iter()
        .take(TOP)
        .map(|insight| format!("{} {}", insight.text, evidence(insight)))
        .collect();
    let top = top.join("\n").to_lowercase();
    let planted = answers["insight_list"].as_array()?;
    let wanted: Vec<String> = planted
        .iter()
        .filter_map(|insight| insight["insight_value"].as_object())
        .flat_map(|value| value.values().filter_map(Value::as_str))
        .map(str::to_lowercase)
        .filter(|wanted| wanted.len() > 2)
        .collect();
    let is_found = wanted.iter().any(|wanted| match wanted.as_str() {
        "increasing" | "increase" | "rising" => top.contains("rising") || top.contains(" rose "),
        "decreasing" | "decrease" | "declining" => top.contains("falling") || top.contains(" fell "),
        other => top.contains(other),
    });
    Some((!wanted.is_empty(), is_found))
}
