//! The reports library: configurations with their workflow, their newest dashboard and how they stand.

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::After;
use super::conditions::Conditions;
use crate::ids::{ConfigurationId, ViewId, WorkflowId};
use crate::store::{GenericClient, StoreError, Upstream};

/// How a report stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportStatus {
    /// It is switched off, here or on its workflow.
    Disabled,
    /// The newest result that is not in its dashboards could not be taken in, or its configuration is wrong.
    Failed,
    /// It is switched on and has no dashboard yet.
    Waiting,
    /// Some of its workflow's finished executions are not in its dashboards.
    Behind,
    /// Everything finished is in its dashboards.
    Current,
}

impl ReportStatus {
    const ALL: [(Self, &str); 5] = [
        (Self::Disabled, "disabled"),
        (Self::Failed, "failed"),
        (Self::Waiting, "waiting"),
        (Self::Behind, "behind"),
        (Self::Current, "current"),
    ];

    fn name(&self) -> &&'static str {
        Self::ALL
            .iter()
            .find(|(status, _)| status == self)
            .map_or(&"current", |(_, name)| name)
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == name)
            .map(|(status, _)| *status)
    }
}

/// One report.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its configuration's id.
    pub id: ConfigurationId,
    /// The workflow it reports on.
    pub workflow_id: WorkflowId,
    /// The workflow's name, where the engine keeps names.
    pub name: Option<String>,
    /// The query template it was made from.
    pub query_template_id: Option<Uuid>,
    /// Its own switch.
    pub enabled: bool,
    /// The workflow's switch.
    pub workflow_enabled: bool,
    /// `standard`, `funnel`, `comparison` or `custom`.
    pub dashboard_type: String,
    /// JSON.
    pub visualization_config: String,
    /// The user who made it.
    pub created_by: Option<Uuid>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// How many dashboards it has.
    pub dashboards: i64,
    /// When one of them last changed.
    pub last_updated: Option<DateTime<Utc>>,
    /// The dashboard whose data reaches furthest.
    pub newest: Option<Newest>,
    /// Finished executions that are not in the dashboards, counted up to 1,000.
    pub pending: i64,
    /// Why the newest of them is not.
    pub error: Option<String>,
    /// How it stands.
    pub status: ReportStatus,
    /// The value the list is sorted by.
    pub key: String,
}

/// The dashboard whose data reaches furthest.
#[derive(Debug, Clone)]
pub struct Newest {
    /// Which one.
    pub id: ViewId,
    /// Its period key.
    pub period_key: String,
    /// First covered date.
    pub start: NaiveDate,
    /// Last covered date.
    pub end: NaiveDate,
    /// Its version.
    pub version: i64,
    /// Its first four metrics, JSON.
    pub headline: String,
}

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

