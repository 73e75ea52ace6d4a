//! Exported files that have expired, or whose dashboard is gone: they are removed from where they lie.
//!
//! What has expired is never kept for longer, so a file that is found here may go whatever happens meanwhile; the note that it is
//! gone comes after, and a process that ends in between leaves it to the next one.

use tokio_util::sync::CancellationToken;

use super::Sweep;
use crate::objects::Depot;
use crate::store::{self, Role, StoreError, report_exports};

/// The most files of one round.
const MOST: i64 = 200;
/// After so many that could not be removed the store is taken for away.
const MOST_FAILURES: usize = 10;

impl Sweep {
    /// Removes files that are to go, and notes which are gone. One that cannot be removed is tried again in the next round.
    pub(super) async fn remove_files(
        &self,
        depot: &Depot,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let (mut removed, mut failures) = (Vec::new(), 0);
        for url in self.removable(depot).await? {
            if stop.is_cancelled() || failures >= MOST_FAILURES {
                break;
            }
            match depot.remove(&url).await {
                Ok(()) => removed.push(url),
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(url, %error, cause, "an expired file could not be removed; it is tried again");
                    failures += 1;
                }
            }
        }
        if removed.is_empty() {
            return Ok(());
        }
        let mut client = self.pool.get().await?;
        let tx = store::begin(&mut client, &self.roles, Role::Operator).await?;
        report_exports::removed(&tx, &removed).await?;
        store::commit(tx).await.map_err(StoreError::from)?;
        tracing::info!(files = removed.len(), "expired files removed");
        Ok(())
    }

    async fn removable(&self, depot: &Depot) -> Result<Vec<String>, StoreError> {
        let mut client = self.pool.get().await?;
        let tx = store::begin(&mut client, &self.roles, Role::Operator).await?;
        report_exports::removable(&tx, depot.root(), MOST).await
    }
}
