//! Whether a stored partial has to be formed anew because a configuration asks another shape by now.

use super::cells::OTHER;
use super::partial::{DimensionCells, Kind, Partial, PartialSpec, Sketch, SketchCells, SketchValues};
use super::plan::Plan;

impl Partial {
    /// Whether reading the result anew by `spec` would give the same dates, cells and numbers, whatever formed this
    /// partial. Sketches that it has besides do no harm: a view reads those it asks for.
    pub fn holds_for(&self, spec: &PartialSpec) -> bool {
        if self.kind == Kind::Empty {
            return true;
        }
        let plan = Plan::new(&self.columns, Vec::new(), spec);
        let keeps_dates = plan.time == self.time_column
            && plan
                .time
                .is_none_or(|time| !self.columns[time].evidence.depends_on_timezone());
        // What was folded to fit depends on everything else that was kept.
        let is_whole = |cells: &DimensionCells, is_id: bool| {
            is_id || !cells.values.iter().any(|value| value.as_deref() == Some(OTHER))
        };
        let dimensions = &self.cells.dimensions;
        let keeps_dimensions = !self.cells.summarised
            && dimensions.len() == plan.dimensions.len()
            && (dimensions.iter().zip(&plan.dimensions))
                .all(|(cells, planned)| cells.column == planned.column && is_whole(cells, planned.is_id));
        let measures = self.cells.measures.iter().map(|cells| cells.column);
        keeps_dates
            && keeps_dimensions
            && measures.eq(plan.measures.iter().copied())
            && plan.sketches.iter().all(|wanted| self.has_sketch(*wanted))
    }

    fn has_sketch(&self, (column, kind): (usize, Sketch)) -> bool {
        let is_it = |sketch: &SketchCells| {
            let found = match sketch.values {
                SketchValues::Distinct(_) => Sketch::Distinct,
                SketchValues::Quantile(_) => Sketch::Quantile,
            };
            sketch.column == column && found == kind
        };
        self.cells.sketches.iter().any(is_it)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use chrono::NaiveDate;

    use super::*;
    use crate::aggregate::aggregate;
    use crate::event::{ColumnRole, Compression, ResultFormat};
    use crate::rows::{Limits, read};
    use crate::window::Window;

    const CSV: &str =
        "date,campaign,order_id,clicks,level\n2026-01-05,brand,100017,3,1\n2026-01-06,generic,100023,4,2\n";
    const ZONED: &str = "at,clicks\n2026-01-05T23:30:00+01:00,3\n2026-01-06T10:00:00+01:00,4\n";

    fn formed(csv: &'static str, spec: &PartialSpec) -> Partial {
        let data = Bytes::from_static(csv.as_bytes());
        let batches = read(ResultFormat::Csv, Compression::None, &data, &Limits::default()).unwrap();
        let date = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap();
        aggregate(&batches, Window::new(date(1), date(31)).unwrap(), &[], spec).unwrap()
    }

    fn declaring(label: &str, role: ColumnRole) -> PartialSpec {
        PartialSpec {
            declared: vec![(label.to_owned(), role)],
            ..PartialSpec::default()
        }
    }

    /// Whether a partial formed by `old` holds for `new`; where it says so, forming it anew must show no difference.
    fn holds(csv: &'static str, old: &PartialSpec, new: &PartialSpec) -> bool {
        let (before, after) = (formed(csv, old), formed(csv, new));
        let holds = before.holds_for(new);
        if holds {
            let mut same = before;
            same.cells.sketches.clone_from(&after.cells.sketches);
            assert_eq!(same, after);
        }
        holds
    }

    #[test]
    fn it_holds_where_the_same_columns_are_kept() {
        let plain = PartialSpec::default();
        for declared in [
            declaring("clicks", ColumnRole::Measure),
            declaring("clicks", ColumnRole::Id),
            declaring("order_id", ColumnRole::Measure),
            declaring("campaign", ColumnRole::Dimension),
            declaring("no such column", ColumnRole::Dimension),
        ] {
            assert!(holds(CSV, &plain, &declared), "{declared:?}");
            assert!(holds(CSV, &declared, &plain), "{declared:?}");
        }
    }

    #[test]
    fn it_does_not_where_other_columns_are_needed() {
        let plain = PartialSpec::default();
        for declared in [
            declaring("clicks", ColumnRole::Dimension),
            declaring("campaign", ColumnRole::Ignore),
            declaring("date", ColumnRole::Dimension),
        ] {
            assert!(!holds(CSV, &plain, &declared), "{declared:?}");
            assert!(!holds(CSV, &declared, &plain), "{declared:?}");
        }
    }

    #[test]
    fn a_sketch_is_needed_where_it_is_declared_and_only_there() {
        let plain = PartialSpec::default();
        let sketched = PartialSpec {
            sketches: vec![("clicks".to_owned(), Sketch::Quantile)],
            ..PartialSpec::default()
        };
        assert!(!holds(CSV, &plain, &sketched));
        assert!(holds(CSV, &sketched, &plain));
    }

    #[test]
    fn a_time_zone_matters_to_points_in_time_alone() {
        let (plain, elsewhere) = (
            PartialSpec::default(),
            PartialSpec {
                timezone: chrono_tz::America::New_York,
                ..PartialSpec::default()
            },
        );
        assert!(holds(CSV, &plain, &elsewhere));
        assert!(!holds(ZONED, &plain, &elsewhere));
    }
}
