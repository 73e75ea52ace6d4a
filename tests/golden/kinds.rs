//! Each type of insight is told of a real table: by a case, by a part of the flights here, or by a table that is no part of
//! the project.

use std::collections::BTreeSet;
use std::fs;

use dashloom::dashboard::{DashboardType, VisualizationConfig};
use dashloom::insight::Insight;
use dashloom::insight::claim::Kind;

use crate::cases::{self, executed};

/// A part of the flights of 2013, what a dashboard makes of it, and a sentence that it tells.
struct Told {
    kind: Kind,
    origins: &'static str,
    carriers: &'static [&'static str],
    days: (&'static str, &'static str),
    columns: &'static [&'static str],
    config: &'static str,
    sentence: &'static str,
}

/// What no case tells. The tables behind the sentences are added up in the file of the flights.
const TOLD: [Told; 6] = [
    // HA flies to Hawaii alone, 4,983 miles; the middle of the eight lies between 563 (EV) and 570 miles (MQ).
    Told {
        kind: Kind::SegmentOutlier,
        origins: "EWR JFK LGA",
        carriers: &["9E", "EV", "FL", "HA", "MQ", "US", "WN", "YV"],
        days: ("2013-03-01", "2013-03-14"),
        columns: &["date", "carrier", "flights", "distance"],
        config: r#"{"period":"all","measures":{"flights":{"agg":"sum","column":"flights","order":1},
            "miles":{"agg":"sum","column":"distance","order":2},
            "length":{"ratio":["miles","flights"],"label":"Length of a flight","unit":"miles","order":3}},
            "dimensions":{"airline":{"column":"carrier","label":"Airline"}}}"#,
        sentence: "Length of a flight for HA (Airline) is unlike the other 7: 4,983 miles, where 556.6 miles is typical.",
    },
    Told {
        kind: Kind::ConcentrationRisk,
        origins: "EWR",
        carriers: &["UA", "AA", "DL"],
        days: ("2013-01-01", "2013-12-31"),
        columns: &["date", "carrier", "flights"],
        config: r#"{"period":"all","measures":{"flights":{"agg":"sum","column":"flights"}},
            "dimensions":{"airline":{"column":"carrier","label":"Airline"}}}"#,
        sentence: "UA (Airline) alone holds 85.5% of flights.",
    },
    // December begins with snow.
    Told {
        kind: Kind::FunnelStepChange,
        origins: "JFK",
        carriers: &[],
        days: ("2013-11-04", "2013-12-29"),
        columns: &["date", "flights", "cancelled"],
        config: r#"{"period":"all","measures":{"flights":{"agg":"sum","column":"flights","order":1},
            "cancelled":{"agg":"sum","column":"cancelled","order":2}},
            "panels":[{"id":"lost","mark":"funnel","stages":["flights","cancelled"]}]}"#,
        sentence: "The passage from flights to cancelled rose 448.4%: 2.15% in the 28 days ending 29 Dec 2013, 0.392% in the 28 before.",
    },
    // Flights stand for what is spent, miles for what comes of it: it is the shuttle to Washington and Boston that US flies
    // more often on some days.
    Told {
        kind: Kind::DiminishingReturns,
        origins: "LGA",
        carriers: &["US"],
        days: ("2013-01-01", "2013-12-31"),
        columns: &["date", "flights", "distance"],
        config: r#"{"period":"all","measures":{"flight_cost":{"agg":"sum","column":"flights","label":"Flights","order":1},
            "mile_sales":{"agg":"sum","column":"distance","label":"Miles","order":2}}}"#,
        sentence: "Each further percent of Flights is associated with only 0.65 percent more Miles: less than proportional.",
    },
    // When summer ends one flies more often, and the other as before.
    Told {
        kind: Kind::ChangeDriver,
        origins: "LGA",
        carriers: &["9E", "UA"],
        days: ("2013-06-01", "2013-09-30"),
        columns: &["date", "carrier", "flights"],
        config: r#"{"period":"all","measures":{"flights":{"agg":"sum","column":"flights","label":"Flights"}},
            "dimensions":{"airline":{"column":"carrier","label":"Airline"}}}"#,
        sentence: "Flights is up 385 (53.8%) in 3 – 30 Sep 2013 against 6 Aug – 2 Sep 2013: 9E (Airline) up 309.",
    },
    // When summer ends the others fly less.
    Told {
        kind: Kind::CommonPatternException,
        origins: "EWR JFK LGA",
        carriers: &["B6", "DL", "UA", "YV", "9E"],
        days: ("2013-06-01", "2013-09-30"),
        columns: &["date", "carrier", "distance"],
        config: r#"{"period":"all","measures":{"miles":{"agg":"sum","column":"distance","label":"Miles"}},
            "dimensions":{"airline":{"column":"carrier","label":"Airline"}}}"#,
        sentence: "Miles for 9E (Airline) rose 20.8% in the 28 days ending 30 Sep 2013, while it fell for 4 of 5 values of the same dimension.",
    },
];