/// The ids of the configurations that the current role and claims let through.
pub async fn visible_configurations(db: &impl GenericClient) -> Result<Vec<Uuid>, StoreError> {
    let statement = db.prepare_cached("SELECT id FROM report_configurations").await?;
    let rows = db.query(&statement, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
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

/// Reads a page of the library. The caller may read the engine's tables and passes on whom the rows are for in `among`.
pub async fn reports(
    db: &impl GenericClient,
    upstream: &Upstream,
    filter: &ReportFilter,
) -> Result<Vec<Report>, StoreError> {
    let search = filter.search.as_deref().map(pattern);
    let (sql, wanted) = question(upstream, filter, search.as_ref());
    let statement = db.prepare_cached(&sql).await?;
    let rows = db.query(&statement, wanted.values()).await?;
    rows.iter().map(report).collect()
}

/// Reads one report. The caller has made sure that it may be seen, and judges its configuration.
pub async fn find_report(
    db: &impl GenericClient,
    upstream: &Upstream,
    id: ConfigurationId,
) -> Result<Option<Report>, StoreError> {
    let filter = ReportFilter {
        wrong: Vec::new(),
        among: Some(vec![id.0]),
        workflow: None,
        dashboard_type: None,
        search: None,
        status: None,
        sort: ReportSort::Created,
        descending: false,
        after: None,
        limit: 1,
    };
    Ok(reports(db, upstream, &filter).await?.into_iter().next())
}

/// Finished executions of a workflow that are in no dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unprocessed {
    /// How many.
    pub executions: i64,
    /// When the first of them was made.
    pub first: DateTime<Utc>,
    /// When the last of them was made.
    pub last: DateTime<Utc>,
}

/// What a replay would have to cover for a workflow's dashboards to catch up; `None` when nothing.
pub async fn unprocessed(
    db: &impl GenericClient,
    upstream: &Upstream,
    workflow: WorkflowId,
) -> Result<Option<Unprocessed>, StoreError> {
    let sql = format!(
        "SELECT count(*), min(created_at), max(created_at) FROM {} \
         WHERE workflow_id = $1 AND dashboard_processed = false AND status = 'SUCCEEDED'",
        upstream.workflow_executions
    );
    let statement = db.prepare_cached(&sql).await?;
    let row = db.query_one(&statement, &[&workflow.0]).await?;
    let (first, last): (Option<DateTime<Utc>>, Option<DateTime<Utc>>) = (row.try_get(1)?, row.try_get(2)?);
    let executions = row.try_get(0)?;
    Ok(first.zip(last).map(|(first, last)| Unprocessed {
        executions,
        first,
        last,
    }))
}

/// Reports whose dashboards are looked up one by one.
const FEW: usize = 200;
/// How many dashboards a configuration `c` has, and when one last changed.
const VIEWS: &str = "SELECT count(*) AS dashboards, max(last_updated) AS last_updated \
                     FROM dashboard_views WHERE report_configuration_id = c.id";
/// The same of all configurations at once.
const ALL_VIEWS: &str = "LEFT JOIN (SELECT report_configuration_id, count(*) AS dashboards, max(last_updated) AS last_updated \
                                    FROM dashboard_views WHERE {counted} GROUP BY 1) n ON n.report_configuration_id = c.id";
/// What of the workflow of a configuration `c` is in no dashboard.
const PENDING: &str = "SELECT count(*) AS pending, \
                              (array_agg(dashboard_processing_error ORDER BY created_at DESC) \
                                FILTER (WHERE dashboard_processing_error IS NOT NULL))[1] AS error \
                       FROM (SELECT created_at, dashboard_processing_error FROM {executions} \
                             WHERE workflow_id = c.workflow_id AND dashboard_processed = false AND status = 'SUCCEEDED' \
                             ORDER BY created_at DESC LIMIT 1000) e";
/// How a configuration `c` of a workflow `w` stands, by its dashboards `n` and what is pending, `p`.
const STANDING: &str = "CASE WHEN NOT (coalesce(c.enabled, false) AND coalesce(w.report_enabled, false)) THEN 'disabled' \
                             WHEN p.error IS NOT NULL OR c.id = ANY({wrong}) THEN 'failed' \
                             WHEN coalesce(n.dashboards, 0) = 0 THEN 'waiting' \
                             WHEN p.pending > 0 THEN 'behind' \
                             ELSE 'current' END";

/// The statement that a filter asks for, and its values.
fn question<'a>(
    upstream: &Upstream,
    filter: &'a ReportFilter,
    search: Option<&'a String>,
) -> (String, Conditions<'a>) {
    let (order, kind) = order_of(filter.sort);
    let (direction, compare) = match filter.descending {
        true => ("DESC", "<"),
        false => ("ASC", ">"),
    };
    let name = if upstream.has_name { "w.name" } else { "NULL::text" };
    let mut wanted = Conditions::default();
    let wrong = wanted.value(&filter.wrong);
    let visible = filter.among.as_ref().map(|among| wanted.value(among));
    wanted.when(filter.workflow.as_ref(), |workflow| {
        format!("c.workflow_id = {workflow}")
    });
    wanted.when(filter.dashboard_type.as_ref(), |kind| {
        format!("c.dashboard_type = {kind}")
    });
    wanted.when(search, |search| {
        format!("({name} ILIKE {search} OR c.id::text ILIKE {search} OR c.workflow_id::text ILIKE {search})")
    });
    wanted.when(filter.status.as_ref().map(ReportStatus::name), |status| {
        format!("{status} = (SELECT {{standing}} FROM ({{pending}}) p)")
    });
    let mut begin = "true".to_owned();
    if let Some(After { key, id }) = &filter.after {
        let (key, id) = (wanted.value(key), wanted.value(id));
        begin = format!("(key, id) {compare} ({key}::text::{kind}, {id})");
    }
    let limit = wanted.value(&filter.limit);
    let fixed = [
        ("{begin}", begin.as_str()),
        ("{order}", order),
        ("{direction}", direction),
        ("{limit}", &limit),
        ("{views}", VIEWS),
        ("{pending}", PENDING),
        ("{standing}", STANDING),
        ("{wrong}", &wrong),
        ("{workflows}", &upstream.workflows),
        ("{executions}", &upstream.workflow_executions),
        ("{name}", name),
    ];
    let template = include_str!("reports.sql").lines();
    let template = template.filter(|line| !line.trim_start().starts_with("--"));
    let sql = template.collect::<Vec<_>>().join("\n");
    let sql = sql.replace("{wanted}", &wanted.text());
    let sql = (sources(filter, name, visible.as_deref()).iter())
        .fold(sql, |sql, (place, text)| sql.replace(place, text));
    let sql = (fixed.iter()).fold(sql, |sql, (place, text)| sql.replace(place, text));
    (sql, wanted)
}

