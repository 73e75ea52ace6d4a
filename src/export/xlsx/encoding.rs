//! Which columns a chart's spec puts on which channel.

use serde::Deserialize;

/// The part of a Vega-Lite spec that says what is on the axes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Spec {
    encoding: Encoding,
    layer: Vec<Spec>,
    #[serde(rename = "facet")]
    faceted: Option<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct Encoding {
    x: Channel,
    y: Channel,
    color: Channel,
    facet: Channel,
    row: Channel,
    column: Channel,
}

#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
struct Channel {
    field: Option<String>,
}

/// The columns on the axes, and that which tells series apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Axes {
    /// On the horizontal axis.
    pub x: String,
    /// On the vertical axis.
    pub y: String,
    /// What gives each value a colour of its own.
    pub series: Option<String>,
}

impl Spec {
    /// The axes of a chart of one plot; `None` for other charts.
    pub fn axes(&self) -> Option<Axes> {
        let split = |encoding: &Encoding| {
            [&encoding.facet, &encoding.row, &encoding.column]
                .iter()
                .any(|channel| channel.field.is_some())
        };
        if self.faceted.is_some() || split(&self.encoding) {
            return None;
        }
        let first = self.layer.first();
        let of = |channel: fn(&Encoding) -> &Channel| {
            let own = channel(&self.encoding).field.clone();
            own.or_else(|| first.and_then(|layer| channel(&layer.encoding).field.clone()))
        };
        Some(Axes {
            x: of(|encoding| &encoding.x)?,
            y: of(|encoding| &encoding.y)?,
            series: of(|encoding| &encoding.color),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_come_from_the_spec_or_its_first_layer() {
        let axes = |json: &str| serde_json::from_str::<Spec>(json).unwrap().axes();
        let plain =
            axes(r#"{"encoding":{"x":{"field":"date"},"y":{"field":"spend"}},"mark":"line"}"#).unwrap();
        assert_eq!(
            (plain.x.as_str(), plain.y.as_str(), plain.series),
            ("date", "spend", None)
        );
        let layered = r#"{"encoding":{"x":{"field":"date"}},"layer":[{"encoding":{"y":{"field":"a"},"color":{"field":"b"}}},{}]}"#;
        assert_eq!(axes(layered).unwrap().series.as_deref(), Some("b"));
        assert_eq!(
            axes(r#"{"facet":{"field":"a"},"encoding":{"x":{"field":"x"},"y":{"field":"y"}}}"#),
            None
        );
        assert_eq!(
            axes(r#"{"encoding":{"x":{"field":"date"},"y":{"value":3}}}"#),
            None
        );
    }
}
