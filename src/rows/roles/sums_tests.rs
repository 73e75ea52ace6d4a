//! What adds up and what does not, by values and by more names; what is no number, and what is no category.

use super::tests::{decided, evidence, roles};
use super::{Agg, Decision};
use crate::event::ColumnRole;
use crate::rows::Evidence;
use crate::rows::evidence::Count;

/// The roles of these columns over twelve rows, with each row's cells made of its number.
fn over_rows(header: &str, row: impl Fn(u32) -> String) -> Vec<Decision> {
    let rows: Vec<String> = (0..12).map(row).collect();
    decided(&evidence(&format!("{header}\n{}", rows.join("\n"))))
}

/// How a column is aggregated beside days and shops, over 120 rows.
fn aggregated(label: &str, cell: impl Fn(usize) -> String) -> Decision {
    let row = |n: usize| format!("2024-{:02}-{:02},s{},{}", n / 28 + 1, n % 28 + 1, n % 3, cell(n));
    let rows: Vec<String> = (0..120).map(row).collect();
    let decisions = decided(&evidence(&format!("day,shop,{label}\n{}", rows.join("\n"))));
    decisions.into_iter().next_back().unwrap()
}

/// One of these cells in each row, in turn.
fn in_turn<const N: usize>(cells: [&'static str; N]) -> impl Fn(usize) -> String {
    move |n| cells[n % N].to_owned()
}

#[test]
fn what_is_taken_off_amounts_is_averaged_where_it_is_a_share_of_them() {
    let rates = in_turn(["0", "0.1", "0.2", "0.15"]);
    for label in [
        "Discount",
        "Rabatt",
        "remise",
        "commission",
        "provision",
        "vat",
        "member rebate",
    ] {
        let decision = aggregated(label, &rates);
        assert_eq!(
            (decision.role, decision.agg),
            (ColumnRole::Measure, Agg::Mean),
            "{label}"
        );
        assert!(
            decision.reason.contains("lie between 0 and 1"),
            "{}",
            decision.reason
        );
    }
    for label in [
        "discount_amount",
        "vat amount",
        "total_discount",
        "commission_fee",
        "Discount USD",
        "discount sum",
        "discount count",
        "rabattbetrag",
    ] {
        assert_eq!(aggregated(label, &rates).agg, Agg::Sum, "{label}");
    }
    let shares = in_turn(["0.05", "0.1", "0.2", "0.15"]);
    let amounts = |n: usize| format!("0.{:02}", n * 37 % 100);
    assert_eq!(
        aggregated("commission", amounts).agg,
        Agg::Sum,
        "amounts do not repeat"
    );
    for (cell, count, expected) in [
        ("$0.20", 1, Agg::Sum),
        ("1.02", 1, Agg::Mean),
        ("-0.1", 1, Agg::Mean),
        ("1.5", 5, Agg::Sum),
    ] {
        let mixed = |n: usize| {
            if n % 4 == 1 && n < 4 * count {
                cell.to_owned()
            } else {
                shares(n)
            }
        };
        assert_eq!(aggregated("Discount", mixed).agg, expected, "{count} of {cell}");
    }
}

#[test]
fn a_named_share_is_known_from_its_third_number_on_and_stays_one() {
    let over = |label: &str, count: usize, cells: &[&str]| {
        let rows: String = (0..count)
            .map(|n| format!("2024-01-{:02},s,{}\n", n + 1, cells[n % cells.len()]))
            .collect();
        decided(&evidence(&format!("day,shop,{label}\n{rows}")))
            .pop()
            .unwrap()
            .agg
    };
    for (label, cells) in [
        ("Discount", ["0.2", "0.1", "0.15"]),
        ("vat", ["0.19", "0.07", "0.19"]),
        ("daily_return", ["-0.02", "0.013", "0.004"]),
    ] {
        let found: Vec<Agg> = (1..28).map(|count| over(label, count, &cells)).collect();
        assert_eq!(found[..2], [Agg::Sum; 2], "{label}");
        assert!(
            found[2..].iter().all(|agg| *agg == Agg::Mean),
            "{label}: {found:?}"
        );
    }
    assert_eq!(over("Discount", 9, &["0.2", "0.1", "3.5"]), Agg::Sum);
    assert_eq!(over("commission", 9, &["0.2", "0.1", "0.15", "2.5"]), Agg::Sum);
}

#[test]
fn small_numbers_that_no_name_explains_are_added_up_unless_they_are_steps_of_a_scale() {
    let steps = in_turn(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    for label in ["closeness", "Feast Day", "x"] {
        let decision = aggregated(label, &steps);
        assert_eq!(decision.agg, Agg::Mean, "{label}");
        assert!(decision.reason.contains("as on a scale"), "{}", decision.reason);
    }
    for label in [
        "revenue",
        "tip",
        "conversions",
        "Verbrauch kWh",
        "rain",
        "net",
        "quantity",
        "Überstunden",
        "uren",
        "effort",
        "Regenmenge",
        "Gesamtkosten",
        "Teilbetrag",
        "sick_leave",
        "downtime",
        "btc",
        "Arbeitszeit",
        "godziny",
    ] {
        assert_eq!(aggregated(label, &steps).agg, Agg::Sum, "{label}");
    }
    let quarters = in_turn(["0", "0.25", "0.5", "0.75", "1", "0.5"]);
    let without_end = in_turn(["0.2", "0.4", "0.6", "0.1"]);
    let readings = |n: usize| format!("0.{:03}", n * 617 % 1000);
    for label in ["sick_day", "leave day", "attended", "x", "closeness"] {
        assert_eq!(aggregated(label, &quarters).agg, Agg::Sum, "{label}");
        assert_eq!(aggregated(label, &without_end).agg, Agg::Sum, "{label}");
        assert_eq!(aggregated(label, readings).agg, Agg::Sum, "{label}");
    }
}

#[test]
fn how_much_of_a_whole_is_used_or_comes_back_is_averaged() {
    let shares = |n: usize| format!("0.{:03}", n * 617 % 1000);
    let returns = |n: usize| {
        format!(
            "{}0.0{:02}",
            if n.is_multiple_of(2) { "-" } else { "" },
            n % 97 + 1
        )
    };
    for label in [
        "cpu_usage",
        "memory usage",
        "capacity_used",
        "first_pass_yield",
        "dividend yield",
    ] {
        assert_eq!(aggregated(label, shares).agg, Agg::Mean, "{label}");
    }
    for label in ["daily_return", "training loss", "val_loss", "bias"] {
        assert_eq!(aggregated(label, returns).agg, Agg::Mean, "{label}");
    }
    for label in [
        "energy usage",
        "usage kwh",
        "water_used",
        "hours used",
        "cost return",
        "losses",
    ] {
        assert_eq!(aggregated(label, shares).agg, Agg::Sum, "{label}");
    }
    assert_eq!(aggregated("crop yield", |n| format!("{n}.5")).agg, Agg::Sum);
}

#[test]
fn what_an_older_build_took_in_leaves_the_decision_to_newer_results() {
    let column = |cells: &[&str]| evidence(&format!("commission\n{}", cells.repeat(20).join("\n")));
    let decided_of = |columns: &[(String, Evidence)]| decided(columns).remove(0);
    let mut old = column(&["0.1", "0.25", "0"]);
    old[0].1.leave_sizes_open();
    for count in [Count::Fractions, Count::QuarterFractions] {
        old[0].1.counts[count as usize] = 0;
    }
    old[0].1.levels = 0;
    let alone = decided_of(&old);
    assert_eq!(alone.agg, Agg::Sum);
    assert!(alone.reason.contains("a replay would"), "{}", alone.reason);
    old[0].1.merge(&column(&["0.1", "0.2"])[0].1);
    assert_eq!(decided_of(&old).agg, Agg::Mean);
}

#[test]
fn words_of_means_are_of_the_numbers_not_of_what_is_counted_in_them() {
    for label in [
        "quality_issues",
        "satisfaction_responses",
        "experience points",
        "confidence_votes",
        "visibility alerts",
        "stars",
        "heartrate_alarms",
        "rating count",
        "number of ratings",
        "price revenue",
        "Konkurs",
    ] {
        let csv = format!("day,{label}\n2024-01-05,35\n2024-01-06,70\n");
        assert_eq!(roles(&csv), "Ts", "{label}");
    }
    for label in [
        "quality",
        "price_usd",
        "precio de los tomates",
        "age years",
        "Preis netto",
        "avg quality issues",
        "temperature outside",
        "depth_m",
        "ages",
    ] {
        let csv = format!("day,{label}\n2024-01-05,35\n2024-01-06,70\n");
        assert_eq!(roles(&csv), "Tm", "{label}");
    }
    assert_eq!(roles("day,stars\n2024-01-05,4\n2024-01-06,5\n"), "Tm");
    assert_eq!(
        roles("day,pressure readings\n2024-01-05,4.5\n2024-01-06,5.5\n"),
        "Tm"
    );
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
        roles(
            "day,Stornoquote,Marktanteil,Retourenrate,Ausschussrate,Monatsrate\n2024-01-05,3.5,2,1,2,3\n2024-01-06,7,9,2,3,4\n"
        ),
        "Trrrrs"
    );
}

#[test]
fn yes_and_no_of_what_happened_is_an_outcome() {
    let decisions = over_rows(
        "Weekend,Revenue,converted,on_time,gekauft,livré,won,holiday,orders",
        |n| {
            format!(
                "TRUE,{0},yes,{0},{1},{2},{3},{0},{n}",
                n % 2,
                ["ja", "Nein"][n as usize % 2],
                ["oui", "non"][n as usize % 2],
                ["Y", "N"][n as usize % 2]
            )
        },
    );
    let outcomes: Vec<bool> = decisions.iter().map(|decision| decision.is_outcome).collect();
    assert_eq!(
        outcomes,
        [false, true, true, true, true, true, true, false, false]
    );
    assert!(
        decisions
            .iter()
            .take(8)
            .all(|decision| decision.role == ColumnRole::Dimension)
    );
    assert!(
        decisions[1].reason.contains("the share of rows that say yes"),
        "{}",
        decisions[1].reason
    );
}

#[test]
fn what_counts_the_rows_in_the_first_column_is_an_id_whatever_its_name() {
    let first = |label: &str, cell: &dyn Fn(usize) -> usize, rows: usize| {
        let rows: String = (0..rows)
            .map(|n| format!("{},{}\n", cell(n), n * 7 % 13))
            .collect();
        decided(&evidence(&format!("{label},score\n{rows}")))[0].role
    };
    assert_eq!(first("respondent", &|n| n + 1, 40), ColumnRole::Id);
    assert_eq!(first("kund", &|n| 10_000 + n, 40), ColumnRole::Id);
    assert_eq!(
        first("respondent", &|n| n + 1, 12),
        ColumnRole::Measure,
        "too few"
    );
    assert_eq!(
        first("visits", &|n| n * 3 % 41, 40),
        ColumnRole::Measure,
        "one is missing"
    );
    assert_eq!(first("visits", &|n| n / 2, 40), ColumnRole::Measure, "some twice");
    assert_eq!(first("year", &|n| 1980 + n, 40), ColumnRole::Time);
}

#[test]
fn days_of_something_else_are_no_categories() {
    let decisions = over_rows("Order Date,Ship Date,Cohort,Sales", |n| {
        format!("2024-01-{0:02},2024-02-{0:02},2023-{1:02},{0}", n + 1, n % 3 + 1)
    });
    let dates: Vec<bool> = decisions.iter().map(|decision| decision.is_other_date).collect();
    assert_eq!(dates, [false, true, false, false]);
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
        ("day,shop,price_tier\n2024-01-05,a,5K\n2024-01-06,b,10K\n", "Tdd"),
        (
            "day,shop,loan_amount_band\n2024-01-05,a,$5.5K\n2024-01-06,b,$1M\n",
            "Tdd",
        ),
        (
            "day,shop,phone camera\n2024-01-05,a,2.7K\n2024-01-06,b,4K\n",
            "Tdd",
        ),
        (
            "day,shop,part\n2024-01-05,a,4.7K\n2024-01-06,b,1M\n2024-01-07,b,1M\n2024-01-08,b,4.7K\n2024-01-09,b,1M\n",
            "Tdd",
        ),
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
