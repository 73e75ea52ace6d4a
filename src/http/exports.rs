//! Exports: files made of dashboards, kept for a while.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::api::Api;
use super::deposit::{Deposit, DepositError, ToKeep, file_name};
use super::extract::{Asked, Body, Named};
use super::login::Caller;
use super::paging::{Page, Slice, storable};
use super::problem::{Problem, Refusal};
use crate::export::{ExportError, Format, Paper, Report};
use crate::ids::ViewId;
use crate::render::{RenderError, Wanted};
use crate::store::exports::Edition;
use crate::store::report_exports::{self, ExportFilter};
use crate::store::{self, GenericClient, Role, exports, reads};

/// The order of the list, as its cursors name it.
const ORDER: &str = "-exported";

/// The formats of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// A report on paper.
    Pdf,
    /// The dashboard, or one chart of it, as a picture.
    Png,
    /// One dataset.
    Csv,
    /// Every dataset as a sheet, with charts that a spreadsheet draws.
    Xlsx,
    /// One page for browsers that needs nothing else.
    Html,
}

/// The sizes of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PaperSize {
    /// 210 × 297 mm.
    A4,
    /// 8½ × 11 inches.
    Letter,
}

/// A file to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExport {
    /// Its format.
    format: FileFormat,
    /// What a PDF is laid out for; A4 where nothing is said.
    paper: Option<PaperSize>,
    /// The chart that a PNG shows alone, by id; the whole dashboard where nothing is said.
    chart: Option<String>,
    /// The dataset that a CSV holds, by name; the table where nothing is said.
    dataset: Option<String>,
}

/// A file that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Export {
    /// Its id.
    id: Uuid,
    /// The dashboard it shows.
    dashboard_id: Uuid,
    /// Its format.
    format: FileFormat,
    /// What it is called when it is downloaded.
    file_name: String,
    /// How many bytes it has.
    size_bytes: i32,
    /// The SHA-256 of its bytes, in hexadecimal digits; null where it was not noted.
    sha256: Option<String>,
    /// Who asked for it; null for the operator.
    exported_by: Option<Uuid>,
    /// When it was made.
    exported_at: Option<DateTime<Utc>>,
    /// Until when it can be downloaded; null means for good.
    expires_at: Option<DateTime<Utc>>,
    /// Whether it can be downloaded no more.
    expired: bool,
    /// Where it is downloaded.
    #[schema(example = "/api/v1/exports/0190d3a4-5b7e-7c3a-9f7e-0c3a5b1e7f42/file")]
    download: String,
}

/// What is asked about exports.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// Only of this dashboard.
    dashboard_id: Option<Uuid>,
    /// Only of this format.
    format: Option<FileFormat>,
    /// Only those made on this day (UTC) or later.
    from: Option<NaiveDate>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 200; 50 where nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u16>,
}

