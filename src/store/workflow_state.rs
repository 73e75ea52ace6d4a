//! `dashloom.workflow_state`: a row for each workflow that has partials, by which they go when the workflow goes.

use uuid::Uuid;

use super::{GenericClient, StoreError};
use crate::ids::WorkflowId;

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
