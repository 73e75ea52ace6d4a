//! `dashloom.workflow_state`: a row for each workflow that has partials, by which they go when the workflow goes, with
//! what runs that count no more have claimed.

use uuid::Uuid;

use super::{GenericClient, StoreError};
use crate::ids::WorkflowId;

/// Writes what runs that count no more have claimed, encoded, for workflows that have their row.
pub async fn put_claims(db: &impl GenericClient, claims: &[(WorkflowId, Vec<u8>)]) -> Result<(), StoreError> {
    if claims.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "UPDATE dashloom.workflow_state s SET claims = u.claims \
             FROM unnest($1::uuid[], $2::bytea[]) u(id, claims) WHERE s.workflow_id = u.id",
        )
        .await?;
    let ids: Vec<Uuid> = claims.iter().map(|(id, _)| id.0).collect();
    let bytes: Vec<&[u8]> = claims.iter().map(|(_, bytes)| &bytes[..]).collect();
    db.execute(&statement, &[&ids, &bytes]).await?;
    Ok(())
}

/// Makes the rows of workflows that get their first partials.
///
/// Only this row refers to the engine's workflow; a trigger removes partials with it, so that storing a partial costs
/// no check of a foreign key.
pub async fn ensure(db: &impl GenericClient, ids: &[WorkflowId]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let statement = db
        .prepare_cached(
            "INSERT INTO dashloom.workflow_state (workflow_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING",
        )
        .await?;
    db.execute(&statement, &[&ids.iter().map(|id| id.0).collect::<Vec<Uuid>>()])
        .await?;
    Ok(())
}
