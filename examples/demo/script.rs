//! What the engine will play: three workflows with weekly executions, some overlaps and one restatement, and a fourth that
//! runs once a month; together a dashboard of every type.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use dashloom::event::wire::ResultFormat;
use uuid::Uuid;

use crate::flights::Flight;
use crate::stage::engine::{Finished, Workflow};

/// The whole play.
pub struct Script {
    pub workflows: Vec<Workflow>,
    /// The type of dashboard that each workflow is shown as, in the workflows' order.
    pub dashboard_types: Vec<&'static str>,
    /// In the order they are announced.
    pub executions: Vec<Finished>,
}

/// A query: its workflow's name, how it is shown, and the result of one execution from the rows of its window.
struct Query {
    name: &'static str,
    schedule: Schedule,
    dashboard_type: &'static str,
    configuration: &'static str,
    format: ResultFormat,
    result: fn(&[&Flight]) -> String,
}

/// When a query runs.
#[derive(Clone, Copy)]
enum Schedule {
    Weekly,
    Monthly,
}

const QUERIES: [Query; 4] = [
    Query {
        name: "airlines",
        schedule: Schedule::Weekly,
        dashboard_type: "standard",
        configuration: r#"{"version":1,"period":"all"}"#,
        format: ResultFormat::JsonRows,
        result: by_carrier,
    },
    Query {
        name: "airports",
        schedule: Schedule::Weekly,
        dashboard_type: "comparison",
        configuration: r#"{"version":1,"period":"rolling"}"#,
        format: ResultFormat::Csv,
        result: by_origin,
    },
    Query {
        name: "cancellations",
        schedule: Schedule::Weekly,
        dashboard_type: "custom",
        configuration: r#"{"version":1,"period":"month",
            "measures":{"flights":{"agg":"sum","column":"flights"},
                        "cancelled":{"agg":"sum","column":"cancelled"},
                        "cancellation_rate":{"ratio":["cancelled","flights"],"format":"percent","good":"down"}},
            "dimensions":{"day":{"column":"date","type":"time"},
                          "airline":{"column":"carrier","label":"Airline"},
                          "airport":{"column":"origin","label":"Airport"}},
            "panels":[
                {"id":"rate","mark":"kpi","y":"cancellation_rate","compare":"previous_period"},
                {"id":"days","title":"Cancelled flights by day","mark":"bar","x":"day","y":"cancelled"},
                {"id":"airlines","title":"Share of flights cancelled, by airline","mark":"bar","x":"airline",
                 "y":"cancellation_rate","top":{"n":10,"by":"flights"}},
                {"id":"where","title":"Share of flights cancelled, by airline and airport","mark":"heatmap","x":"airport",
                 "y":"airline","color":"cancellation_rate"}]}"#,
        format: ResultFormat::Ndjson,
        result: cancellations,
    },
    Query {
        name: "departures",
        schedule: Schedule::Monthly,
        dashboard_type: "funnel",
        configuration: r#"{"version":1,"period":"quarter",
            "measures":{"flights":{"agg":"sum","column":"flights","label":"Scheduled","order":1},
                        "departed":{"agg":"sum","column":"departed","label":"Departed","order":2},
                        "cancelled":{"agg":"sum","column":"cancelled","label":"Cancelled","good":"down","order":3}},
            "panels":[{"id":"departures","mark":"funnel","stages":["flights","departed"]}]}"#,
        format: ResultFormat::Csv,
        result: departures,
    },
];

/// Writes the play for this run; the same run gets the same ids.
pub fn write(run: Uuid, flights: &[Flight]) -> Script {
    let mut script = Script {
        workflows: Vec::new(),
        dashboard_types: Vec::new(),
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
        script.dashboard_types.push(query.dashboard_type);
        script.executions.extend(match query.schedule {
            Schedule::Weekly => weekly(query, id, flights),
            Schedule::Monthly => monthly(query, id, flights),
        });
    }
    // As an engine does: by the time each one ended, whichever the workflow. A re-run comes last of its own time.
    script
        .executions
        .sort_by_key(|finished| (finished.finished_at, finished.run));
    script
}

/// 52 weeks (the last has 8 days), one wider window over weeks that were told before, and for the cancellations a first
/// run of the blizzard's week that missed some rows, restated by a second run.
fn weekly(query: &Query, workflow: Uuid, flights: &[Flight]) -> Vec<Finished> {
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

/// The twelve months.
fn monthly(query: &Query, workflow: Uuid, flights: &[Flight]) -> Vec<Finished> {
    let first = |month: u32| day(0) + Months::new(month);
    let one = |month: u32| {
        let window = (first(month), first(month + 1) - Days::new(1));
        execution(query, workflow, &format!("month {month}"), window, flights)
    };
    (0..12).map(one).collect()
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

/// CSV, one row a day, airport and airline, with the flights that left beside those that should have.
fn departures(rows: &[&Flight]) -> String {
    let mut text = "date,origin,carrier,flights,departed,cancelled\n".to_owned();
    for flight in rows {
        let departed = flight.flights - flight.cancelled;
        let _ = writeln!(
            text,
            "{},{},{},{},{departed},{}",
            flight.date, flight.origin, flight.carrier, flight.flights, flight.cancelled
        );
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
