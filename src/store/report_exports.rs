//! `report_exports`: files that were made of views, and `dashloom.discarded_files`: those whose rows went before them.
//!
//! A row comes before its file and is completed after it, so that no file is ever without a row: one that was not completed
//! expires like all others.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tokio_postgres::Row;
use uuid::Uuid;

use super::reads::After;
use super::{GenericClient, StoreError};
use crate::ids::ViewId;

const COLUMNS: &str = "e.id, e.dashboard_view_id, e.export_format, e.file_url, e.file_size_bytes, e.file_name, e.file_sha256, \
                       e.exported_by, e.exported_at, e.expires_at, \
                       e.file_removed_at IS NOT NULL OR coalesce(e.expires_at <= now(), false)";
/// Microseconds, so that a page begins exactly behind the last row of the one before.
const KEY: &str = "coalesce((extract(epoch FROM e.exported_at) * 1000000)::bigint, 0)";
/// How long a file may take from its row to its completion.
const RESERVED: Duration = Duration::from_secs(600);

/// A file that is about to be kept.
#[derive(Debug, Clone)]
pub struct NewExport {
    /// The row's id.
    pub id: Uuid,
    /// The view it shows.
    pub view_id: ViewId,
    /// `pdf`, `png`, `csv`, `xlsx` or `html`.
    pub format: &'static str,
    /// Where it will lie.
    pub file_url: String,
    /// What it is called when it is downloaded.
    pub file_name: String,
    /// The hash of its bytes.
    pub file_sha256: [u8; 32],
    /// The hash of what it is made of: content, format and options.
    pub made_of: [u8; 32],
    /// Who asked for it; `None` for the operator.
    pub exported_by: Option<Uuid>,
}

/// A file that was kept.
#[derive(Debug, Clone)]
pub struct Export {
    /// Its id.
    pub id: Uuid,
    /// The view it shows.
    pub view_id: ViewId,
    /// `pdf`, `png`, `csv`, `xlsx` or `html`.
    pub format: String,
    /// Where it lies.
    pub file_url: String,
    /// How many bytes it has.
    pub size_bytes: i32,
    /// What it is called when it is downloaded, where that was noted.
    pub file_name: Option<String>,
    /// The hash of its bytes, where that was noted.
    pub file_sha256: Option<Vec<u8>>,
    /// Who asked for it.
    pub exported_by: Option<Uuid>,
    /// When it was made.
    pub exported_at: Option<DateTime<Utc>>,
    /// When it expires; `None` means never.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it has expired.
    pub expired: bool,
    /// The value the list is sorted by; empty for a single one.
    pub key: String,
}

/// Which exports, and where to begin.
#[derive(Debug, Clone)]
pub struct ExportFilter {
    /// Only of this view.
    pub view: Option<Uuid>,
    /// Only of this format.
    pub format: Option<&'static str>,
    /// Only those made on this day or later.
    pub from: Option<NaiveDate>,
    /// Behind this row.
    pub after: Option<After>,
    /// At most so many.
    pub limit: i64,
}

/// Notes a file that is about to be kept, as the current role and claims allow.
///
/// # Errors
/// SQLSTATE 42501 where they do not, 23503 where the view or the user is gone.
pub async fn reserve(db: &impl GenericClient, new: &NewExport) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "INSERT INTO report_exports (id, dashboard_view_id, export_format, file_url, file_name, file_sha256, made_of, \
                 exported_by, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now() + $9::bigint * interval '1 second')",
        )
        .await?;
    db.execute(
        &statement,
        &[
            &new.id,
            &new.view_id.0,
            &new.format,
            &new.file_url,
            &new.file_name,
            &new.file_sha256.as_slice(),
            &new.made_of.as_slice(),
            &new.exported_by,
            &seconds(RESERVED),
        ],
    )
    .await?;
    Ok(())
}

/// Waits until nobody else completes a file that was made of the same, and keeps others from it until the transaction ends.
pub async fn lock(db: &impl GenericClient, made_of: &[u8; 32]) -> Result<(), StoreError> {
    let [a, b, c, d, e, f, g, h, ..] = *made_of;
    let key = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
    let statement = db.prepare_cached("SELECT pg_advisory_xact_lock($1)").await?;
    db.execute(&statement, &[&key]).await?;
    Ok(())
}

/// Notes that a file is not needed: the sweep removes it.
pub async fn abandon(db: &impl GenericClient, id: Uuid) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached("UPDATE report_exports SET expires_at = now() WHERE id = $1")
        .await?;
    db.execute(&statement, &[&id]).await?;
    Ok(())
}

/// Notes that a file is kept now, and until when; `None` where its row has gone meanwhile.
pub async fn complete(
    db: &impl GenericClient,
    id: Uuid,
    size_bytes: i32,
    keep: Duration,
) -> Result<Option<Export>, StoreError> {
    let sql = format!(
        "UPDATE report_exports e SET file_size_bytes = $2, expires_at = now() + $3::bigint * interval '1 second' \
         WHERE e.id = $1 AND e.file_removed_at IS NULL RETURNING {COLUMNS}"
    );
    let statement = db.prepare_cached(&sql).await?;
    let row = db
        .query_opt(&statement, &[&id, &size_bytes, &seconds(keep)])
        .await?;
    row.as_ref().map(export).transpose()
}

