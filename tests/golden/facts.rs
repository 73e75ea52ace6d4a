//! What is known of real tables must stand in their dashboards, to the last digit that is known. Only the flights are part
//! of the project; the other tests skip without their tables.

use std::fs;
use std::path::PathBuf;

use dashloom::dashboard::{DashboardType, VisualizationConfig};
use dashloom::decimal::Decimal;
use serde_json::Value;

use crate::cases::{self, View};
use crate::skip::skipped;

/// A table of the data beside the project, or of its parents.
fn table(path: &str) -> Option<Vec<u8>> {
    let folders = cases::root().ancestors();
    let found = folders
        .map(|folder| folder.join("shared/data").join(path))
        .find(|file| file.is_file());
    match found {
        Some(file) => Some(fs::read(file).unwrap()),
        None => {
            skipped(format_args!("{path} is not at hand"));
            None
        }
    }
}

/// The views of CSV results, each with its window, that finished in their order.
fn views(kind: DashboardType, config: &str, results: &[(Vec<u8>, &str, &str)]) -> Vec<View> {
    let config = VisualizationConfig::parse(config).unwrap();
    let results: Vec<_> = results
        .iter()
        .enumerate()
        .map(|(index, (rows, start, end))| {
            let finished_at = format!("2026-01-01T00:00:{index:02}Z");
            let window = (start.parse().unwrap(), end.parse().unwrap());
            cases::executed(rows.clone(), index, window, &finished_at, &[], &config)
        })
        .collect();
    cases::views(kind, &config, &results)
}

fn only(kind: DashboardType, config: &str, rows: Vec<u8>, start: &str, end: &str) -> View {
    let mut views = views(kind, config, &[(rows, start, end)]);
    assert_eq!(views.len(), 1);
    views.remove(0)
}

fn data(view: &View) -> Value {
    serde_json::from_str(&view.dashboard.processed_data).unwrap()
}

/// The row of a dataset whose columns have the values.
fn row<'a>(data: &'a Value, dataset: &str, keys: &[(&str, &str)]) -> &'a Value {
    let rows = data["datasets"][dataset]
        .as_array()
        .unwrap_or_else(|| panic!("no dataset {dataset}"));
    let matches = |row: &&Value| keys.iter().all(|(key, value)| row[key] == *value);
    rows.iter()
        .find(matches)
        .unwrap_or_else(|| panic!("{dataset} has no {keys:?}"))
}

/// A number rounded to so many digits behind the point.
fn rounded(number: &Value, digits: usize) -> String {
    let decimal = Decimal::parse(&number.to_string()).unwrap_or_else(|| panic!("{number} is no number"));
    format!("{:.digits$}", decimal.to_f64())
}

fn metric<'a>(metrics: &'a Value, id: &str) -> &'a Value {
    let metrics = metrics["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["id"] == id).unwrap()
}

const SUPERSTORE: &str = r#"{"period":"PERIOD",
 "measures":{"profit":{"agg":"sum","column":"Profit","order":1},"sales":{"agg":"sum","column":"Sales","order":2},
             "margin":{"ratio":["profit","sales"],"format":"percent","good":"up","order":3}},
 "dimensions":{"day":{"column":"Order Date","type":"time"},"region":{"column":"Region","order":1},
               "category":{"column":"Category","order":2},"sub_category":{"column":"Sub-Category","order":3},
               "discount":{"column":"Discount","order":4}},
 "columns":{"Ship Date":{"role":"ignore"}}}"#;

/// The rows of one year, with the header.
fn of_year(rows: &[u8], year: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(rows);
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let dated = |line: &&str| line.split(',').nth(2).is_some_and(|date| date.starts_with(year));
    let kept: Vec<&str> = std::iter::once(header).chain(lines.filter(dated)).collect();
    kept.join("\n").into_bytes()
}

