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

fn told_of(year: &str) -> Option<Vec<dashloom::insight::Insight>> {
    let rows = superstore()?;
    Some(insights(
        &[result(rows, "2014-01-01", "2017-12-31")],
        SUPERSTORE,
        Some(year),
    ))
}

#[test]
fn more_was_sold_in_2016_of_technology_and_office_supplies() {
    let Some(found) = told_of("2016") else { return };
    let drivers = of_type(&found, "change_driver");
    let of_category = |evidence: &serde_json::Value| {
        evidence["subject"]["dim"] == "category" && evidence["subject"]["measure"] == "sales"
    };
    let driver = drivers
        .iter()
        .find(|insight| of_category(&evidence(insight)))
        .expect("drivers by category");
    let values = &evidence(driver)["values"];
    for (id, fact) in [("size", 138_673.0), ("d1", 63_583.0), ("d2", 46_707.0)] {
        let value = values[id]["v"].as_f64().unwrap();
        assert!((value - fact).abs() < 1.0, "{id} is {value}, not {fact}");
    }
    assert_eq!(driver.confidence, 100);
}

#[test]
fn what_a_year_earned_more_is_no_news_where_its_months_go_both_ways() {
    // 11,644 more than the year before, of which one month is 14,000.
    let Some(found) = told_of("2017") else { return };
    let is_of_profit =
        |insight: &&dashloom::insight::Insight| evidence(insight)["subject"]["measure"] != "sales";
    for kind in ["change_driver", "mix_vs_rate"] {
        let told = of_type(&found, kind);
        assert!(!told.iter().any(is_of_profit), "{kind}: {told:#?}");
    }
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
