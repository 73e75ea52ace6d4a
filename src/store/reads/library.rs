//! The reports library: which reports a page of it shows.

use tokio_postgres::Row;
use uuid::Uuid;

use super::After;
use super::conditions::{Conditions, Direction};
use super::reports::{ReportStatus, STANDING, filled};
use crate::store::{GenericClient, StoreError, Upstream};

/// How many reports are few.
const FEW: usize = 200;

/// What the library is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportSort {
    /// The workflow's name, without regard to case.
    Name,
    /// When a dashboard last changed.
    Updated,
    /// When the report was made.
    Created,
}

/// Which reports, and where to begin.
#[derive(Debug, Clone)]
pub struct ReportFilter {
    /// Only these; `None` for all.
    pub among: Option<Vec<Uuid>>,
    /// Only of this workflow.
    pub workflow: Option<Uuid>,
    /// Only of this dashboard type.
    pub dashboard_type: Option<String>,
    /// Only those whose name or id contains this.
    pub search: Option<String>,
    /// Only those that stand so.
    pub status: Option<ReportStatus>,
    /// Those whose configuration is wrong, which [`wrong`] finds.
    pub wrong: Vec<Uuid>,
    /// The order.
    pub sort: ReportSort,
    /// The other way round.
    pub descending: bool,
    /// Behind this row.
    pub after: Option<After>,
    /// At most so many.
    pub limit: i64,
}

impl ReportFilter {
    /// Whether it asks for what only the engine's tables know.
    pub fn asks_engine(&self) -> bool {
        self.sort == ReportSort::Name || self.search.is_some() || self.status.is_some()
    }
}

/// A report that was chosen for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Its configuration's id.
    pub id: Uuid,
    /// The value that the library is sorted by.
    pub key: String,
}

/// The ids of the configurations that the current role and claims let through.
pub async fn visible_configurations(db: &impl GenericClient) -> Result<Vec<Uuid>, StoreError> {
    let statement = db.prepare_cached("SELECT id FROM report_configurations").await?;
    let rows = db.query(&statement, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The same, where they are few: then it costs less to look at their dashboards than to pass by those of all others.
pub async fn few_visible_configurations(db: &impl GenericClient) -> Result<Option<Vec<Uuid>>, StoreError> {
    let sql = format!("SELECT id FROM report_configurations LIMIT {}", FEW + 1);
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, &[]).await?;
    match rows.len() > FEW {
        true => Ok(None),
        false => Ok(Some(
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?,
        )),
    }
}

/// The configurations among these (`None`: all) that `is_wrong` takes the JSON of for wrong. Equal ones are judged once.
pub async fn wrong(
    db: &impl GenericClient,
    among: Option<&[Uuid]>,
    is_wrong: impl Fn(&str) -> bool,
) -> Result<Vec<Uuid>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT visualization_config::text, array_agg(id) FROM report_configurations \
             WHERE visualization_config <> '{}' AND ($1::uuid[] IS NULL OR id = ANY($1)) GROUP BY visualization_config",
        )
        .await?;
    let mut found = Vec::new();
    for row in db.query(&statement, &[&among]).await? {
        let (config, ids): (String, Vec<Uuid>) = (row.try_get(0)?, row.try_get(1)?);
        if is_wrong(&config) {
            found.extend(ids);
        }
    }
    Ok(found)
}

/// Chooses the reports of a page, in its order, of what the current role and claims let through. A role that may read the engine's
/// tables is needed where the filter [asks for them](ReportFilter::asks_engine).
pub async fn choose(
    db: &impl GenericClient,
    upstream: &Upstream,
    filter: &ReportFilter,
) -> Result<Vec<Chosen>, StoreError> {
    let search = filter.search.as_deref().map(pattern);
    let status = filter.status.map(ReportStatus::name);
    let (sql, wanted) = question(upstream, filter, search.as_ref(), status.as_ref());
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, wanted.values()).await?;
    rows.iter().map(chosen).collect()
}

fn chosen(row: &Row) -> Result<Chosen, StoreError> {
    Ok(Chosen {
        id: row.try_get(0)?,
        key: row.try_get(1)?,
    })
}

