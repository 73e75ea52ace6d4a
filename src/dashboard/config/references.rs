//! What one member of a configuration says about another: references, and columns with two roles.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Aggregation, CompareWith, Mark, MeasureSource, Panel, PanelCompare, VisualizationConfig};
use super::problem::{Problem, child, did_you_mean};
use crate::event::ColumnRole;

/// The implicit measure of a result without one.
const ROWS: &str = "rows";

/// Adds every wrong reference to `problems`, and completes the columns' roles from measures and dimensions.
pub(super) fn check_references(config: &mut VisualizationConfig, problems: &mut Vec<Problem>) {
    check_ids(config, problems);
    check_measures(config, problems);
    let mut panel_ids = BTreeSet::new();
    for (index, panel) in config.panels.iter().enumerate() {
        let path = child("/panels", &index.to_string());
        if !panel_ids.insert(panel.id.as_str()) {
            problems.push(Problem::new(
                &child(&path, "id"),
                format!("is used twice: \"{}\"", panel.id),
            ));
        }
        check_panel(config, panel, &path, problems);
    }
    check_comparison(config, problems);
    config.columns = declared_roles(config, problems);
}

/// Segments need a dimension, and nothing else does; their values must differ.
fn check_comparison(config: &VisualizationConfig, problems: &mut Vec<Problem>) {
    let Some(comparison) = &config.comparison else {
        return;
    };
    let by_segment = comparison.with == CompareWith::Segment;
    let given = [
        ("dimension", comparison.dimension.is_some()),
        ("segments", comparison.segments.is_some()),
    ];
    for (member, _) in given.into_iter().filter(|(_, given)| *given && !by_segment) {
        let path = child("/comparison", member);
        problems.push(Problem::new(
            &path,
            "belongs to the comparison with a segment alone",
        ));
    }
    if comparison.segments.is_some() && comparison.dimension.is_none() && by_segment {
        problems.push(Problem::new(
            "/comparison",
            "lacks \"dimension\", whose values the segments are",
        ));
    }
    if comparison.segments.as_ref().is_some_and(|(a, b)| a == b) {
        problems.push(Problem::new("/comparison/segments", "names one value twice"));
    }
}

/// A measure and a dimension of one id would be one column of a dataset.
fn check_ids(config: &VisualizationConfig, problems: &mut Vec<Problem>) {
    for dimension in &config.dimensions {
        if config.measures.iter().any(|measure| measure.id == dimension.id) {
            problems.push(Problem::new(
                &child("/dimensions", &dimension.id),
                "has the id of a measure",
            ));
        }
    }
    let times = config.dimensions.iter().filter(|dimension| dimension.is_time);
    for second in times.skip(1) {
        let path = child(&child("/dimensions", &second.id), "type");
        problems.push(Problem::new(
            &path,
            "is time a second time: one column places rows in time",
        ));
    }
}

fn check_measures(config: &VisualizationConfig, problems: &mut Vec<Problem>) {
    for measure in &config.measures {
        let path = child("/measures", &measure.id);
        match &measure.source {
            MeasureSource::Ratio {
                numerator,
                denominator,
                ..
            } => {
                for (index, id) in [numerator, denominator].into_iter().enumerate() {
                    let path = child(&child(&path, "ratio"), &index.to_string());
                    check_ratio_part(config, id, &path, problems);
                }
            }
            MeasureSource::Column { column, .. } if column.is_empty() => {
                problems.push(Problem::new(
                    &path,
                    "lacks \"column\", which every agg but count needs",
                ));
            }
            MeasureSource::Column { .. } | MeasureSource::Rows => {}
        }
    }
}

fn check_ratio_part(config: &VisualizationConfig, id: &str, path: &str, problems: &mut Vec<Problem>) {
    let parts = || {
        config
            .measures
            .iter()
            .filter(|measure| !is_ratio(&measure.source))
    };
    if parts().any(|measure| measure.id == id) {
        return;
    }
    let problem = match config.measures.iter().any(|measure| measure.id == id) {
        true => Problem::new(path, format!("is a ratio itself: \"{id}\"")),
        false => Problem::new(path, format!("names no measure declared here: \"{id}\""))
            .hinting(did_you_mean(id, parts().map(|measure| measure.id.as_str()))),
    };
    problems.push(problem);
}

fn is_ratio(source: &MeasureSource) -> bool {
    matches!(source, MeasureSource::Ratio { .. })
}