/// Types that only tables outside of the project tell, and the test that holds them.
pub const ELSEWHERE: [(Kind, &str); 1] = [(Kind::SimpsonReversal, "tests/insight/tables.rs")];

/// The insights of each part.
pub fn told() -> Vec<Vec<Insight>> {
    TOLD.iter().map(find).collect()
}

fn find(told: &Told) -> Vec<Insight> {
    let all = fs::read_to_string(cases::root().join("examples/flights/daily_origin_carrier.csv")).unwrap();
    let (head, rows) = all.split_once('\n').unwrap();
    let is_part = |row: &&str| {
        let cells: Vec<&str> = row.split(',').collect();
        (told.days.0..=told.days.1).contains(&cells[0])
            && told.origins.contains(cells[1])
            && (told.carriers.is_empty() || told.carriers.contains(&cells[2]))
    };
    let names: Vec<&str> = head.split(',').collect();
    let places = told
        .columns
        .iter()
        .map(|own| names.iter().position(|name| name == own).unwrap());
    let places: Vec<usize> = places.collect();
    let kept = |row: &str| {
        let cells: Vec<&str> = row.split(',').collect();
        let kept: Vec<&str> = places.iter().map(|place| cells[*place]).collect();
        kept.join(",") + "\n"
    };
    let rows: String = std::iter::once(head)
        .chain(rows.lines().filter(is_part))
        .map(kept)
        .collect();
    let config = VisualizationConfig::parse(told.config).unwrap();
    let window = (told.days.0.parse().unwrap(), told.days.1.parse().unwrap());
    let result = executed(rows.into_bytes(), 0, window, "2014-01-11T00:00:00Z", &[], &config);
    let mut views = cases::views(DashboardType::Custom, &config, &[result]);
    views.pop().unwrap().insights.insights
}

#[test]
fn parts_of_the_flights_are_told_in_these_words() {
    for (told, insights) in TOLD.iter().zip(told()) {
        let own = insights
            .iter()
            .filter(|insight| insight.insight_type == told.kind.name());
        let own: Vec<&str> = own.map(|insight| insight.text.as_str()).collect();
        assert!(own.contains(&told.sentence), "{:?}: {own:#?}", told.kind);
    }
}

#[test]
fn every_type_is_told_of_a_real_table() {
    let here = cases::all().iter().flat_map(|case| &case.views);
    let mut found: BTreeSet<&str> = here
        .flat_map(|view| &view.insights.insights)
        .map(|insight| insight.insight_type)
        .collect();
    found.extend(TOLD.iter().map(|told| told.kind.name()));
    for (kind, path) in ELSEWHERE {
        let test = fs::read_to_string(cases::root().join(path)).unwrap();
        assert!(test.contains(&format!("\"{}\"", kind.name())), "{path}");
        found.insert(kind.name());
    }
    for kind in Kind::ALL {
        assert!(found.contains(kind.name()), "no case tells {kind:?}");
    }
}

/// Beside the golden cases; that too few data stay silent is a unit test of all types.
#[test]
fn every_type_has_numbers_worked_out_by_hand() {
    let folder = fs::read_dir(cases::root().join("src/insight")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let texts: Vec<String> = files.map(|path| fs::read_to_string(path).unwrap()).collect();
    let tests: Vec<&str> = texts
        .iter()
        .flat_map(|text| text.split("#[test]").skip(1))
        .filter(|test| test.contains("assert_values(") || test.contains("value(&claim"))
        .collect();
    for kind in Kind::ALL {
        let name = format!("Kind::{kind:?})");
        assert!(tests.iter().any(|test| test.contains(&name)), "{kind:?}");
    }
}
