//! Convergence: a dashboard is a function of the set of results, whatever order, batches and repeats they come in.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate, NaiveTime};
use dashloom::event::wire::ResultFormat;
use dashloom::fold::{Recall, Why};
use uuid::Uuid;

use crate::harness::{Finished, Kitchen, View, finished};

/// New York's flights of 2013 by day, origin and carrier.
const FLIGHTS: &str = include_str!("../../examples/flights/daily_origin_carrier.csv");

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The flights of a window as CSV with the given columns.
fn flights(window: (NaiveDate, NaiveDate), columns: &[&str]) -> Vec<u8> {
    let mut reader = csv::Reader::from_reader(FLIGHTS.as_bytes());
    let indices: Vec<usize> = columns
        .iter()
        .map(|column| {
            reader
                .headers()
                .unwrap()
                .iter()
                .position(|name| name == *column)
                .unwrap()
        })
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).unwrap();
    for record in reader.records().map(Result::unwrap) {
        let day = date(&record[0]);
        if window.0 <= day && day <= window.1 {
            writer
                .write_record(indices.iter().map(|index| &record[*index]))
                .unwrap();
        }
    }
    writer.into_inner().unwrap()
}

const COLUMNS: [&str; 6] = [
    "date",
    "origin",
    "carrier",
    "flights",
    "cancelled",
    "dep_delay_sum",
];

fn execution(
    workflow: Uuid,
    number: u128,
    run: u32,
    window: (NaiveDate, NaiveDate),
    delay_days: u64,
) -> Finished {
    let finished = (window.1 + Days::new(delay_days))
        .and_time(NaiveTime::MIN)
        .and_utc();
    Finished {
        id: Uuid::from_u128(0xf11e_0000 + number),
        workflow_id: workflow,
        run,
        finished_at: finished,
        window,
        format: ResultFormat::Csv,
        rows: flights(window, &COLUMNS),
        hints: Vec::new(),
    }
}

/// 26 fortnights that overlap by two days, two re-runs (one over a narrower window), an empty restatement of a day, and
/// one late result for the summer.
fn year(workflow: Uuid) -> Vec<Finished> {
    let first = date("2013-01-01");
    let mut history: Vec<Finished> = (0..26)
        .map(|index| {
            let start = first + Days::new(index * 14);
            let end = (start + Days::new(15)).min(date("2013-12-31"));
            execution(workflow, u128::from(index), 0, (start, end), 1)
        })
        .collect();
    history.push(execution(workflow, 3, 1, history[3].window, 40));
    history.push(execution(
        workflow,
        7,
        1,
        (date("2013-04-10"), date("2013-04-12")),
        60,
    ));
    let mut empty = execution(workflow, 100, 0, (date("2013-05-05"), date("2013-05-05")), 200);
    empty.rows = b"date,origin,carrier,flights,cancelled,dep_delay_sum\n".to_vec();
    history.push(empty);
    history.push(execution(
        workflow,
        101,
        0,
        (date("2013-06-01"), date("2013-08-31")),
        30,
    ));
    history
}

