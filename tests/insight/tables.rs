//! Tables with a reversal in them, and with cells that cannot be read.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::view::{Csv, evidence, insights, of_type, result, table};

#[test]
fn admissions_turn_round_within_the_departments() {
    let Some(text) = table("tables/datasets_UCBAdmissions.csv") else {
        return;
    };
    let mut counts: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    for row in Csv::read(&text).cells(&["Gender", "Dept", "Admit", "Freq"]) {
        let cell = counts.entry((row[0].to_owned(), row[1].to_owned())).or_default();
        let count: u64 = row[3].parse().unwrap();
        cell.1 += count;
        cell.0 += if row[2] == "Admitted" { count } else { 0 };
    }
    let rows: String = counts
        .iter()
        .map(|((gender, dept), (admitted, applicants))| format!("{gender},{dept},{admitted},{applicants}\n"))
        .collect();
    let config = r#"{"measures":{"admitted":{"agg":"sum","column":"admitted"},"applicants":{"agg":"sum","column":"applicants"},
        "admission_rate":{"ratio":["admitted","applicants"],"format":"percent"}}}"#;
    let rows = format!("Gender,Dept,admitted,applicants\n{rows}");
    let found = insights(&[result(rows, "2026-01-01", "2026-01-31")], config, None);
    let reversals = of_type(&found, "simpson_reversal");
    let reversal = reversals.first().expect("a reversal");
    let values = evidence(reversal)["values"].clone();
    let value = |id: &str| values[id]["v"].as_f64().unwrap();
    assert!(
        (value("rate1") - 0.445).abs() < 0.001 && (value("rate2") - 0.304).abs() < 0.001,
        "{values}"
    );
    assert!((value("against"), value("strata")) == (4.0, 6.0), "{values}");
    assert!(value("even1") < value("even2"), "{values}");
    assert!(reversal.text.contains("higher for Male"), "{}", reversal.text);
}

#[test]
fn unreadable_cells_that_many_results_hold_are_told_once() {
    let first: NaiveDate = "2026-01-01".parse().unwrap();
    let text = |day: u64| (first + Days::new(day)).to_string();
    // Results of four weeks, made daily; all of them hold the day on which no price can be read.
    let of = |from: u64| {
        let row = |day: u64| {
            let price = if day == 27 { "1e99" } else { "5" };
            format!("{},{price}\n", text(day)).repeat(10)
        };
        let rows: String = (from..from + 28).map(row).collect();
        result(format!("date,price\n{rows}"), &text(from), &text(from + 27))
    };
    let results: Vec<_> = (0..28).map(of).collect();
    let found = insights(&results, r#"{"period":"all"}"#, None);
    let told: Vec<&str> = of_type(&found, "data_quality")
        .iter()
        .map(|insight| insight.text.as_str())
        .filter(|text| !text.contains("repeat"))
        .collect();
    assert_eq!(told, ["price is missing in 10 of 550 rows (1.8%)."]);
}
