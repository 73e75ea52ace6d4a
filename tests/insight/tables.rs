//! Tables with a reversal in them.

use std::collections::BTreeMap;

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
