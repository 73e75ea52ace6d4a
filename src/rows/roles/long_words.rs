//! Columns by which a table is long: one names what the numbers beside it are of, another one their units.

use super::names::Name;

/// Words of columns that name what is measured.
const METRICS: &[&str] = &[
    "metric",
    "metrics",
    "kpi",
    "kpis",
    "indicator",
    "indicators",
    "measure",
    "measures",
    "variable",
    "variables",
    "parameter",
    "parameters",
    "kennzahl",
    "kennzahlen",
    "messgröße",
    "messgroesse",
    "indicateur",
    "métrique",
    "metrique",
    "indicador",
    "métrica",
    "metrica",
    "indicatore",
    "wskaźnik",
];
/// Words behind those that leave the meaning (`metric name`).
const FORMS: &[&str] = &[
    "name", "label", "type", "code", "id", "key", "nom", "nombre", "nome",
];
/// Words of columns that name units.
const UNITS: &[&str] = &[
    "unit",
    "units",
    "uom",
    "einheit",
    "einheiten",
    "unité",
    "unite",
    "unidad",
    "unità",
    "unita",
    "unidade",
    "eenheid",
    "jednostka",
];

/// Values of such columns that name no unit.
const NO_UNITS: &[&str] = &[
    "count", "counts", "number", "numbers", "num", "n", "#", "ratio", "share", "none", "-", "n/a", "na",
    "anzahl", "nombre", "cantidad", "1",
];

/// Whether a column's name says that its values name what the numbers of its rows are of.
pub fn names_metrics(label: &str) -> bool {
    ends_with(label, METRICS)
}

/// Whether a column's name says that its values are the units of the numbers of its rows.
pub fn names_units(label: &str) -> bool {
    ends_with(label, UNITS)
}

/// Units of which a hundred are one whole.
const PERCENTS: &[&str] = &[
    "%",
    "percent",
    "per cent",
    "pct",
    "percentage",
    "prozent",
    "pourcent",
    "por ciento",
];

/// Whether a unit says that its numbers are percentages.
pub fn is_percent(unit: &str) -> bool {
    PERCENTS.contains(&unit.trim().to_lowercase().as_str())
}

/// A unit as numbers are shown with it; empty where it names none.
pub fn shown_unit(unit: &str) -> &str {
    let unit = unit.trim();
    match NO_UNITS.contains(&unit.to_lowercase().as_str()) {
        true => "",
        false => unit,
    }
}

fn ends_with(label: &str, list: &[&str]) -> bool {
    let name = Name::of(label);
    let mut words = name.words().iter().rev().map(String::as_str);
    let last = words.find(|word| !FORMS.contains(word));
    last.is_some_and(|last| list.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_and_units_are_known_by_name() {
        for label in [
            "metric",
            "KPI",
            "metric_name",
            "Indicator Code",
            "Kennzahl",
            "key metric",
        ] {
            assert!(names_metrics(label), "{label}");
        }
        for label in ["metric tons", "name", "shop", "measured by", "value", ""] {
            assert!(!names_metrics(label), "{label}");
        }
        assert!(names_units("unit") && names_units("Einheit") && names_units("unit_name"));
        assert!(!names_units("units sold") && !names_units("unit price"));
        assert_eq!(
            ["EUR", " Count ", "ratio", ""].map(shown_unit),
            ["EUR", "", "", ""]
        );
    }
}