#[test]
fn superstore_adds_up_to_the_last_digit_and_shows_what_loses() {
    let Some(rows) = table("superstore/superstore.csv") else {
        return;
    };
    let config = SUPERSTORE.replace("PERIOD", "all");
    let view = only(DashboardType::Standard, &config, rows, "2014-01-01", "2017-12-31");
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    assert_eq!(metric(&metrics, "profit")["value"].to_string(), "286397.0217");
    assert_eq!(rounded(&metric(&metrics, "sales")["value"], 2), "2297200.86");
    let data = data(&view);
    for (sub_category, profit) in [
        ("Tables", "-17725"),
        ("Bookcases", "-3473"),
        ("Supplies", "-1189"),
    ] {
        let row = row(&data, "by_sub_category", &[("sub_category", sub_category)]);
        assert_eq!(rounded(&row["profit"], 0), profit);
    }
    let discounts = data["datasets"]["by_discount"].as_array().unwrap();
    let deep = discounts
        .iter()
        .filter(|row| row["discount"].as_str().unwrap().parse::<f64>().unwrap() >= 0.3);
    let deep: Vec<&Value> = deep.collect();
    assert!(
        deep.len() > 4 && deep.iter().all(|row| row["profit"].as_f64().unwrap() < 0.0),
        "{deep:?}"
    );
}

#[test]
fn superstores_profit_bridge_closes_to_the_cent_and_its_margin_splits_into_rate_and_mix() {
    let Some(rows) = table("superstore/superstore.csv") else {
        return;
    };
    let config = SUPERSTORE.replace("PERIOD", "execution");
    let years = [
        (of_year(&rows, "2016"), "2016-01-01", "2016-12-31"),
        (of_year(&rows, "2017"), "2017-01-01", "2017-12-31"),
    ];
    let views = views(DashboardType::Comparison, &config, &years);
    let data = data(&views[1]);
    let step = |step: &str| {
        rounded(
            &row(&data, "bridge_profit_by_region", &[("step", step)])["amount"],
            2,
        )
    };
    assert_eq!(
        (step("West"), step("Central")),
        ("19757.35".into(), "-12348.32".into())
    );
    let bridges = data["comparison"]["bridges"].as_array().unwrap();
    let bridge = bridges
        .iter()
        .find(|bridge| bridge["dataset"] == "bridge_profit_by_region")
        .unwrap();
    assert_eq!(bridge["difference"].to_string(), "11644.0953");
    let steps = data["datasets"]["bridge_profit_by_region"].as_array().unwrap();
    let exact = |value: &Value| Decimal::parse(&value.to_string()).unwrap();
    let changes: Decimal = steps
        .iter()
        .filter(|step| step["kind"] != "total")
        .map(|step| exact(&step["amount"]))
        .sum();
    assert_eq!(changes, exact(&bridge["difference"]));
    assert_eq!(
        exact(&steps[0]["amount"]) + changes,
        exact(&steps.last().unwrap()["amount"])
    );
    let mixes = data["comparison"]["mix_rate"].as_array().unwrap();
    let mix = mixes.iter().find(|mix| mix["dimension"] == "category").unwrap();
    assert_eq!(
        (rounded(&mix["from"], 4), rounded(&mix["to"], 4)),
        ("0.1343".into(), "0.1274".into())
    );
    assert_eq!(
        (rounded(&mix["rate"], 4), rounded(&mix["mix"], 4)),
        ("-0.0118".into(), "0.0050".into())
    );
    let parts = ["from", "rate", "mix", "remainder"].map(|part| exact(&mix[part]));
    assert_eq!(parts.into_iter().sum::<Decimal>(), exact(&mix["to"]));
}

