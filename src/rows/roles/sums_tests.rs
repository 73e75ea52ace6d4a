//! What adds up and what does not, by values and by more names; what is no number, and what is no category.

use super::tests::{decided, evidence, roles};
use super::{Agg, Decision};
use crate::event::ColumnRole;

/// The roles of these columns over twelve rows, with each row's cells made of its number.
fn over_rows(header: &str, row: impl Fn(u32) -> String) -> Vec<Decision> {
    let rows: Vec<String> = (0..12).map(row).collect();
    decided(&evidence(&format!("{header}\n{}", rows.join("\n"))))
}

#[test]
fn values_between_0_and_1_are_averaged_unless_they_are_amounts() {
    let aggregated = |label: &str, cell: &dyn Fn(u32) -> String| {
        let decisions = over_rows(&format!("day,shop,{label}"), |n| {
            format!("2024-01-{:02},s{},{}", n + 1, n % 3, cell(n))
        });
        decisions.into_iter().next_back().unwrap()
    };
    let levels = |n: u32| ["0", "0.1", "0.2", "0.15"][n as usize % 4].to_owned();
    for label in ["Discount", "Rabatt", "SpecialDay", "closeness", "x", "remise"] {
        let decision = aggregated(label, &levels);
        assert_eq!(
            (decision.role, decision.agg),
            (ColumnRole::Measure, Agg::Mean),
            "{label}"
        );
        assert!(
            decision
                .reason
                .starts_with("A measure, averaged over its rows: all of its values lie between 0 and 1"),
            "{}",
            decision.reason
        );
    }
    for label in [
        "revenue",
        "tip",
        "Discount USD",
        "conversions",
        "Verbrauch kWh",
        "rain",
        "net",
        "quantity",
    ] {
        assert_eq!(aggregated(label, &levels).agg, Agg::Sum, "{label}");
    }
    for (cell, what) in [
        ("$0.20", "in a currency"),
        ("1.2", "one is larger"),
        ("-0.2", "one is negative"),
    ] {
        let mixed = |n: u32| if n == 7 { cell.to_owned() } else { levels(n) };
        assert_eq!(aggregated("Discount", &mixed).agg, Agg::Sum, "{what}");
    }
}

#[test]
fn one_series_of_fractions_that_no_name_explains_is_averaged() {
    let hours = |n: u32, value: &str| format!("2024-01-05 {n:02}:00,{value}");
    let decisions = over_rows("timestamp,value", |n| hours(n, &format!("{n}.70103")));
    assert_eq!(
        (decisions[1].role, decisions[1].agg),
        (ColumnRole::Measure, Agg::Mean)
    );
    assert!(
        decisions[1].reason.contains("\"agg\": \"sum\""),
        "{}",
        decisions[1].reason
    );
    let sums = [
        over_rows("timestamp,value", |n| hours(n, &format!("{n}"))),
        over_rows("timestamp,value", |n| hours(n, &format!("${n}.50"))),
        over_rows("timestamp,sales", |n| hours(n, &format!("{n}.50"))),
        over_rows("timestamp,value,shop", |n| hours(n, &format!("{n}.5,s"))),
    ];
    for decisions in sums {
        assert_eq!(decisions[1].agg, Agg::Sum, "{decisions:?}");
    }
}

#[test]
fn what_one_row_is_has_no_total_in_any_language() {
    for label in [
        "PageValues",
        "unitprice",
        "List Price",
        "Luftfeuchtigkeit",
        "humedad",
        "Note",
        "punteggio",
        "probability",
        "heartrate",
        "creditscore",
        "Wechselkurs",
        "leeftijd",
    ] {
        let csv = format!("day,{label}\n2024-01-05,3.5\n2024-01-06,7\n");
        assert_eq!(roles(&csv), "Tm", "{label}");
    }
    assert_eq!(
        roles("day,Stornoquote,Marktanteil\n2024-01-05,3.5,2\n2024-01-06,7,9\n"),
        "Trr"
    );
}

#[test]
fn yes_and_no_of_what_happened_is_an_outcome() {
    let decisions = over_rows("Weekend,Revenue,converted,on_time,holiday,orders", |n| {
        format!("TRUE,{0},yes,{0},{0},{n}", n % 2)
    });
    let outcomes: Vec<bool> = decisions.iter().map(|decision| decision.is_outcome).collect();
    assert_eq!(outcomes, [false, true, true, true, false, false]);
    assert!(
        decisions
            .iter()
            .take(5)
            .all(|decision| decision.role == ColumnRole::Dimension)
    );
    assert!(
        decisions[1].reason.contains("the share of rows that say yes"),
        "{}",
        decisions[1].reason
    );
}

#[test]
fn days_of_something_else_are_no_categories() {
    let decisions = over_rows("Order Date,Ship Date,Cohort,Sales", |n| {
        format!("2024-01-{0:02},2024-02-{0:02},2023-{1:02},{0}", n + 1, n % 3 + 1)
    });
    let dates: Vec<bool> = decisions.iter().map(|decision| decision.is_other_date).collect();
    assert_eq!(dates, [false, true, false, false]);
    assert!(
        decisions[1].reason.contains("name it under \"dimensions\""),
        "{}",
        decisions[1].reason
    );
}

#[test]
fn short_numbers_are_numbers_where_all_of_the_column_are_amounts() {
    for (csv, expected) in [
        (
            "day,shop,followers_gained\n2024-01-05,a,1.2K\n2024-01-06,b,950\n",
            "Tds",
        ),
        (
            "day,shop,Umsatz\n2024-01-05,a,3 Mio\n2024-01-06,b,12 Mio\n",
            "Tds",
        ),
        ("day,shop,cap\n2024-01-05,a,$2T\n2024-01-06,b,$950B\n", "Tds"),
        ("day,shop,views\n2024-01-05,a,5K\n2024-01-06,b,2M\n", "Tds"),
        ("day,shop,race\n2024-01-05,a,5K\n2024-01-06,b,10K\n", "Tdd"),
        ("day,shop,race\n2024-01-05,a,5.5K\n2024-01-06,b,Marathon\n", "Tdd"),
        ("day,shop,load\n2024-01-05,a,1.5T\n2024-01-06,b,2.5T\n", "Tdd"),
        (
            "day,shop,file size\n2024-01-05,a,512B\n2024-01-06,b,4.0K\n",
            "Tdd",
        ),
        ("day,shop,length\n2024-01-05,a,1.5m\n2024-01-06,b,2.5m\n", "Tdd"),
    ] {
        assert_eq!(roles(csv), expected, "{csv}");
    }
    let reason = |csv: &str| decided(&evidence(csv))[0].reason.clone();
    assert!(reason("views\n1.2K\n5\n").ends_with("written short (1.2K is 1,200, 3.4M is 3,400,000)."));
    assert!(reason("race\n5K\n10K\n").contains("which may be names"));
}