/// The statement that a filter asks for, and its values.
fn question<'a>(
    upstream: &Upstream,
    filter: &'a ReportFilter,
    search: Option<&'a String>,
    status: Option<&'a &'static str>,
) -> (String, Conditions<'a>) {
    let mut wanted = Conditions::default();
    wanted.when(filter.workflow.as_ref(), |workflow| {
        format!("c.workflow_id = {workflow}")
    });
    wanted.when(filter.dashboard_type.as_ref(), |kind| {
        format!("c.dashboard_type = {kind}")
    });
    wanted.when(search, |search| {
        format!(
            "({{name}} ILIKE {search} OR c.id::text ILIKE {search} OR c.workflow_id::text ILIKE {search})"
        )
    });
    wanted.when(status, |status| {
        format!("{status} = (SELECT {STANDING} FROM ({{views}}) n, ({{pending}}) p)")
    });
    let is_wrong = match filter.status {
        Some(_) => format!("c.id = ANY({})", wanted.value(&filter.wrong)),
        None => String::new(),
    };
    let mut among = "report_configurations c".to_owned();
    if let Some(ids) = &filter.among {
        let ids = wanted.value(ids);
        among = format!("unnest({ids}::uuid[]) seen (id) JOIN report_configurations c USING (id)");
    }
    if filter.asks_engine() {
        among.push_str(" JOIN {workflows} w ON w.id = c.workflow_id");
    }
    let sql = match filter.sort {
        ReportSort::Name => by_its_own(
            filter,
            &mut wanted,
            &among,
            "lower(coalesce({name}, '')) COLLATE \"C\"",
            "text",
        ),
        ReportSort::Created => by_its_own(filter, &mut wanted, &among, &micros("c.created_at"), "bigint"),
        ReportSort::Updated => by_dashboards(filter, &mut wanted, &among),
    };
    (filled(upstream, sql, &is_wrong), wanted)
}

/// Orders reports by what their configuration or their workflow says.
fn by_its_own<'a>(
    filter: &'a ReportFilter,
    wanted: &mut Conditions<'a>,
    among: &str,
    key: &str,
    kind: &str,
) -> String {
    let direction = Direction::of(filter.descending);
    let begin = wanted.behind(filter.after.as_ref(), &format!("{key}, c.id"), direction, |key| {
        format!("{key}::text::{kind}")
    });
    format!(
        "SELECT c.id, ({key})::text FROM {among} WHERE {} AND {begin} ORDER BY {key} {direction}, c.id {direction} LIMIT {}",
        wanted.text(),
        filter.limit
    )
}

/// Orders reports by when a dashboard of theirs last changed: goes through the dashboards in that order, and past all that are not the
/// latest of their report, until there are enough. Reports without any come last, or first the other way round.
fn by_dashboards<'a>(filter: &'a ReportFilter, wanted: &mut Conditions<'a>, among: &str) -> String {
    let (direction, limit) = (Direction::of(filter.descending), filter.limit);
    let all = wanted.text();
    // Whoever may see a dashboard may see its report.
    let dashboards = match all.as_str() {
        "true" if filter.among.is_none() => "dashboard_views v".to_owned(),
        _ => format!("{among} JOIN dashboard_views v ON v.report_configuration_id = c.id"),
    };
    let after = filter.after.as_ref();
    let told_behind = wanted.behind(after, "v.last_updated, v.report_configuration_id", direction, |key| {
        let micros = format!("greatest(least({key}::text::bigint, 9000000000000000), -9000000000000000)");
        format!(
            "CASE {micros} WHEN 0 THEN '-infinity' ELSE timestamptz 'epoch' + {micros} * interval '1 microsecond' END"
        )
    });
    let untold_behind = wanted.behind(after, "0, c.id", direction, |key| format!("{key}::text::bigint"));
    let are_wanted = match filter.descending {
        true => format!("(SELECT count(*) FROM told) < {limit}"),
        false => "true".to_owned(),
    };
    format!(
        "WITH told AS MATERIALIZED ( \
             SELECT v.report_configuration_id AS id, v.last_updated FROM {dashboards} \
             WHERE v.last_updated IS NOT NULL AND {all} AND {told_behind} AND NOT EXISTS ( \
                 SELECT FROM dashboard_views o WHERE o.report_configuration_id = v.report_configuration_id \
                 AND (o.last_updated, o.id) > (v.last_updated, v.id)) \
             ORDER BY v.last_updated {direction}, v.report_configuration_id {direction} LIMIT {limit} \
         ), untold AS MATERIALIZED ( \
             SELECT c.id FROM {among} WHERE {all} AND {untold_behind} AND {are_wanted} AND NOT EXISTS ( \
                 SELECT FROM dashboard_views v WHERE v.report_configuration_id = c.id AND v.last_updated IS NOT NULL) \
             ORDER BY c.id {direction} LIMIT {limit} \
         ) \
         SELECT id, key::text FROM ( \
             SELECT id, {} AS key FROM told UNION ALL SELECT id, 0 FROM untold \
         ) both_kinds ORDER BY both_kinds.key {direction}, id {direction} LIMIT {limit}",
        micros("last_updated")
    )
}

/// Microseconds, which a page can begin behind; 0 for none.
fn micros(time: &str) -> String {
    format!("coalesce((extract(epoch FROM {time}) * 1000000)::bigint, 0)")
}

/// What `ILIKE` takes for "contains this text".
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