#[test]
fn shops_and_superstore_are_understood_without_a_configuration() {
    let Some(rows) = table("shops/online_shoppers_intention.csv") else {
        return;
    };
    let view = only(
        DashboardType::Standard,
        r#"{"period":"all"}"#,
        rows,
        "2026-01-01",
        "2026-12-31",
    );
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    let conversion = metric(&metrics, "revenue_share");
    assert_eq!(rounded(&conversion["value"], 4), "0.1547");
    assert_eq!(
        (
            conversion["numerator"].to_string(),
            conversion["denominator"].to_string()
        ),
        ("1908".to_owned(), "12330".to_owned())
    );
    assert_eq!(conversion["format"], "percent");
    let by_visitor = data(&view);
    let new = row(&by_visitor, "by_visitor_type", &[("visitor_type", "New_Visitor")]);
    assert_eq!(rounded(&new["revenue_share"], 3), "0.249");
    // A closeness from 0 to 1, and what a page of a session was worth.
    for averaged in ["special_day", "page_values"] {
        assert_eq!(
            metric(&metrics, averaged)["denominator"].to_string(),
            "12330",
            "{averaged}"
        );
    }

    let Some(rows) = table("superstore/superstore.csv") else {
        return;
    };
    let view = only(
        DashboardType::Standard,
        r#"{"period":"all"}"#,
        rows,
        "2014-01-01",
        "2017-12-31",
    );
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    assert_eq!(rounded(&metric(&metrics, "discount")["value"], 4), "0.1562");
    assert_eq!(metric(&metrics, "discount")["format"], "percent");
    assert_eq!(metric(&metrics, "profit")["value"].to_string(), "286397.0217");
    assert!(data(&view)["datasets"].get("by_ship_date").is_none());
}

#[test]
fn shops_convert_by_visitor_and_by_month_in_the_order_of_the_calendar() {
    let Some(rows) = table("shops/online_shoppers_intention.csv") else {
        return;
    };
    let config = r#"{"period":"all","measures":{"sessions":{"agg":"count","order":1},"buyers":{"agg":"sum","column":"Revenue","order":2},
        "conversion":{"ratio":["buyers","sessions"],"format":"percent","good":"up","order":3}}}"#;
    let view = only(DashboardType::Standard, config, rows, "2026-01-01", "2026-12-31");
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    assert_eq!(rounded(&metric(&metrics, "conversion")["value"], 4), "0.1547");
    let data = data(&view);
    assert_eq!(data["data_quality"]["duplicate_rows"], 125);
    let of = |visitor: &str| {
        rounded(
            &row(&data, "by_visitor_type", &[("visitor_type", visitor)])["conversion"],
            3,
        )
    };
    assert_eq!(
        (of("New_Visitor"), of("Returning_Visitor")),
        ("0.249".into(), "0.139".into())
    );
    let months = data["datasets"]["by_month"].as_array().unwrap();
    let names: Vec<&str> = months.iter().map(|row| row["month"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "Feb", "Mar", "May", "June", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
        ]
    );
    for (month, conversion) in [("Nov", "0.254"), ("May", "0.109"), ("Feb", "0.016")] {
        assert_eq!(
            rounded(&row(&data, "by_month", &[("month", month)])["conversion"], 3),
            conversion
        );
    }
    let charts: Value = serde_json::from_str(&view.dashboard.charts_config).unwrap();
    let chart = charts["charts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|chart| chart["id"] == "by_month.conversion");
    assert_eq!(chart.unwrap()["spec"]["encoding"]["y"]["sort"], Value::Null);
}

#[test]
fn admissions_are_a_funnel_that_turns_around_in_four_of_six_departments() {
    let Some(rows) = table("tables/datasets_UCBAdmissions.csv") else {
        return;
    };
    let config = r#"{"period":"all","columns":{"Admit":{"role":"stage","stages":["Rejected","Admitted"],"counting":"furthest"}}}"#;
    let view = only(DashboardType::Funnel, config, rows, "1973-01-01", "1973-12-31");
    let data = data(&view);
    assert_eq!(data["funnel"]["counting"], "furthest");
    let of = |gender: &str| rounded(&row(&data, "by_gender", &[("gender", gender)])["conversion"], 3);
    assert_eq!((of("Male"), of("Female")), ("0.445".into(), "0.304".into()));
    let cell = |gender: &str, dept: &str| {
        row(&data, "table", &[("gender", gender), ("dept", dept)])["conversion"]
            .as_f64()
            .unwrap()
    };
    let reversed = ["A", "B", "C", "D", "E", "F"]
        .into_iter()
        .filter(|dept| cell("Female", dept) > cell("Male", dept));
    assert_eq!(reversed.collect::<Vec<_>>(), ["A", "B", "D", "F"]);
    assert_eq!(
        (
            format!("{:.2}", cell("Male", "A")),
            format!("{:.2}", cell("Female", "A"))
        ),
        ("0.62".into(), "0.82".into())
    );
    let stages = data["datasets"]["stages"].as_array().unwrap();
    assert_eq!(
        (stages[0]["count"].to_string(), stages[1]["count"].to_string()),
        ("4526".into(), "1755".into())
    );
}

