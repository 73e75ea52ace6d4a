//! What the engine will play: three workflows, their weekly executions, some overlaps, one restatement.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Days, NaiveDate, Utc};
use dashloom::event::wire::ResultFormat;
use uuid::Uuid;

use crate::flights::Flight;
use crate::stage::engine::{Finished, Workflow};

/// The whole play.
pub struct Script {
    pub workflows: Vec<Workflow>,
    /// In the order they are announced.
    pub executions: Vec<Finished>,
}

/// A query: its workflow's name, its configuration, and the result of one execution from the rows of its window.
struct Query {
    name: &'static str,
    configuration: &'static str,
    format: ResultFormat,
    result: fn(&[&Flight]) -> String,
}

const QUERIES: [Query; 3] = [
    Query {
        name: "airlines",
        configuration: r#"{"version":1,"period":"all"}"#,
        format: ResultFormat::JsonRows,
        result: by_carrier,
    },
    Query {
        name: "airports",
        configuration: r#"{"version":1,"period":"rolling"}"#,
        format: ResultFormat::Csv,
        result: by_origin,
    },
    Query {
        name: "cancellations",
        configuration: r#"{"version":1,"period":"month",
            "measures":{"flights":{"agg":"sum","column":"flights"},
                        "cancelled":{"agg":"sum","column":"cancelled"},
                        "cancellation_rate":{"ratio":["cancelled","flights"],"format":"percent","good":"down"}}}"#,
        format: ResultFormat::Ndjson,
        result: cancellations,
    },
];

/// Writes the play for this run; the same run gets the same ids.
pub fn write(run: Uuid, flights: &[Flight]) -> Script {
    let mut script = Script {
        workflows: Vec::new(),
        executions: Vec::new(),
    };
    for query in &QUERIES {
        let id = Uuid::new_v5(&run, query.name.as_bytes());
        let configuration = Some(query.configuration.to_owned());
        script.workflows.push(Workflow {
            id,
            name: query.name.to_owned(),
            configuration,
        });
        script.executions.extend(executions(query, id, flights));
    }
    // As an engine does: by the time each one ended, whichever the workflow. A re-run comes last of its own time.
    script
        .executions
        .sort_by_key(|finished| (finished.finished_at, finished.run));
    script
}

/// 52 weeks (the last has 8 days), one wider window over weeks that were told before, and for the cancellations a first
/// run of the blizzard's week that missed some rows, restated by a second run.
fn executions(query: &Query, workflow: Uuid, flights: &[Flight]) -> Vec<Finished> {
    let mut all = Vec::new();
    for week in 0..52 {
        let from = day(week * 7);
        let to = if week == 51 { day(364) } else { day(week * 7 + 6) };
        all.push(execution(
            query,
            workflow,
            &format!("week {week}"),
            (from, to),
            flights,
        ));
    }
    // The overlaps: half a month asked for again, ending in the middle of a week.
    let (from, to) = (day(98), day(113));
    let mut again = execution(query, workflow, "overlap", (from, to), flights);
    again.finished_at += chrono::TimeDelta::hours(2);
    all.push(again);
    if query.name == "cancellations" {
        let blizzard = 5;
        let partial: Vec<Flight> = flights
            .iter()
            .filter(|flight| flight.origin != "LGA")
            .cloned()
            .collect();
        let whole = all[blizzard].clone();
        all[blizzard] = execution(query, workflow, "week 5", whole.window, &partial);
        let finished_at = whole.finished_at + chrono::TimeDelta::days(3);
        all.push(Finished {
            run: 1,
            finished_at,
            ..whole
        });
    }
    all
}

fn execution(
    query: &Query,
    workflow: Uuid,
    name: &str,
    window: (NaiveDate, NaiveDate),
    flights: &[Flight],
) -> Finished {
    let rows: Vec<&Flight> = flights
        .iter()
        .filter(|flight| window.0 <= flight.date && flight.date <= window.1)
        .collect();
    Finished {
        id: Uuid::new_v5(&workflow, name.as_bytes()),
        workflow_id: workflow,
        run: 0,
        finished_at: morning_after(window.1),
        window,
        format: query.format,
        rows: (query.result)(&rows).into_bytes(),
        hints: Vec::new(),
    }
}

/// `[{"date":…,"carrier":…,"flights":…,…}]`, one row a day and airline; delays as decimal text.
fn by_carrier(rows: &[&Flight]) -> String {
    let sums = group(rows, |flight| flight.carrier.clone());
    let row = |((date, carrier), [flights, cancelled, delay, distance]): (
        &(NaiveDate, String),
        &[i64; 4],
    )| {
        format!(
            r#"{{"date":"{date}","carrier":"{carrier}","flights":{flights},"cancelled":{cancelled},"delay_minutes":"{delay}.0","distance":{distance}}}"#
        )
    };
    format!("[{}]", sums.iter().map(row).collect::<Vec<_>>().join(","))
}

/// CSV, one row a day and airport.
fn by_origin(rows: &[&Flight]) -> String {
    let mut text = "date,origin,flights,cancelled,distance\n".to_owned();
    for ((date, origin), [flights, cancelled, _, distance]) in &group(rows, |flight| flight.origin.clone()) {
        let _ = writeln!(text, "{date},{origin},{flights},{cancelled},{distance}");
    }
    text
}

/// One JSON object a line, a day, airport and airline each.
fn cancellations(rows: &[&Flight]) -> String {
    let line = |flight: &&Flight| {
        format!(
            "{{\"date\":\"{}\",\"origin\":\"{}\",\"carrier\":\"{}\",\"flights\":{},\"cancelled\":{}}}\n",
            flight.date, flight.origin, flight.carrier, flight.flights, flight.cancelled
        )
    };
    rows.iter().map(line).collect()
}

/// Flights, cancelled, delay and distance by day and the given dimension.
fn group(rows: &[&Flight], dimension: fn(&Flight) -> String) -> BTreeMap<(NaiveDate, String), [i64; 4]> {
    let mut sums: BTreeMap<(NaiveDate, String), [i64; 4]> = BTreeMap::new();
    for flight in rows {
        let sum = sums.entry((flight.date, dimension(flight))).or_default();
        let values = [flight.flights, flight.cancelled, flight.delay, flight.distance];
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
    }
    sums
}

/// The n-th day of 2013, from 0.
fn day(n: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2013, 1, 1).unwrap_or_default() + Days::new(n)
}

fn morning_after(date: NaiveDate) -> DateTime<Utc> {
    (date + Days::new(1))
        .and_hms_opt(4, 0, 0)
        .unwrap_or_default()
        .and_utc()
}
