//! The floor: the rows that the service wrote, written bare, on one connection, in batches of the same size.

use std::time::Instant;

use anyhow::{Context, Result};
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::value::RawValue;
use tokio_postgres::types::{Json, ToSql};
use tokio_postgres::{Client, Row};

use crate::run::Ground;
use crate::say;
use crate::stage::engine;

/// A table the service writes for each execution, and what makes a row of it the same row.
const TABLES: [(&str, &str); 6] = [
    ("dashloom.partials", "workflow_id, execution_id"),
    ("public.dashboard_views", "id"),
    ("public.dashboard_insights", "id"),
    ("dashloom.view_events", "view_id, version"),
    ("public.workflow_executions", "id"),
    ("dashloom.outbox", "seq, slot"),
];

/// Writes what the service wrote for `executions` executions into copies of its tables, with
/// `INSERT … SELECT FROM unnest … ON CONFLICT`; gives executions a second.
pub async fn measure(ground: &Ground, executions: usize, transactions: usize) -> Result<f64> {
    let batch = executions.div_ceil(transactions.max(1));
    say(&format!(
        "writing the same rows bare, {batch} executions a transaction"
    ));
    let mut client = engine::connect(ground.database_url()).await?;
    client.batch_execute("create schema bare").await?;
    let mut writes = Vec::new();
    for (source, key) in TABLES {
        writes.push(Write::prepare(&client, source, key).await?);
    }
    let batches: Vec<Vec<Vec<Column>>> = (0..transactions)
        .map(|n| {
            writes
                .iter()
                .map(|write| write.columns(n, transactions))
                .collect()
        })
        .collect();
    client.batch_execute("vacuum analyze").await?;
    client.batch_execute("checkpoint").await?;
    let began = Instant::now();
    for batch in &batches {
        let transaction = client.transaction().await?;
        for (write, columns) in writes.iter().zip(batch) {
            let parameters: Vec<&(dyn ToSql + Sync)> = columns.iter().map(Column::parameter).collect();
            transaction.execute(&write.statement, &parameters).await?;
        }
        transaction.commit().await?;
    }
    let per_s = executions as f64 / began.elapsed().as_secs_f64();
    say(&format!("{per_s:.0} a second bare"));
    client.batch_execute("drop schema bare cascade").await?;
    Ok(per_s)
}

/// One table's rows, in the order the service wrote them, and the statement that writes a batch of them.
struct Write {
    statement: tokio_postgres::Statement,
    types: Vec<String>,
    rows: Vec<Row>,
    key: Vec<usize>,
}

impl Write {
    /// Copies the table without its rows and reads what the service wrote. A view is written once for each of its
    /// events; of its earlier versions only the last one's row is left, which is as long.
    async fn prepare(client: &Client, source: &str, key: &str) -> Result<Self> {
        let name = source.rsplit('.').next().context("no table name")?;
        let target = format!("bare.{name}");
        client
            .batch_execute(&format!("create table {target} (like {source} including all)"))
            .await?;
        let described = "select attname::text, format_type(atttypid, atttypmod) from pg_attribute \
                         where attrelid = $1::text::regclass and attnum > 0 and not attisdropped \
                         and attgenerated = '' order by attnum";
        let columns = client.query(described, &[&source]).await?;
        let columns: Vec<(String, String)> = columns.iter().map(|row| (row.get(0), row.get(1))).collect();
        if name == "workflow_executions" {
            // The engine's rows are there before; the service sets their flag.
            let fill = format!(
                "insert into {target} select * from {source}; update {target} set dashboard_processed = false"
            );
            client.batch_execute(&fill).await?;
            client.batch_execute(&format!("vacuum full {target}")).await?;
        }
        let quoted: Vec<String> = columns.iter().map(|(name, _)| format!("t.\"{name}\"")).collect();
        let select: Vec<String> = quoted
            .iter()
            .zip(&columns)
            .map(|(name, (_, kind))| read_as(name, kind))
            .collect();
        let (from, order) = match name {
            "dashboard_views" => (
                format!("dashloom.outbox o join {source} t on t.id::text = o.aggregateid"),
                "o.seq",
            ),
            "partials" => (format!("{source} t"), "t.stored_at"),
            "dashboard_insights" => (
                format!("{source} t join public.dashboard_views v on v.id = t.dashboard_view_id"),
                "v.created_at, t.id",
            ),
            "outbox" | "view_events" => (format!("{source} t"), "t.seq"),
            _ => (
                format!("{source} t join dashloom.partials p on p.execution_id = t.id"),
                "p.stored_at",
            ),
        };
        let rows = client
            .query(
                &format!("select {} from {from} order by {order}", select.join(", ")),
                &[],
            )
            .await?;
        let position = |wanted: &str| columns.iter().position(|(name, _)| name == wanted);
        let key_columns = key
            .split(", ")
            .map(|part| position(part).context("no key column"))
            .collect::<Result<_>>()?;
        let statement = client.prepare(&insert(&target, &columns, key)).await?;
        let types = columns.into_iter().map(|(_, kind)| kind).collect();
        Ok(Self {
            statement,
            types,
            rows,
            key: key_columns,
        })
    }