/// Checks that a panel has what its mark draws, nothing its mark ignores silently, and names measures that exist.
fn check_panel(config: &VisualizationConfig, panel: &Panel, path: &str, problems: &mut Vec<Problem>) {
    let given = [
        ("x", panel.x.is_some()),
        ("y", !panel.y.is_empty()),
        ("color", panel.color.is_some()),
        ("stages", !panel.stages.is_empty()),
    ];
    let needed: &[&str] = match panel.mark {
        Mark::Line | Mark::Bar | Mark::Area | Mark::Scatter | Mark::Waterfall => &["x", "y"],
        Mark::Heatmap => &["x", "y", "color"],
        Mark::Funnel => &["stages"],
        Mark::Kpi | Mark::Table => &["y"],
    };
    for (name, given) in given {
        if needed.contains(&name) && !given {
            problems.push(Problem::new(
                path,
                format!("lacks \"{name}\", which its mark needs"),
            ));
        }
        if name == "stages" && given && panel.mark != Mark::Funnel {
            problems.push(Problem::new(
                &child(path, name),
                "belongs to the mark funnel alone",
            ));
        }
    }
    if (panel.mark, panel.compare) == (Mark::Kpi, Some(PanelCompare::PreviousYear)) {
        let problem = "is previous_year, which one number does not show";
        let hint = "use previous_period, or the mark waterfall".to_owned();
        problems.push(Problem::new(&child(path, "compare"), problem).hinting(Some(hint)));
    }
    for (member, id) in measure_references(panel) {
        check_measure(config, id, &child(path, member), problems);
    }
}

/// The members of a panel that name measures, and what they name.
fn measure_references(panel: &Panel) -> Vec<(&'static str, &str)> {
    let heatmap = panel.mark == Mark::Heatmap;
    let y = panel.y.iter().filter(|_| !heatmap).map(|id| ("y", id.as_str()));
    let x = panel
        .x
        .iter()
        .filter(|_| panel.mark == Mark::Scatter)
        .map(|id| ("x", id.as_str()));
    let color = panel
        .color
        .iter()
        .filter(|_| heatmap)
        .map(|id| ("color", id.as_str()));
    let stages = panel.stages.iter().map(|id| ("stages", id.as_str()));
    let by = panel
        .top
        .iter()
        .filter_map(|top| top.by.as_deref())
        .map(|id| ("top/by", id));
    let mut references: Vec<_> = y.chain(x).chain(color).chain(stages).collect();
    references.extend(by);
    references
}

/// Without declared measures any name may be that of a found one.
fn check_measure(config: &VisualizationConfig, id: &str, path: &str, problems: &mut Vec<Problem>) {
    let known = || config.measures.iter().map(|measure| measure.id.as_str());
    if config.measures.is_empty() || id == ROWS || known().any(|known| known == id) {
        return;
    }
    let hint = did_you_mean(id, known());
    problems.push(Problem::new(path, format!("names no declared measure: \"{id}\"")).hinting(hint));
}

/// The roles of all columns the configuration names, by label.
fn declared_roles(config: &VisualizationConfig, problems: &mut Vec<Problem>) -> Vec<(String, ColumnRole)> {
    let mut roles: BTreeMap<&str, ColumnRole> = BTreeMap::new();
    let mut declare = |label, role, path: String| {
        let former = *roles.entry(label).or_insert(role);
        if former != role {
            let words = (name(former), name(role));
            problems.push(Problem::new(
                &path,
                format!("makes \"{label}\" a {}, which is a {} too", words.1, words.0),
            ));
        }
    };
    for (label, role) in &config.columns {
        declare(label, *role, child("/columns", label));
    }
    for measure in &config.measures {
        // What is counted by its different values may be anything: an id, a dimension.
        if let MeasureSource::Column { column, agg } = &measure.source
            && *agg != Aggregation::Distinct
        {
            declare(
                column,
                ColumnRole::Measure,
                child(&child("/measures", &measure.id), "column"),
            );
        }
    }
    for dimension in &config.dimensions {
        let role = if dimension.is_time {
            ColumnRole::Time
        } else {
            ColumnRole::Dimension
        };
        declare(
            &dimension.column,
            role,
            child(&child("/dimensions", &dimension.id), "column"),
        );
    }
    roles
        .into_iter()
        .map(|(label, role)| (label.to_owned(), role))
        .collect()
}

fn name(role: ColumnRole) -> &'static str {
    match role {
        ColumnRole::Time => "time",
        ColumnRole::Dimension => "dimension",
        ColumnRole::Measure => "measure",
        ColumnRole::Ratio => "ratio",
        ColumnRole::Id => "id",
        ColumnRole::Stage => "stage",
        ColumnRole::Ignore => "column to ignore",
    }
}