/// What a list is sorted by, and its type.
fn order_of(sort: ReportSort) -> (&'static str, &'static str) {
    match sort {
        ReportSort::Name => ("lower(coalesce(name, '')) COLLATE \"C\"", "text"),
        ReportSort::Updated => (
            "coalesce((extract(epoch FROM last_updated) * 1000000)::bigint, 0)",
            "bigint",
        ),
        ReportSort::Created => (
            "coalesce((extract(epoch FROM created_at) * 1000000)::bigint, 0)",
            "bigint",
        ),
    }
}

/// What the reports of a list are chosen from: of the rest only what the filter needs. `visible` stands for the ids of those
/// that the caller may see.
fn sources(filter: &ReportFilter, name: &str, visible: Option<&str>) -> [(&'static str, String); 5] {
    let needs_dashboards = filter.sort == ReportSort::Updated || filter.status.is_some();
    let needs_workflow =
        filter.sort == ReportSort::Name || filter.search.is_some() || filter.status.is_some();
    let (dashboards, last_updated) = match (needs_dashboards, filter.workflow) {
        // A workflow has one report.
        (true, Some(_)) => ("CROSS JOIN LATERAL ({views}) n", "n.last_updated"),
        (true, None) => (ALL_VIEWS, "n.last_updated"),
        (false, _) => ("", "NULL::timestamptz"),
    };
    let (of_workflow, sorted_name) = match needs_workflow {
        true => ("JOIN {workflows} w ON w.id = c.workflow_id", name),
        false => ("", "NULL::text"),
    };
    let seen = match visible {
        None => "report_configurations".to_owned(),
        Some(ids) => {
            format!(
                "(SELECT c.* FROM unnest({ids}::uuid[]) seen(id) JOIN report_configurations c USING (id))"
            )
        }
    };
    // Of a few reports their dashboards are looked up; of many it is faster to go through all.
    let are_few = filter.among.as_ref().is_some_and(|among| among.len() <= FEW);
    let counted = match visible.filter(|_| are_few) {
        Some(ids) => format!("report_configuration_id IN (SELECT unnest({ids}::uuid[]))"),
        None => "true".to_owned(),
    };
    [
        ("{seen}", seen),
        ("{of_workflow}", of_workflow.to_owned()),
        ("{sorted_name}", sorted_name.to_owned()),
        ("{dashboards}", dashboards.replace("{counted}", &counted)),
        ("{last_updated}", last_updated.to_owned()),
    ]
}

/// What `ILIKE` takes for "contains this text".
fn pattern(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

fn report(row: &Row) -> Result<Report, StoreError> {
    let newest = match row.try_get::<_, Option<Uuid>>(13)? {
        None => None,
        Some(id) => Some(Newest {
            id: ViewId(id),
            period_key: row.try_get::<_, Option<String>>(14)?.unwrap_or_default(),
            start: row.try_get(15)?,
            end: row.try_get(16)?,
            version: row.try_get(17)?,
            headline: row
                .try_get::<_, Option<String>>(18)?
                .unwrap_or_else(|| "[]".to_owned()),
        }),
    };
    let status: String = row.try_get(21)?;
    Ok(Report {
        id: ConfigurationId(row.try_get(0)?),
        workflow_id: WorkflowId(row.try_get(1)?),
        name: row.try_get(2)?,
        query_template_id: row.try_get(3)?,
        enabled: row.try_get(4)?,
        workflow_enabled: row.try_get(5)?,
        dashboard_type: row.try_get(6)?,
        visualization_config: row.try_get(7)?,
        created_by: row.try_get(8)?,
        created_at: row.try_get(9)?,
        updated_at: row.try_get(10)?,
        dashboards: row.try_get(11)?,
        last_updated: row.try_get(12)?,
        newest,
        pending: row.try_get(19)?,
        error: row.try_get(20)?,
        status: ReportStatus::of(&status).ok_or(StoreError::Corrupt {
            what: "a report's status",
        })?,
        key: row.try_get(22)?,
    })
}