    /// The n-th of `of` equal parts as arrays, the last row of a key only.
    fn columns(&self, n: usize, of: usize) -> Vec<Column> {
        let part = &self.rows[self.rows.len() * n / of..self.rows.len() * (n + 1) / of];
        let mut seen = std::collections::HashSet::new();
        let mut kept: Vec<&Row> = part
            .iter()
            .rev()
            .filter(|row| {
                let values = self
                    .key
                    .iter()
                    .map(|at| Column::of(&self.types[*at], *at, &[row]));
                seen.insert(values.map(|column| format!("{column:?}")).collect::<String>())
            })
            .collect();
        kept.reverse();
        self.types
            .iter()
            .enumerate()
            .map(|(at, kind)| Column::of(kind, at, &kept))
            .collect()
    }
}

/// The expression that reads a column as one of the types below.
fn read_as(name: &str, kind: &str) -> String {
    match kind {
        "uuid"
        | "bigint"
        | "integer"
        | "smallint"
        | "bytea"
        | "date"
        | "boolean"
        | "jsonb"
        | "timestamp with time zone" => name.to_owned(),
        _ => format!("{name}::text"),
    }
}

fn insert(target: &str, columns: &[(String, String)], key: &str) -> String {
    let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let casts: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("new.\"{name}\"::{kind}"))
        .collect();
    let arrays: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(at, (name, kind))| {
            let array = if read_as(name, kind).ends_with("::text") {
                "text"
            } else {
                kind
            };
            format!("${}::{array}[]", at + 1)
        })
        .collect();
    let set: Vec<String> = names
        .iter()
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        "insert into {target} ({0}) select {1} from unnest({2}) as new ({0}) on conflict ({key}) do update set {3}",
        names.join(", "),
        casts.join(", "),
        arrays.join(", "),
        set.join(", ")
    )
}

/// One column of a batch as an array parameter.
#[derive(Debug)]
enum Column {
    Uuid(Vec<Option<uuid::Uuid>>),
    Long(Vec<Option<i64>>),
    Int(Vec<Option<i32>>),
    Short(Vec<Option<i16>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Date(Vec<Option<NaiveDate>>),
    Time(Vec<Option<DateTime<Utc>>>),
    Truth(Vec<Option<bool>>),
    Json(Vec<Option<Json<Box<RawValue>>>>),
    Text(Vec<Option<String>>),
}

impl Column {
    fn of(kind: &str, at: usize, rows: &[&Row]) -> Self {
        macro_rules! take {
            ($variant:ident) => {
                Self::$variant(rows.iter().map(|row| row.get(at)).collect())
            };
        }
        match kind {
            "uuid" => take!(Uuid),
            "bigint" => take!(Long),
            "integer" => take!(Int),
            "smallint" => take!(Short),
            "bytea" => take!(Bytes),
            "date" => take!(Date),
            "timestamp with time zone" => take!(Time),
            "boolean" => take!(Truth),
            "jsonb" => take!(Json),
            _ => take!(Text),
        }
    }

    fn parameter(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Uuid(values) => values,
            Self::Long(values) => values,
            Self::Int(values) => values,
            Self::Short(values) => values,
            Self::Bytes(values) => values,
            Self::Date(values) => values,
            Self::Time(values) => values,
            Self::Truth(values) => values,
            Self::Json(values) => values,
            Self::Text(values) => values,
        }
    }
}