/// Makes a file of a dashboard. Where you have one of the same content, format and options, you get that one again, kept for longer.
#[utoipa::path(
    post,
    path = "/dashboards/{id}/exports",
    operation_id = "createExport",
    tag = "exports",
    params(("id" = Uuid, Path, description = "The dashboard's id.")),
    request_body = NewExport,
    responses(
        (status = 200, description = "The file was there already.", body = Export),
        (status = 201, description = "The file was made.", body = Export, headers(("location" = String, description = "Where its description is."))),
        (status = 400, description = "The body cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token's `sub` is no user of the workflow engine.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such dashboard, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The dashboard is in cold storage.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Values cannot be taken; `errors` says which and why.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Charts cannot be drawn just now, or files are kept nowhere.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
    Body(new): Body<NewExport>,
) -> Result<Response, Refusal> {
    let inner = api.clone();
    let (export, is_new) = api
        .finish(async move { exported(&inner, &caller, ViewId(id), new).await })
        .await?;
    let location = [(header::LOCATION, format!("/api/v1/exports/{}", export.id))];
    Ok(match is_new {
        true => (StatusCode::CREATED, location, Json(export)).into_response(),
        false => Json(export).into_response(),
    })
}

/// Exports, the latest first, expired ones too.
#[utoipa::path(
    get,
    path = "/exports",
    operation_id = "listExports",
    tag = "exports",
    params(Query),
    responses(
        (status = 200, description = "A page of exports.", body = Page<Export>),
        (status = 400, description = "The query cannot be read.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Asked(query): Asked<Query>,
) -> Result<Json<Page<Export>>, Refusal> {
    let slice = Slice::asked(query.limit, query.cursor.as_deref(), ORDER, true)?;
    let filter = ExportFilter {
        view: query.dashboard_id,
        format: query.format.map(|format| Format::from(format).name()),
        from: query.from.map(storable),
        limit: slice.rows(),
        after: slice.after.clone(),
    };
    let db = api.client().await?;
    let rows = report_exports::list(&db, &filter);
    let rows = store::read_for(&db, &api.roles, &caller.access, rows).await?;
    let Page { items, next } = slice.page(rows, |row| (row.key.clone(), row.id), shown);
    let items = items.into_iter().collect::<Result<_, _>>()?;
    Ok(Json(Page { items, next }))
}

/// One export.
#[utoipa::path(
    get,
    path = "/exports/{id}",
    operation_id = "getExport",
    tag = "exports",
    params(("id" = Uuid, Path, description = "The export's id.")),
    responses(
        (status = 200, description = "The export.", body = Export),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn get(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
) -> Result<Json<Export>, Refusal> {
    Ok(Json(shown(found(&api, &caller, id).await?)?))
}

/// The file that is asked for, and whether it had to be made.
async fn exported(api: &Api, caller: &Caller, id: ViewId, new: NewExport) -> Result<(Export, bool), Refusal> {
    let (wanted, deposit) = (wanted(new)?, deposit(api)?);
    let mut file = ToKeep {
        view: id,
        edition: look(api, caller, id).await?,
        wanted,
        access: caller.access.clone(),
        user: caller.user,
    };
    if let Some(kept) = deposit.renewed(&file).await? {
        return Ok((shown(kept)?, false));
    }
    let (edition, report) = read(api, caller, id).await?;
    file.edition = edition;
    let made = api.exporter.file(Arc::new(report), file.wanted.clone()).await;
    let (kept, is_new) = deposit.keep(&file, made.map_err(unmade)?).await?;
    Ok((shown(kept)?, is_new))
}

/// The state that a dashboard is in.
async fn look(api: &Api, caller: &Caller, id: ViewId) -> Result<Edition, Refusal> {
    let db = api.client().await?;
    store::read_for(&db, &api.roles, &caller.access, seen(&db, api, id)).await
}

/// A dashboard whole, and the state that it is in.
async fn read(api: &Api, caller: &Caller, id: ViewId) -> Result<(Edition, Report), Refusal> {
    let db = api.client().await?;
    let work = async {
        let edition = seen(&db, api, id).await?;
        let source = exports::source(&db, api.upstream(), id).await?;
        Ok::<_, Refusal>((edition, source))
    };
    let (edition, source) = store::read_for(&db, &api.roles, &caller.access, work).await?;
    drop(db);
    let report = Report::read(source.ok_or(Refusal::NotFound("dashboard"))?).map_err(RenderError::from);
    Ok((edition, report.map_err(unmade)?))
}

/// The state of a dashboard that the caller may see, in a transaction that may read the engine's tables from here on.
async fn seen(db: &impl GenericClient, api: &Api, id: ViewId) -> Result<Edition, Refusal> {
    if reads::edition(db, id).await?.is_none() {
        return Err(Refusal::NotFound("dashboard"));
    }
    store::assume(db, &api.roles, Role::Operator).await?;
    let edition = exports::edition(db, api.upstream(), id).await?;
    match edition.ok_or(Refusal::NotFound("dashboard"))? {
        edition if edition.archived => Err(Refusal::Conflict(
            "the dashboard is in cold storage; an operator can restore it",
        )),
        edition => Ok(edition),
    }
}

fn wanted(new: NewExport) -> Result<Wanted, Refusal> {
    let format = new.format.into();
    let paper = new.paper.map(Paper::from);
    Wanted::checked(format, paper, new.chart, new.dataset).map_err(|misfit| {
        let path = format!("/{}", misfit.option);
        Refusal::one(
            &path,
            format!("is for {} alone", misfit.format.name().to_uppercase()),
        )
    })
}

/// Where files are kept.
///
/// # Errors
/// When nothing says where.
pub fn deposit(api: &Api) -> Result<&Deposit, Refusal> {
    api.deposit.as_ref().ok_or(Refusal::NotConfigured(
        "exports are kept nowhere: set exports.location to a bucket or a folder",
    ))
}

/// An export that the caller may see.
///
/// # Errors
/// When there is none.
pub async fn found(api: &Api, caller: &Caller, id: Uuid) -> Result<report_exports::Export, Refusal> {
    let db = api.client().await?;
    let row = store::read_for(&db, &api.roles, &caller.access, report_exports::find(&db, id)).await?;
    row.ok_or(Refusal::NotFound("export"))
}

fn shown(row: report_exports::Export) -> Result<Export, Refusal> {
    Ok(Export {
        id: row.id,
        dashboard_id: row.view_id.0,
        format: format_of(&row.format)?.into(),
        file_name: name(&row),
        size_bytes: row.size_bytes,
        sha256: row.file_sha256.as_deref().map(hexadecimal),
        exported_by: row.exported_by,
        exported_at: row.exported_at,
        expires_at: row.expires_at,
        expired: row.expired,
        download: format!("/api/v1/exports/{}/file", row.id),
    })
}

/// What an export is called when it is downloaded.
pub fn name(row: &report_exports::Export) -> String {
    let day = row.exported_at.unwrap_or_default().date_naive();
    let name = row.file_name.clone();
    name.unwrap_or_else(|| file_name("", day, &row.format))
}

/// The format of that name in the database.
///
/// # Errors
/// When dashloom has none of that name.
pub fn format_of(name: &str) -> Result<Format, Refusal> {
    let corrupt = store::StoreError::Corrupt {
        what: "an export's format",
    };
    Format::from_name(name).ok_or_else(|| corrupt.into())
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What it means that a file could not be made.
fn unmade(error: RenderError) -> Refusal {
    match error {
        error if error.is_passing() => Refusal::NotDrawn(error),
        RenderError::Export(error @ ExportError::UnknownChart { .. }) => {
            Refusal::one("/chart", error.to_string())
        }
        RenderError::Export(error @ ExportError::Chart { .. }) => Refusal::one("/chart", error.to_string()),
        RenderError::Export(error @ ExportError::UnknownDataset { .. }) => {
            Refusal::one("/dataset", error.to_string())
        }
        RenderError::Export(error @ ExportError::TooLarge { .. }) => {
            Refusal::one("/format", error.to_string())
        }
        other => Refusal::Internal(Box::new(other)),
    }
}

impl From<DepositError> for Refusal {
    fn from(error: DepositError) -> Self {
        match error {
            DepositError::NoDashboard => Self::NotFound("dashboard"),
            DepositError::NoUser => Self::Forbidden("the token's sub is no user of the workflow engine"),
            DepositError::Store(error) => error.into(),
            DepositError::Depot(error) => Self::NoStore(error),
        }
    }
}

impl From<FileFormat> for Format {
    fn from(format: FileFormat) -> Self {
        match format {
            FileFormat::Pdf => Self::Pdf,
            FileFormat::Png => Self::Png,
            FileFormat::Csv => Self::Csv,
            FileFormat::Xlsx => Self::Xlsx,
            FileFormat::Html => Self::Html,
        }
    }
}

impl From<Format> for FileFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Pdf => Self::Pdf,
            Format::Png => Self::Png,
            Format::Csv => Self::Csv,
            Format::Xlsx => Self::Xlsx,
            Format::Html => Self::Html,
        }
    }
}

impl From<PaperSize> for Paper {
    fn from(size: PaperSize) -> Self {
        match size {
            PaperSize::A4 => Self::A4,
            PaperSize::Letter => Self::Letter,
        }
    }
}
