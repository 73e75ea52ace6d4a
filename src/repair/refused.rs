//! Putting records that a broker refused back into the outbox, once the broker takes them.

use super::persist::{Patience, Repair, RepairError};
use crate::store::refused::{self, Refused};
use crate::store::{self, Role, StoreError};

/// The most rows, and the most bytes of values, that one transaction puts back.
const TOGETHER: usize = 200;
const TOGETHER_BYTES: i64 = 64 << 20;

/// Puts every record that a broker has refused so far back into the outbox: the same bytes, key, headers and ids. The
/// running relay publishes them; what is refused again is kept again.
///
/// Gives the records, oldest first.
///
/// # Errors
/// See [`RepairError`]; what was put back before stays so.
pub async fn republish(repair: &Repair) -> Result<Vec<Refused>, RepairError> {
    let all = kept(repair).await?;
    let mut rest = &all[..];
    while !rest.is_empty() {
        let (part, later) = rest.split_at(few(rest));
        let seqs: Vec<i64> = part.iter().map(|record| record.seq).collect();
        let mut patience = Patience::default();
        loop {
            match put_back(repair, &seqs).await {
                Err(error) if patience.has_for(&error).await => {}
                ended => break ended?,
            }
        }
        rest = later;
    }
    Ok(all)
}

async fn kept(repair: &Repair) -> Result<Vec<Refused>, RepairError> {
    let reading = async {
        let mut client = repair.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
        refused::list(&tx).await
    };
    Ok(store::answered(reading).await?)
}

async fn put_back(repair: &Repair, seqs: &[i64]) -> Result<(), RepairError> {
    let mut client = repair.pool.get().await.map_err(StoreError::from)?;
    let writing = async {
        let tx = store::begin(&mut client, &repair.roles, Role::Operator).await?;
        refused::put_back(&tx, seqs).await?;
        Ok::<_, StoreError>(tx)
    };
    let tx = store::answered(writing).await?;
    Ok(repair.end(tx).await?)
}

/// How many of the records, at least one, one transaction puts back.
fn few(records: &[Refused]) -> usize {
    let sums = records.iter().take(TOGETHER).scan(0_i64, |sum, record| {
        *sum = sum.saturating_add(record.size_bytes);
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= TOGETHER_BYTES).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(sizes: &[i64]) -> Vec<Refused> {
        let record = |size: &i64| Refused {
            seq: 1,
            id: uuid::Uuid::nil(),
            aggregatetype: "dashboard_view".to_owned(),
            topic: "t".to_owned(),
            size_bytes: *size,
            cause: String::new(),
        };
        sizes.iter().map(record).collect()
    }

    #[test]
    fn a_transaction_puts_back_what_fits_and_at_least_one() {
        assert_eq!(few(&records(&[TOGETHER_BYTES, 1])), 1);
        assert_eq!(few(&records(&[TOGETHER_BYTES + 1, 1])), 1);
        assert_eq!(few(&records(&[1, 1, TOGETHER_BYTES])), 2);
        assert_eq!(few(&records(&[0; TOGETHER + 1])), TOGETHER);
    }
}