#[test]
fn births_are_fewer_on_sundays() {
    let Some(rows) = table("series/mosaicData_Births.csv") else {
        return;
    };
    let config = r#"{"period":"all","measures":{"births":{"agg":"mean","column":"births"}},
        "dimensions":{"day":{"column":"date","type":"time"},"weekday":{"column":"wday"}}}"#;
    let view = only(DashboardType::Standard, config, rows, "1969-01-01", "1988-12-31");
    let data = data(&view);
    let days = data["datasets"]["by_weekday"].as_array().unwrap();
    let names: Vec<&str> = days.iter().map(|row| row["weekday"].as_str().unwrap()).collect();
    assert_eq!(names, ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]);
    let of = |day: &str| rounded(&row(&data, "by_weekday", &[("weekday", day)])["births"], 0);
    assert_eq!((of("Sun"), of("Tue")), ("8290".into(), "10368".into()));
}

#[test]
fn flights_are_cancelled_in_the_blizzard_and_the_rate_is_one_of_sums() {
    let rows = fs::read(cases::root().join("examples/flights/daily_origin_carrier.csv")).unwrap();
    let config = r#"{"period":"month","measures":{"flights":{"agg":"sum","column":"flights"},"cancelled":{"agg":"sum","column":"cancelled"},
        "rate":{"ratio":["cancelled","flights"],"format":"percent"}}}"#;
    let views = views(
        DashboardType::Standard,
        config,
        &[(rows, "2013-01-01", "2013-12-31")],
    );
    let view = views.iter().find(|view| view.key == "2013-02").unwrap();
    let data = data(view);
    for (date, cancelled) in [("2013-02-08", 472), ("2013-02-09", 393)] {
        let row = row(&data, "trend", &[("date", date)]);
        assert_eq!(row["cancelled"], cancelled);
        let rate = row["cancelled"].as_f64().unwrap() / row["flights"].as_f64().unwrap();
        assert!((row["rate"].as_f64().unwrap() - rate).abs() < 1e-11);
    }
}

#[test]
fn every_table_becomes_every_kind_of_dashboard() {
    let Some(_) = table("superstore/superstore.csv") else {
        return;
    };
    let folder: PathBuf = cases::root()
        .ancestors()
        .map(|folder| folder.join("shared/data"))
        .find(|folder| folder.is_dir())
        .unwrap();
    for path in [
        "mmm/dt_simulated_weekly.csv",
        "mmm/geo_full_funnel_data.csv",
        "tables/causaldata_avocado.csv",
        "series/fpp3_insurance.csv",
        "insightbench/flag-10.csv",
    ] {
        let rows = fs::read(folder.join(path)).unwrap();
        for kind in [
            DashboardType::Standard,
            DashboardType::Funnel,
            DashboardType::Comparison,
            DashboardType::Custom,
        ] {
            for view in views(
                kind,
                r#"{"period":"all"}"#,
                &[(rows.clone(), "1990-01-01", "2029-12-31")],
            ) {
                let json = dashloom::dashboard::canonical_json(&view.dashboard.processed_data).unwrap();
                assert_eq!(json, view.dashboard.processed_data, "{path} as {kind}");
            }
        }
    }
}
