//! Random histories for each type of dashboard (32 each; as many as `DASHLOOM_HISTORIES` says, `make histories` takes a
//! thousand): however they are told,
//! reordered, told twice or split, the bytes are the same, and the numbers are those of a plain fold over the rows that
//! count.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use dashloom::aggregate::Partial;
use dashloom::dashboard::{Candidate, DashboardType, VisualizationConfig};
use dashloom::ids::ExecutionId;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::cases::{self, View};

/// One run of an execution: its window in days from the first, when it finished, and what its rows are made from.
#[derive(Debug, Clone)]
struct Run {
    execution: u128,
    run: u32,
    start: u64,
    days: u64,
    finished: u32,
    seed: u64,
}

/// A row: day from the first, shop, visits, orders, revenue in cents.
type Row = (u64, usize, i64, i64, i64);

const SHOPS: [&str; 4] = ["north", "south", "west", ""];

const CONFIG: &str = r#"{"period":"all",
 "measures":{"visits":{"agg":"sum","column":"visits","order":1},"orders":{"agg":"sum","column":"orders","order":2},
             "revenue":{"agg":"sum","column":"revenue","order":3},"conversion":{"ratio":["orders","visits"],"format":"percent","order":4}},
 "dimensions":{"day":{"column":"day","type":"time"},"shop":{"column":"shop"}},
 "panels":[{"id":"shops","mark":"bar","x":"shop","y":"revenue"},{"id":"steps","mark":"funnel","stages":["visits","orders"]},
           {"id":"why","mark":"waterfall","x":"shop","y":"orders"},{"id":"lines","mark":"line","x":"day","y":"visits","color":"shop"}]}"#;

fn first_day() -> NaiveDate {
    "2026-01-05".parse().unwrap()
}

impl Run {
    /// Its rows: some days have none, some rows repeat, some numbers are negative.
    fn rows(&self) -> Vec<Row> {
        let mut state = self.seed;
        let mut next = move |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut rows = Vec::new();
        for day in self.start..self.start + self.days {
            for _ in 0..next(4) {
                let (visits, orders) = (next(1_000) as i64, next(90) as i64);
                rows.push((
                    day,
                    next(4) as usize,
                    visits,
                    orders,
                    next(1_000_000) as i64 - 200_000,
                ));
            }
        }
        rows
    }

    fn result(&self, from: u64, to: u64, part: u128, config: &VisualizationConfig) -> (Candidate, Partial) {
        let mut csv = "day,shop,visits,orders,revenue\n".to_owned();
        let date = |day: u64| first_day() + Days::new(day);
        for (day, shop, visits, orders, cents) in
            self.rows().into_iter().filter(|row| from <= row.0 && row.0 <= to)
        {
            let sign = if cents < 0 { "-" } else { "" };
            let (whole, rest) = (cents.abs() / 100, cents.abs() % 100);
            writeln!(
                csv,
                "{},{},{visits},{orders},{sign}{whole}.{rest:02}",
                date(day),
                SHOPS[shop]
            )
            .unwrap();
        }
        let finished_at = format!("2026-06-01T00:{:02}:{:02}Z", self.finished, self.execution);
        let window = (date(from), date(to));
        let (candidate, partial) = cases::executed(csv.into_bytes(), 0, window, &finished_at, &[], config);
        let mut content_hash = [0; 32];
        content_hash[..8].copy_from_slice(&self.seed.to_be_bytes());
        content_hash[8..16].copy_from_slice(&from.to_be_bytes());
        content_hash[16..24].copy_from_slice(&to.to_be_bytes());
        let candidate = Candidate {
            execution_id: ExecutionId(Uuid::from_u128(self.execution * 2 + part)),
            run: self.run,
            content_hash,
            ..candidate
        };
        (candidate, partial)
    }

    fn whole(&self, config: &VisualizationConfig) -> (Candidate, Partial) {
        self.result(self.start, self.start + self.days - 1, 0, config)
    }

    fn rank(&self) -> (u32, u32, u64, u64, u64) {
        (self.run, self.finished, self.seed, self.start, self.days)
    }
}

/// Histories of up to six executions with up to three runs each, over about seven weeks.
fn histories() -> impl Strategy<Value = Vec<Run>> {
    let run = (0u128..6, 0u32..3, 0u64..36, 1u64..16, 0u32..50, any::<u64>());
    let run = run.prop_map(|(execution, run, start, days, finished, seed)| Run {
        execution,
        run,
        start,
        days,
        finished,
        seed,
    });
    prop::collection::vec(run, 1..9)
}

/// The rows that count, by the plain rule: of each execution the highest run; each day belongs to the newest that speaks
/// for it. A result without any rows speaks for its window too.
fn counted(history: &[Run]) -> Vec<Row> {
    let mut standing: BTreeMap<u128, &Run> = BTreeMap::new();
    for run in history {
        let known = standing.entry(run.execution).or_insert(run);
        if run.rank() > known.rank() {
            *known = run;
        }
    }
    let newest = |day: u64| {
        let speaking = standing
            .values()
            .filter(|run| run.start <= day && day < run.start + run.days);
        speaking.max_by_key(|run| (run.finished, run.execution))
    };
    let mut rows = Vec::new();
    for day in 0..60 {
        rows.extend(
            newest(day)
                .into_iter()
                .flat_map(|run| run.rows())
                .filter(|row| row.0 == day),
        );
    }
    rows
}

