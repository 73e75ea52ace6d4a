//! The shape of a partial: what formed it, besides the result itself.

use sha2::{Digest, Sha256};

use super::encoding::{ENCODING_VERSION, role_code};
use super::partial::PartialSpec;

impl PartialSpec {
    /// SHA-256 over the encoding version, the time zone and the declared columns.
    ///
    /// A stored partial of another shape is formed anew when its execution comes by again, which is how a replay
    /// repairs what an older configuration left behind.
    pub fn shape(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update([ENCODING_VERSION]);
        hash.update(self.timezone.name());
        let mut declared: Vec<_> = self.declared.iter().collect();
        declared.sort_unstable();
        for (label, role) in declared {
            hash.update((label.len() as u64).to_be_bytes());
            hash.update(label);
            hash.update([role_code(*role)]);
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ColumnRole;

    #[test]
    fn the_order_of_declarations_does_not_matter_but_their_content_does() {
        let spec = |declared: &[(&str, ColumnRole)]| PartialSpec {
            timezone: chrono_tz::UTC,
            declared: declared
                .iter()
                .map(|(label, role)| ((*label).to_owned(), *role))
                .collect(),
        };
        let a = spec(&[("x", ColumnRole::Id), ("y", ColumnRole::Measure)]);
        let b = spec(&[("y", ColumnRole::Measure), ("x", ColumnRole::Id)]);
        assert_eq!(a.shape(), b.shape());
        assert_ne!(a.shape(), spec(&[("x", ColumnRole::Id)]).shape());
        assert_ne!(
            a.shape(),
            PartialSpec {
                timezone: chrono_tz::America::New_York,
                ..a.clone()
            }
            .shape()
        );
    }
}
