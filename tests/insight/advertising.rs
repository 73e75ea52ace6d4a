//! Marketing simulations: what shares a season is no relation.

use crate::view::{Csv, evidence, insights, of_type, result, table};

#[test]
fn revenue_and_competitor_sales_share_a_season_and_nothing_else() {
    let Some(text) = table("mmm/dt_simulated_weekly.csv") else {
        return;
    };
    let csv = Csv::read(&text);
    let rows: String = csv
        .cells(&["DATE", "revenue", "competitor_sales_B"])
        .map(|row| row.join(",") + "\n")
        .collect();
    let days: Vec<&str> = csv.cells(&["DATE"]).map(|row| row[0]).collect();
    let rows = format!("date,revenue,competitor_sales\n{rows}");
    let found = insights(
        &[result(rows, days[0], days[days.len() - 1])],
        r#"{"period":"all"}"#,
        None,
    );
    let related: Vec<_> = of_type(&found, "correlated_measures")
        .into_iter()
        .map(evidence)
        .collect();
    assert!(related.is_empty(), "{related:?}");
}

#[test]
fn insights_are_the_same_in_any_split_of_the_rows() {
    let Some(text) = table("flights/daily_origin_carrier.csv") else {
        return;
    };
    let whole = insights(&[result(text.clone(), "2013-01-01", "2013-12-31")], "{}", None);
    let head = text.lines().next().unwrap().to_owned();
    let part = |from: &str, to: &str| {
        let rows = text
            .lines()
            .skip(1)
            .filter(|row| (from..=to).contains(&&row[..10]));
        let rows: String = rows.map(|row| format!("{row}\n")).collect();
        result(format!("{head}\n{rows}"), from, to)
    };
    let split = [part("2013-01-01", "2013-05-17"), part("2013-05-18", "2013-12-31")];
    let mut split = insights(&split, "{}", None);
    let mut whole = whole;
    // Only where it comes from may differ.
    for insight in split.iter_mut().chain(&mut whole) {
        let mut evidence = evidence(insight);
        evidence["provenance"] = serde_json::Value::Null;
        insight.data_points = evidence.to_string();
    }
    assert_eq!(split, whole);
}