/// A small generator of the test's own (xorshift), so that a failure names the seed that reproduces it.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            items.swap(index, self.roll(index + 1));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_with_repeats_gives_the_same_bytes() {
    for period in ["all", "rolling", "month"] {
        let mut kitchen = Kitchen::new().await;
        let mut history = year(Uuid::nil());
        let mut expected: Option<Vec<String>> = None;
        for seed in 1..=20 {
            let workflow = kitchen.workflow(&format!(r#"{{"period":"{period}"}}"#)).await;
            history
                .iter_mut()
                .for_each(|execution| execution.workflow_id = workflow);
            let mut dice = Dice(u64::wrapping_mul(seed, 0x9e37_79b9_7f4a_7c15));
            let mut events: Vec<&Finished> = history.iter().chain(&history[..10]).collect();
            if seed > 1 {
                dice.shuffle(&mut events);
            }
            let mut rest = &events[..];
            while !rest.is_empty() {
                let (batch, later) = rest.split_at(1 + dice.roll(rest.len().min(12)));
                kitchen.apply(batch).await;
                rest = later;
            }
            let bytes = kitchen.bytes(workflow).await;
            assert!(!bytes.is_empty());
            match &expected {
                None => expected = Some(bytes),
                Some(expected) => assert_eq!(expected, &bytes, "period {period}, seed {seed}"),
            }
            kitchen
                .database
                .execute("delete from workflows where id = $1", &[&workflow])
                .await
                .unwrap();
            let left: i64 = kitchen
                .database
                .query_one("select count(*) from dashloom.partials", &[])
                .await
                .unwrap()
                .get(0);
            assert_eq!(left, 0, "a deleted workflow leaves partials behind");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_event_does_not_read_a_year_again() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let history = year(workflow);
    let (last, before) = history.split_last().unwrap();
    kitchen.apply(&before.iter().collect::<Vec<_>>()).await;
    // Were it read again, it would be found damaged, and the view would stay as it was.
    let damage = "update dashloom.partials set body = '\\x00' where execution_id = $1 returning 1";
    let damaged = kitchen.database.query(damage, &[&history[20].id]).await.unwrap();
    assert_eq!(damaged.len(), 1);
    kitchen.apply(&[last]).await;
    let recalled = kitchen.bytes(workflow).await;
    assert!(recalled[0].contains(&last.id.to_string()));

    // A service that has just started reads all of it.
    kitchen.recipe.fold.recall = Recall::of_at_most(96 << 20);
    let more = execution(workflow, 102, 0, (date("2013-09-02"), date("2013-09-03")), 90);
    kitchen.apply(&[&more]).await;
    assert_eq!(kitchen.bytes(workflow).await, recalled);

    let mut fresh = Kitchen::new().await;
    let workflow = fresh.workflow(r#"{"period":"all"}"#).await;
    let history = year(workflow);
    fresh.apply(&history.iter().collect::<Vec<_>>()).await;
    assert_eq!(fresh.bytes(workflow).await, recalled);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recalled_is_drawn_as_what_is_read() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let history = year(workflow);
    kitchen.apply(&history.iter().collect::<Vec<_>>()).await;
    let mut seen = kitchen.bytes(workflow).await;
    // A rebuild reads everything: where it finds other bytes than were drawn, it writes them.
    let mut holds = async |kitchen: &Kitchen, step: &str| {
        let drawn = kitchen.bytes(workflow).await;
        assert_ne!(drawn, seen, "{step} changes what is drawn");
        assert_eq!(kitchen.rerender(workflow, Why::Rebuild).await, 0, "{step}");
        seen = drawn;
    };

    let mut again = execution(workflow, 12, 5, history[12].window, 90);
    again.rows = flights((history[12].window.0, history[12].window.0), &COLUMNS);
    kitchen.apply(&[&again]).await;
    holds(&kitchen, "another run").await;
    kitchen.withdraw(workflow, history[20].id, false).await;
    holds(&kitchen, "a withdrawal").await;
    kitchen.withdraw(workflow, history[20].id, true).await;
    holds(&kitchen, "its undoing").await;
    kitchen
        .configure(
            workflow,
            r#"{"period":"all","measures":{"carriers":{"agg":"distinct","column":"carrier"}}}"#,
        )
        .await;
    kitchen.rerender(workflow, Why::Configuration).await;
    holds(&kitchen, "another configuration").await;
    kitchen.replay(&[&again, &history[15]]).await;
    holds(&kitchen, "results formed anew").await;
}

/// Sums of the table's own cells, by the plainest means: cents of text.
fn sums(window: (NaiveDate, NaiveDate)) -> BTreeMap<&'static str, i64> {
    let mut sums = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(FLIGHTS.as_bytes());
    let headers = reader.headers().unwrap().clone();
    for record in reader.records().map(Result::unwrap) {
        let day = date(&record[0]);
        if window.0 <= day && day <= window.1 {
            for column in ["flights", "cancelled", "dep_delay_sum"] {
                let cell = &record[headers.iter().position(|name| name == column).unwrap()];
                let value: f64 = if cell.is_empty() {
                    0.0
                } else {
                    cell.parse().unwrap()
                };
                *sums.entry(column).or_default() += value as i64;
            }
        }
    }
    sums
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_equal_the_tables_own_sums() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let first = date("2013-01-01");
    let weeks: Vec<Finished> = (0..52)
        .map(|index| {
            let start = first + Days::new(index * 7);
            let end = if index == 51 {
                date("2013-12-31")
            } else {
                start + Days::new(6)
            };
            execution(workflow, u128::from(index), 0, (start, end), 1)
        })
        .collect();
    let counts = kitchen.apply(&weeks.iter().collect::<Vec<_>>()).await;
    assert_eq!(counts.applied, 52);
    let view = View::find(&kitchen.database, workflow, "all").await.unwrap();
    for (column, sum) in sums((first, date("2013-12-31"))) {
        assert_eq!(view.metric(column), Some(sum.to_string()), "{column}");
    }
    assert_eq!(view.dates, (first, date("2013-12-31")));
    assert_eq!(view.execution_ids.len(), 52);
    assert_eq!(view.version, 1, "one batch, one version");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_changes_nothing_and_announces_nothing() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow("{}").await;
    let history = year(workflow);
    let events: Vec<&Finished> = history.iter().collect();
    kitchen.apply(&events).await;
    let before = kitchen.bytes(workflow).await;
    let outbox = "select count(*) from dashloom.outbox";
    let announced: i64 = kitchen.database.query_one(outbox, &[]).await.unwrap().get(0);
    let counts = kitchen.apply(&events).await;
    assert_eq!(counts.applied, 0, "{counts:?}");
    assert_eq!(counts.duplicate + counts.superseded, events.len() as i64);
    assert_eq!(kitchen.bytes(workflow).await, before);
    assert_eq!(
        kitchen
            .database
            .query_one(outbox, &[])
            .await
            .unwrap()
            .get::<_, i64>(0),
        announced
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_result_replaces_the_dates_it_covers() {
    let mut kitchen = Kitchen::new().await;
    let workflow = kitchen.workflow(r#"{"period":"all"}"#).await;
    let week = (date("2013-03-04"), date("2013-03-10"));
    let mut first = execution(workflow, 1, 0, week, 1);
    first.rows = b"date,flights\n2013-03-04,5\n2013-03-05,7\n".to_vec();
    let mut second = execution(workflow, 2, 0, (date("2013-03-05"), date("2013-03-05")), 20);
    second.rows = b"date,flights\n2013-03-05,100\n".to_vec();
    kitchen.apply(&[&first]).await;
    kitchen.apply(&[&second]).await;
    let view = View::find(&kitchen.database, workflow, "all").await.unwrap();
    assert_eq!(view.metric("flights").as_deref(), Some("105"));
    assert_eq!(view.version, 2);
    let reasons = "select payload from dashloom.outbox order by seq";
    let events: Vec<dashloom::event::wire::DashboardUpdated> =
        (kitchen.database.query(reasons, &[]).await.unwrap())
            .iter()
            .map(|row| prost::Message::decode(row.get::<_, &[u8]>(0)).unwrap())
            .collect();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].reason(), dashloom::event::wire::Reason::Correction);
    assert_eq!((events[1].view_version, events[1].previous_version), (2, 1));
    assert_eq!(events[1].metrics[0].before.as_deref(), Some("12"));
    assert_eq!(events[1].metrics[0].after.as_deref(), Some("105"));
}

/// A few executions over some months: re-runs over other windows, results without a time column, and empty ones.
fn tangle(workflow: Uuid, dice: &mut Dice) -> Vec<Finished> {
    (0..10)
        .map(|_| {
            let (number, run) = (dice.roll(4) as u128, dice.roll(3) as u32);
            let start = date("2026-01-01") + Days::new(dice.roll(80) as u64);
            let end = start + Days::new(dice.roll(40) as u64);
            let (from, to) = (start.to_string(), end.to_string());
            let value = 10 + dice.roll(90);
            let csv = match dice.roll(4) {
                0 => format!("campaign,clicks\nbrand,{value}\n"),
                1 => "date,clicks\n".to_owned(),
                _ => format!("date,clicks\n{from},{value}\n{to},{value}\n"),
            };
            Finished {
                run,
                ..finished(workflow, number, (&from, &to), 1 + dice.roll(3) as u64, &csv)
            }
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn views_that_came_to_cover_nothing_do_not_depend_on_the_order_either() {
    let mut kitchen = Kitchen::new().await;
    let (mut emptied, mut told) = (0, 0);
    for (round, period) in ["month", "week", "rolling", "all", "execution", "month"]
        .iter()
        .enumerate()
    {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15 ^ (round as u64 + 1));
        let mut history = tangle(Uuid::nil(), &mut dice);
        let mut expected: Option<Vec<String>> = None;
        for order in 0..5 {
            let workflow = kitchen.workflow(&format!(r#"{{"period":"{period}"}}"#)).await;
            history
                .iter_mut()
                .for_each(|execution| execution.workflow_id = workflow);
            let mut events: Vec<&Finished> = history.iter().chain(&history[..4]).collect();
            dice.shuffle(&mut events);
            let mut rest = &events[..];
            while !rest.is_empty() {
                let (batch, later) = rest.split_at(1 + dice.roll(rest.len().min(4)));
                kitchen.apply(batch).await;
                rest = later;
            }
            kitchen.withdraw(workflow, history[0].id, false).await;
            let bytes = kitchen.bytes(workflow).await;
            match &expected {
                None => {
                    let views = View::all(&kitchen.database, workflow).await;
                    emptied += views.iter().filter(|view| view.execution_ids.is_empty()).count();
                    told += views.len();
                    expected = Some(bytes);
                }
                Some(expected) => {
                    assert_eq!(expected, &bytes, "period {period}, round {round}, order {order}")
                }
            }
        }
    }
    assert!(
        emptied > 3 && told > emptied,
        "{emptied} of {told} views are empty"
    );
}
