//! Experiments: arms are compared with each other, by rates that no column holds.

use std::fmt::Write;

use chrono::{Days, NaiveDate};
use dashloom::dashboard::{DashboardType, VisualizationConfig};
use serde_json::Value;

use crate::cases::{self, View};

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()
}

/// The view of one table over so many days, finished long after.
fn view(kind: DashboardType, config: &str, rows: &str, days: u64) -> View {
    let config = VisualizationConfig::parse(config).unwrap();
    let window = (first(), first() + Days::new(days - 1));
    let result = cases::executed(rows.into(), 0, window, "2027-01-01T00:00:00Z", &[], &config);
    cases::views(kind, &config, &[result]).remove(0)
}

fn metrics(view: &View) -> Vec<String> {
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    let metrics = metrics["metrics"].as_array().unwrap().iter();
    metrics
        .map(|metric| metric["id"].as_str().unwrap().to_owned())
        .collect()
}

fn comparison(view: &View) -> Value {
    let data: Value = serde_json::from_str(&view.dashboard.processed_data).unwrap();
    data["comparison"].clone()
}

fn told(view: &View) -> Vec<&str> {
    view.insights
        .insights
        .iter()
        .map(|insight| insight.text.as_str())
        .collect()
}

#[test]
fn arms_without_dates_have_a_verdict() {
    let rows = "variant,users,conversions\ncontrol,15000,750\ntreatment,15020,905\n";
    let shown = view(DashboardType::Comparison, "{}", rows, 1);
    assert_eq!(metrics(&shown), ["conversions_per_users", "users", "conversions"]);
    assert_eq!(
        comparison(&shown)["sides"],
        serde_json::json!(["control", "treatment"])
    );
    // 905 of 15,020 and 750 of 15,000: z is 3.9.
    assert_eq!(
        told(&shown),
        [
            "conversions / users is higher for treatment (variant) than for control (variant): 6.03% against 5% (20.5% higher)."
        ]
    );
    let same = "group,visitors,signups\nA,8000,400\nB,8010,411\n";
    assert!(told(&view(DashboardType::Comparison, "{}", same, 1)).is_empty());
}

#[test]
fn days_of_an_experiment_are_no_periods_to_compare() {
    let mut rows = "day,arm,exposures,clicks\n".to_owned();
    for day in 0..28 {
        let date = first() + Days::new(day);
        for (arm, clicks) in [
            ("test_1", 52 + day % 3),
            ("baseline", 50 + day % 5),
            ("test_2", 90 + day % 4),
        ] {
            let _ = writeln!(rows, "{date},{arm},{},{clicks}", 1000 + day);
        }
    }
    let shown = view(DashboardType::Comparison, "{}", &rows, 28);
    let sides = comparison(&shown);
    assert_eq!(
        (&sides["with"], &sides["sides"][0]),
        (&"segment".into(), &"baseline".into())
    );
    let told = told(&shown);
    let of_arms = "clicks / exposures for test_2 (arm) is higher than for baseline (arm)";
    assert!(told.iter().any(|text| text.starts_with(of_arms)), "{told:?}");
    assert!(
        !told.iter().any(|text| text.contains("than for the rest")),
        "{told:?}"
    );
    // What the configuration says goes before.
    let asked = r#"{"comparison":{"with":"previous_period"}}"#;
    let periods = view(DashboardType::Comparison, asked, &rows, 28);
    assert_eq!(comparison(&periods)["with"], "previous_period");
}

#[test]
fn what_is_no_experiment_has_no_rates() {
    // Sizes of a garment, kinds of customers, and the arms of nothing that counts who took part.
    for (header, values) in [
        ("variant,users,orders", ["Small", "Large"]),
        ("customer,visitors,orders", ["new", "returning"]),
        ("arm,cost,orders", ["control", "treatment"]),
    ] {
        let rows = format!("{header}\n{},900,30\n{},800,20\n", values[0], values[1]);
        let shown = view(DashboardType::Standard, "{}", &rows, 1);
        assert_eq!(metrics(&shown).len(), 2, "{header}");
    }
    // More of them than took part are no share; a ratio that is there already needs no second one.
    for (table, wanted) in [
        ("variant,visitors,pageviews\ncontrol,900,3000\ntest,800,2000\n", 2),
        (
            "variant,sessions,orders,conversion_rate\ncontrol,900,30,0.033\ntest,800,20,0.025\n",
            3,
        ),
    ] {
        let shown = view(DashboardType::Standard, "{}", table, 1);
        assert_eq!(metrics(&shown).len(), wanted, "{table}");
    }
}
