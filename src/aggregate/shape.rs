//! The shape of a partial: what formed it, besides the result itself.

use sha2::{Digest, Sha256};

use super::encoding::{ENCODING_VERSION, role_code};
use super::partial::{PartialSpec, Sketch};

impl PartialSpec {
    /// SHA-256 over the encoding version, the time zone, the declared columns and the declared sketches.
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
        let mut sketches: Vec<_> = self.sketches.iter().collect();
        sketches.sort_unstable();
        sketches.dedup();
        for (label, sketch) in sketches {
            // No role has these codes.
            hash.update([match sketch {
                Sketch::Distinct => 0xD0,
                Sketch::Quantile => 0xD1,
            }]);
            hash.update((label.len() as u64).to_be_bytes());
            hash.update(label);
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
            declared: declared
                .iter()
                .map(|(label, role)| ((*label).to_owned(), *role))
                .collect(),
            ..PartialSpec::default()
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
        let sketched = |kind| PartialSpec {
            sketches: vec![("x".to_owned(), kind)],
            ..a.clone()
        };
        assert_ne!(a.shape(), sketched(Sketch::Distinct).shape());
        assert_ne!(
            sketched(Sketch::Quantile).shape(),
            sketched(Sketch::Distinct).shape()
        );
    }
}