/// The user's latest file that was made of the same, which is kept for longer now; `None` where there is none.
pub async fn renew(
    db: &impl GenericClient,
    view: ViewId,
    made_of: &[u8; 32],
    user: Option<Uuid>,
    keep: Duration,
) -> Result<Option<Export>, StoreError> {
    // An expired file may be on its way out: it is never renewed.
    let sql = format!(
        "UPDATE report_exports e SET expires_at = now() + $4::bigint * interval '1 second' \
         WHERE e.id = (SELECT same.id FROM report_exports same \
                       WHERE same.dashboard_view_id = $1 AND same.made_of = $2 AND same.exported_by IS NOT DISTINCT FROM $3 \
                         AND same.file_size_bytes IS NOT NULL AND same.file_removed_at IS NULL AND same.expires_at > now() \
                       ORDER BY same.exported_at DESC LIMIT 1) \
           AND e.file_removed_at IS NULL AND e.expires_at > now() \
         RETURNING {COLUMNS}"
    );
    let statement = db.prepare_cached(&sql).await?;
    let row = db
        .query_opt(&statement, &[&view.0, &made_of.as_slice(), &user, &seconds(keep)])
        .await?;
    row.as_ref().map(export).transpose()
}

/// Reads an export, if the current role and claims let it through.
pub async fn find(db: &impl GenericClient, id: Uuid) -> Result<Option<Export>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM report_exports e WHERE e.id = $1 AND e.file_size_bytes IS NOT NULL");
    let statement = db.prepare_cached(&sql).await?;
    let row = db.query_opt(&statement, &[&id]).await?;
    row.as_ref().map(export).transpose()
}

/// Reads a page of the exports that the current role and claims let through, the latest first.
pub async fn list(db: &impl GenericClient, filter: &ExportFilter) -> Result<Vec<Export>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, ({KEY})::text FROM report_exports e \
         WHERE e.file_size_bytes IS NOT NULL AND ($1::uuid IS NULL OR e.dashboard_view_id = $1) \
           AND ($2::text IS NULL OR e.export_format = $2) AND ($3::date IS NULL OR e.exported_at >= $3) \
           AND ($4::text IS NULL OR ({KEY}, e.id) < ($4::text::bigint, $5::uuid)) \
         ORDER BY {KEY} DESC, e.id DESC LIMIT $6"
    );
    let statement = db.prepare_cached(&sql).await?;
    let after = filter.after.as_ref();
    let rows = db
        .query(
            &statement,
            &[
                &filter.view,
                &filter.format,
                &filter.from,
                &after.map(|after| after.key.as_str()),
                &after.map(|after| after.id),
                &filter.limit,
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Export {
                key: row.try_get(11)?,
                ..export(row)?
            })
        })
        .collect()
}

/// The addresses below `root` of files that are to be removed: those that expired, and those whose rows are gone. A row answers for
/// the file of its own name only.
pub async fn removable(db: &impl GenericClient, root: &str, most: i64) -> Result<Vec<String>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT file_url FROM (\
                 SELECT e.file_url FROM report_exports e \
                 WHERE e.expires_at <= now() AND e.file_removed_at IS NULL \
                   AND e.file_url = $1 || e.dashboard_view_id || '/' || e.id || '.' || e.export_format \
                 UNION SELECT d.file_url FROM dashloom.discarded_files d WHERE starts_with(d.file_url, $1)) due \
             ORDER BY random() LIMIT $2",
        )
        .await?;
    let rows = db.query(&statement, &[&root, &most]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Notes that the files at these addresses are gone; one that has not expired does now.
pub async fn removed(db: &impl GenericClient, urls: &[String]) -> Result<(), StoreError> {
    let statement = db
        .prepare_cached(
            "WITH discarded AS (DELETE FROM dashloom.discarded_files WHERE file_url = ANY($1)) \
             UPDATE report_exports SET file_removed_at = now(), expires_at = least(expires_at, now()) \
             WHERE file_url = ANY($1) AND file_removed_at IS NULL",
        )
        .await?;
    db.execute(&statement, &[&urls]).await?;
    Ok(())
}

fn seconds(duration: Duration) -> i64 {
    // PostgreSQL's dates end long before this many seconds do.
    i64::try_from(duration.as_secs())
        .unwrap_or(i64::MAX)
        .min(100 * 366 * 86_400)
}

fn export(row: &Row) -> Result<Export, StoreError> {
    Ok(Export {
        id: row.try_get(0)?,
        view_id: ViewId(row.try_get(1)?),
        format: row.try_get(2)?,
        file_url: row.try_get(3)?,
        size_bytes: row.try_get(4)?,
        file_name: row.try_get(5)?,
        file_sha256: row.try_get(6)?,
        exported_by: row.try_get(7)?,
        exported_at: row.try_get(8)?,
        expires_at: row.try_get(9)?,
        expired: row.try_get(10)?,
        key: String::new(),
    })
}
