//! `dashloom.view_events`: every announced version of a view with its event, for histories and for those who follow live.
//!
//! Rows are written by [`super::outbox::insert`], in the statement that queues their events.

use tokio_postgres::Row;
use uuid::Uuid;

use super::{GenericClient, StoreError};
use crate::ids::ViewId;

/// A place in the order in which versions become visible: all up to it have been seen, none appears behind it later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The writing transaction.
    pub xid: i64,
    /// The event's number in the outbox.
    pub seq: i64,
}

/// One version of a view and the event that announced it.
#[derive(Debug, Clone)]
pub struct ViewEvent {
    /// Its place.
    pub position: Position,
    /// Which view.
    pub view_id: ViewId,
    /// Which version.
    pub version: i64,
    /// The event as published.
    pub payload: Vec<u8>,
}

/// The newest place: what is committed from now on lies behind it.
pub async fn newest(db: &impl GenericClient) -> Result<Position, StoreError> {
    let statement = db
        .prepare_cached("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
        .await?;
    let row = db.query_one(&statement, &[]).await?;
    Ok(Position {
        xid: row.try_get(0)?,
        seq: i64::MAX,
    })
}

/// Up to `limit` events behind a place, in order.
///
/// Those of transactions younger than the oldest one still running come later: something could still appear before them.
pub async fn after(
    db: &impl GenericClient,
    position: Position,
    limit: i64,
) -> Result<Vec<ViewEvent>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT xid, seq, view_id, version, payload FROM dashloom.view_events \
             WHERE (xid, seq) > ($1, $2) AND xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint \
             ORDER BY xid, seq LIMIT $3",
        )
        .await?;
    let rows = db
        .query(&statement, &[&position.xid, &position.seq, &limit])
        .await?;
    rows.iter().map(event).collect()
}

/// Up to `limit` versions of a view below one, the newest first.
pub async fn of_view(
    db: &impl GenericClient,
    view: ViewId,
    below: i64,
    limit: i64,
) -> Result<Vec<ViewEvent>, StoreError> {
    let statement = db
        .prepare_cached(
            "SELECT xid, seq, view_id, version, payload FROM dashloom.view_events \
             WHERE view_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3",
        )
        .await?;
    let rows = db.query(&statement, &[&view.0, &below, &limit]).await?;
    rows.iter().map(event).collect()
}

fn event(row: &Row) -> Result<ViewEvent, StoreError> {
    Ok(ViewEvent {
        position: Position {
            xid: row.try_get(0)?,
            seq: row.try_get(1)?,
        },
        view_id: ViewId(row.try_get::<_, Uuid>(2)?),
        version: row.try_get(3)?,
        payload: row.try_get(4)?,
    })
}
