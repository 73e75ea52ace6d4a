//! Sales and shops: where changes come from, and who converts.

use crate::view::{Csv, evidence, insights, of_type, result, table};

const SUPERSTORE: &str = r#"{"period":"year",
 "measures":{"profit":{"agg":"sum","column":"Profit","order":1},"sales":{"agg":"sum","column":"Sales","order":2},
             "margin":{"ratio":["profit","sales"],"format":"percent","order":3}},
 "dimensions":{"region":{"column":"Region","order":1},"category":{"column":"Category","order":2}}}"#;

fn superstore() -> Option<String> {
    let text = table("superstore/superstore.csv")?;
    let rows: String = Csv::read(&text)
        .cells(&["Order Date", "Region", "Category", "Sales", "Profit"])
        // By month, so that both years are whole: the days of 2016 are one more.
        .map(|row| format!("{}-01,{}\n", &row[0][..7], row[1..].join(",")))
        .collect();
    Some(format!("Order Date,Region,Category,Sales,Profit\n{rows}"))
}

#[test]
fn profit_rose_in_the_west_and_fell_in_the_centre() {
    let Some(rows) = superstore() else { return };
    let found = insights(
        &[result(rows, "2014-01-01", "2017-12-31")],
        SUPERSTORE,
        Some("2017"),
    );
    let drivers = of_type(&found, "change_driver");
    let of_region = |evidence: &serde_json::Value| {
        evidence["subject"]["dim"] == "region" && evidence["subject"]["measure"] == "profit"
    };
    let driver = drivers
        .iter()
        .find(|insight| of_region(&evidence(insight)))
        .expect("drivers by region");
    assert!(
        driver.text.contains("West (Region) up") && driver.text.contains("Central (Region) down"),
        "{}",
        driver.text
    );
    let values = &evidence(driver)["values"];
    for (id, fact) in [("size", 11_644.0), ("d1", 19_757.0)] {
        let value = values[id]["v"].as_f64().unwrap();
        assert!((value - fact).abs() < 1.0, "{id} is {value}, not {fact}");
    }
    assert!(driver.text.contains("12,348"), "{}", driver.text);
    assert_eq!(driver.confidence, 100);
}

#[test]
fn the_margin_fell_by_its_rates_and_rose_by_its_mix() {
    let Some(rows) = superstore() else { return };
    let found = insights(
        &[result(rows, "2014-01-01", "2017-12-31")],
        SUPERSTORE,
        Some("2017"),
    );
    let parts = of_type(&found, "mix_vs_rate");
    let of_category =
        |insight: &&&dashloom::insight::Insight| evidence(insight)["subject"]["dim"] == "category";
    let part = evidence(parts.iter().find(of_category).expect("mix and rate by category"));
    let value = |id: &str| part["values"][id]["v"].as_f64().unwrap();
    assert!((value("own") - -0.0118).abs() < 5e-5, "{part}");
    assert!((value("mix") - 0.0050).abs() < 5e-5, "{part}");
    assert!(
        (value("ref") - 0.1343).abs() < 5e-5 && (value("cur") - 0.1274).abs() < 5e-5,
        "{part}"
    );
    assert!((value("own") + value("mix") - (value("cur") - value("ref"))).abs() < 1e-9);
}

#[test]
fn new_visitors_convert_more_often_than_returning_ones() {
    let Some(text) = table("shops/online_shoppers_intention.csv") else {
        return;
    };
    let config = r#"{"measures":{"orders":{"agg":"sum","column":"Revenue"},"sessions":{"agg":"count"},
        "conversion":{"ratio":["orders","sessions"],"format":"percent"}},
        "dimensions":{"visitor":{"column":"VisitorType"}},
        "columns":{"Month":{"role":"dimension"}}}"#;
    let found = insights(&[result(text, "2026-01-01", "2026-12-31")], config, None);
    let gaps = of_type(&found, "segment_rate_gap");
    let of = |name: &str| {
        gaps.iter().map(|insight| evidence(insight)).find(|evidence| {
            evidence["subject"]["filters"][0]["eq"] == name && evidence["subject"]["measure"] == "conversion"
        })
    };
    let new = of("New_Visitor")
        .or_else(|| of("Returning_Visitor"))
        .expect("a gap between visitors");
    let value = |id: &str| new["values"][id]["v"].as_f64().unwrap();
    let (high, low) = (value("own").max(value("rest")), value("own").min(value("rest")));
    assert!(
        (high - 0.249).abs() < 0.005 && (low - 0.139).abs() < 0.005,
        "{new}"
    );
}
