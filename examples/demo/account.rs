//! The account of a run: what became of every execution, what the dashboards hold, which events came.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use chrono::NaiveDate;
use dashloom::event::wire::DashboardUpdated;
use serde_json::Value;
use tokio_postgres::Client;
use uuid::Uuid;

/// What became of the executions, by outcome.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Outcomes {
    pub applied: i64,
    pub superseded: i64,
    pub dead_lettered: i64,
    pub duplicate: i64,
    pub skipped: i64,
    /// Still waiting for what they need.
    pub parked: i64,
    /// Offsets that the log is said not to hold; nothing that the engine announced may be among them.
    pub gap: i64,
}

impl Outcomes {
    /// What the service wrote beside its positions for this consumer group; parked ones are not settled.
    pub async fn read(db: &Client, group: &str) -> Result<Self> {
        let query = "select coalesce(sum(applied + settled_applied), 0)::bigint, \
                     coalesce(sum(superseded + settled_superseded), 0)::bigint, \
                     coalesce(sum(dead_lettered + settled_dead_lettered), 0)::bigint, \
                     coalesce(sum(duplicate + settled_duplicate), 0)::bigint, \
                     coalesce(sum(skipped + settled_skipped), 0)::bigint, \
                     coalesce(sum(parked - settled_applied - settled_superseded - settled_dead_lettered \
                         - settled_duplicate - settled_skipped), 0)::bigint, \
                     coalesce(sum(gap), 0)::bigint \
                     from dashloom.consumer_positions where consumer_group = $1";
        let row = db.query_one(query, &[&group]).await?;
        Ok(Self {
            applied: row.get(0),
            superseded: row.get(1),
            dead_lettered: row.get(2),
            duplicate: row.get(3),
            skipped: row.get(4),
            parked: row.get(5),
            gap: row.get(6),
        })
    }

    /// How many executions have an outcome.
    pub fn settled(self) -> i64 {
        self.applied + self.superseded + self.dead_lettered + self.duplicate + self.skipped
    }
}

/// A dashboard as a reader of the database sees it.
#[derive(Debug, Clone)]
pub struct Dashboard {
    pub workflow_id: Uuid,
    pub view_id: Uuid,
    pub dashboard_type: String,
    pub period_key: String,
    pub version: i64,
    pub dates: (NaiveDate, NaiveDate),
    pub executions: i32,
    pub metrics: Vec<Value>,
}

impl Dashboard {
    /// Every dashboard of these workflows, in the workflows' order, then by period.
    pub async fn read(db: &Client, workflows: &[Uuid]) -> Result<Vec<Self>> {
        let query = "select v.workflow_id, v.id, v.period_key, v.version, v.data_start_date, v.data_end_date, \
                     cardinality(v.execution_ids), v.metrics_summary, c.dashboard_type from dashboard_views v \
                     join report_configurations c on c.id = v.report_configuration_id \
                     where v.workflow_id = any($1) order by array_position($1, v.workflow_id), v.period_key";
        let rows = db.query(query, &[&workflows]).await?;
        let dashboard = |row: &tokio_postgres::Row| Self {
            workflow_id: row.get(0),
            view_id: row.get(1),
            dashboard_type: row.get(8),
            period_key: row.get(2),
            version: row.get(3),
            dates: (row.get(4), row.get(5)),
            executions: row.get(6),
            metrics: row.get::<_, Value>(7)["metrics"]
                .as_array()
                .cloned()
                .unwrap_or_default(),
        };
        Ok(rows.iter().map(dashboard).collect())
    }

    /// A metric of this dashboard.
    pub fn metric(&self, id: &str) -> Option<&Value> {
        self.metrics.iter().find(|metric| metric["id"] == id)
    }

    /// A metric's value where it is a whole number.
    pub fn whole(&self, id: &str) -> Option<i64> {
        self.metric(id)?["value"].as_i64()
    }
}

/// How many versions of these dashboards no event announced, and how many were announced that are not there.
pub fn missing_events(dashboards: &[Dashboard], events: &[DashboardUpdated]) -> i64 {
    let mut announced: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for event in events {
        announced
            .entry(event.dashboard_view_id.clone())
            .or_default()
            .insert(event.view_version);
    }
    let mut missing = 0;
    for dashboard in dashboards {
        let heard = announced
            .remove(&dashboard.view_id.to_string())
            .unwrap_or_default();
        let versions: BTreeSet<u64> = (1..=dashboard.version.unsigned_abs()).collect();
        missing += versions.symmetric_difference(&heard).count();
    }
    missing += announced.values().map(BTreeSet::len).sum::<usize>();
    i64::try_from(missing).unwrap_or(i64::MAX)
}