fn views(kind: DashboardType, config: &VisualizationConfig, results: &[(Candidate, Partial)]) -> Vec<String> {
    let text = |view: View| {
        let dashboard = view.dashboard;
        format!(
            "{} {:?} {:?}\n{}\n{}\n{}",
            view.key,
            dashboard.start,
            dashboard.end,
            dashboard.processed_data,
            dashboard.charts_config,
            dashboard.metrics_summary
        )
    };
    cases::views(kind, config, results)
        .into_iter()
        .map(text)
        .collect()
}

/// The sum of a column of the counted rows, as canonical JSON; `null` where there are none.
fn sum(rows: &[&Row], column: &str) -> String {
    if rows.is_empty() {
        return "null".to_owned();
    }
    let cents: i64 = rows
        .iter()
        .map(|row| match column {
            "visits" => row.2 * 100,
            "orders" => row.3 * 100,
            _ => row.4,
        })
        .sum();
    let (whole, rest) = (cents.abs() / 100, cents.abs() % 100);
    let text = format!("{}{whole}.{rest:02}", if cents < 0 { "-" } else { "" });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn shop(row: &Row) -> &'static str {
    match SHOPS[row.1] {
        "" => "(blank)",
        name => name,
    }
}

/// Orders by visits of the rows to 12 significant digits, half to even, as canonical JSON; `null` without visits.
fn conversion(rows: &[&Row]) -> String {
    let (visits, orders) = rows.iter().fold((0i128, 0i128), |sum, row| {
        (sum.0 + i128::from(row.2), sum.1 + i128::from(row.3))
    });
    if visits == 0 || orders == 0 {
        return if visits == 0 { "null" } else { "0" }.to_owned();
    }
    // So many places that twelve digits stand before the rest.
    let mut places = 0;
    while orders * 10i128.pow(places) / visits < 10i128.pow(11) {
        places += 1;
    }
    let scaled = orders * 10i128.pow(places);
    let (digits, rest) = (scaled / visits, scaled % visits);
    let up = rest * 2 > visits || (rest * 2 == visits && digits % 2 == 1);
    let digits = format!("{:0>1$}", digits + i128::from(up), places as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places as usize);
    let text = format!("{whole}.{fraction}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The rows of a dataset that holds sums of the counted rows under a key.
fn check_sums(data: &Value, dataset: &str, key: &str, rows: &[Row], of: impl Fn(&Row) -> String) {
    let shown = data["datasets"][dataset].as_array().unwrap();
    let mut keys: Vec<String> = rows.iter().map(&of).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(shown.len(), keys.len(), "{dataset}");
    for row in shown {
        let mine: Vec<&Row> = rows.iter().filter(|counted| row[key] == of(counted)).collect();
        for column in ["visits", "orders", "revenue"] {
            assert_eq!(
                row[column].to_string(),
                sum(&mine, column),
                "{dataset} {} {column}",
                row[key]
            );
        }
        assert_eq!(
            row["conversion"].to_string(),
            conversion(&mine),
            "{dataset} {} conversion",
            row[key]
        );
    }
}

fn check(kind: DashboardType, view: &View, rows: &[Row]) {
    let data: Value = serde_json::from_str(&view.dashboard.processed_data).unwrap();
    // Days far apart are told by the week or the month they lie in.
    let step = |row: &Row| {
        let date = first_day() + Days::new(row.0);
        let first = match data["grain"].as_str().unwrap() {
            "day" => date,
            "week" => date.week(Weekday::Mon).first_day(),
            "month" => date.with_day(1).unwrap(),
            other => panic!("no history is so sparse: {other}"),
        };
        first.to_string()
    };
    check_sums(&data, "trend", "day", rows, step);
    let all: Vec<&Row> = rows.iter().collect();
    let metrics: Value = serde_json::from_str(&view.dashboard.metrics_summary).unwrap();
    for metric in metrics["metrics"].as_array().unwrap() {
        if let Some(column) = ["visits", "orders", "revenue"]
            .into_iter()
            .find(|column| metric["id"] == *column)
        {
            assert_eq!(metric["value"].to_string(), sum(&all, column));
        }
        if metric["id"] == "conversion" {
            assert_eq!(metric["value"].to_string(), conversion(&all));
        }
    }
    match kind {
        DashboardType::Standard => check_sums(&data, "by_shop", "shop", rows, |row| shop(row).to_owned()),
        DashboardType::Funnel | DashboardType::Custom => {
            let name = if kind == DashboardType::Funnel {
                "stages"
            } else {
                "panel_steps"
            };
            let stages = data["datasets"][name].as_array().unwrap();
            assert_eq!(
                [stages[0]["count"].to_string(), stages[1]["count"].to_string()],
                [sum(&all, "visits"), sum(&all, "orders")]
            );
            let by_shop = if kind == DashboardType::Funnel {
                "by_shop"
            } else {
                "panel_shops"
            };
            check_sums(&data, by_shop, "shop", rows, |row| shop(row).to_owned());
        }
        DashboardType::Comparison => check_bridge(&data, rows),
    }
}

/// Where two windows are compared, each total and each step must be what the counted rows say.
fn check_bridge(data: &Value, rows: &[Row]) {
    let Some(windows) = data["comparison"]["windows"].as_array() else {
        return;
    };
    let within = |window: &Value, row: &Row| {
        let date = (first_day() + Days::new(row.0)).to_string();
        window[0].as_str().unwrap() <= date.as_str() && date.as_str() <= window[1].as_str().unwrap()
    };
    let side = |side: usize, name: Option<&str>| -> i64 {
        let rows = rows.iter().filter(|row| within(&windows[side], row));
        rows.filter(|row| name.is_none_or(|name| shop(row) == name))
            .map(|row| row.3)
            .sum()
    };
    for bridge in data["comparison"]["bridges"].as_array().unwrap() {
        if bridge["measure"] != "orders" {
            continue;
        }
        assert_eq!(
            (bridge["from"].as_i64().unwrap(), bridge["to"].as_i64().unwrap()),
            (side(0, None), side(1, None))
        );
        for step in data["datasets"]["bridge_orders_by_shop"].as_array().unwrap() {
            if step["kind"] != "total" {
                let name = step["step"].as_str();
                assert_eq!(
                    step["amount"].as_i64().unwrap(),
                    side(1, name) - side(0, name),
                    "{name:?}"
                );
            }
        }
    }
}

/// `order` tells each run of the history twice, in any order, by its index.
fn hold(kind: DashboardType, history: &[Run], order: &[usize], periods: &[&str]) {
    let all = VisualizationConfig::parse(CONFIG).unwrap();
    let once: Vec<_> = history.iter().map(|run| run.whole(&all)).collect();
    let rows = counted(history);
    for view in cases::views(kind, &all, &once) {
        check(kind, &view, &rows);
    }
    let twice: Vec<_> = order.iter().map(|index| once[*index].clone()).collect();
    for period in periods {
        let config = CONFIG.replace("\"all\"", &format!("\"{period}\""));
        let config = VisualizationConfig::parse(&config).unwrap();
        assert_eq!(
            views(kind, &config, &once),
            views(kind, &config, &twice),
            "{period}"
        );
    }
    // The runs that stand, each told as two results of adjoining windows.
    let standing: Vec<&Run> = history
        .iter()
        .filter(|run| {
            history
                .iter()
                .all(|other| other.execution != run.execution || other.rank() <= run.rank())
        })
        .collect();
    let whole: Vec<_> = standing.iter().map(|run| run.whole(&all)).collect();
    let split: Vec<_> = standing
        .iter()
        .flat_map(|run| {
            let (first, last) = (run.start, run.start + run.days - 1);
            let middle = first + run.seed % run.days;
            let head = run.result(first, middle, 0, &all);
            let tail = (middle < last).then(|| run.result(middle + 1, last, 1, &all));
            std::iter::once(head).chain(tail)
        })
        .collect();
    // A result counts whole in what was left out on the way, however much of it is shown.
    let shown = |results: &[(Candidate, Partial)]| -> Vec<String> {
        let quality = |text: &str| {
            let (before, rest) = text.split_once("\"data_quality\":{").unwrap();
            let (_, after) = rest.split_once("},\"datasets\"").unwrap();
            format!("{before}{after}")
        };
        views(kind, &all, results)
            .iter()
            .map(|text| quality(text))
            .collect()
    };
    assert_eq!(shown(&whole), shown(&split), "split");
}

fn told_twice() -> impl Strategy<Value = (Vec<Run>, Vec<usize>)> {
    histories().prop_flat_map(|history| {
        let twice: Vec<usize> = (0..history.len()).chain(0..history.len()).collect();
        (Just(history), Just(twice).prop_shuffle())
    })
}

/// How many histories of a type are told.
#[allow(clippy::disallowed_methods, reason = "a test is told how long to try")]
fn cases() -> u32 {
    let asked = std::env::var("DASHLOOM_HISTORIES").ok();
    asked.map_or(32, |text| text.parse().expect("DASHLOOM_HISTORIES is no number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None,
        max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn standard((history, order) in told_twice()) {
        hold(DashboardType::Standard, &history, &order, &["rolling", "week"]);
    }

    #[test]
    fn funnel((history, order) in told_twice()) {
        hold(DashboardType::Funnel, &history, &order, &["rolling", "month"]);
    }

    #[test]
    fn comparison((history, order) in told_twice()) {
        hold(DashboardType::Comparison, &history, &order, &["rolling", "week"]);
    }

    #[test]
    fn custom((history, order) in told_twice()) {
        hold(DashboardType::Custom, &history, &order, &["rolling", "execution"]);
    }
}
