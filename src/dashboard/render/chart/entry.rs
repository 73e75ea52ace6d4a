//! A chart as `charts_config` holds it.

use super::super::json;

/// A chart of a dashboard.
#[derive(Debug)]
pub struct Chart {
    /// Its id, unique in the view.
    pub id: String,
    /// What it shows, in a few words.
    pub title: String,
    /// `line`, `area`, `bar`, `heatmap`, `scatter`, `funnel`, `dots` or `waterfall`.
    pub kind: &'static str,
    /// The dataset it draws.
    pub dataset: String,
    /// Its Vega-Lite spec, canonical JSON.
    pub spec: String,
}

impl Chart {
    /// The same chart of a dataset that has another name.
    pub fn renamed(self, from: &str, to: &str) -> Self {
        let name = |name: &str| format!("{{\"name\":{}}}", json::quoted(name));
        Self {
            spec: self.spec.replacen(&name(from), &name(to), 1),
            dataset: to.to_owned(),
            ..self
        }
    }

    /// Appends the chart as a JSON object.
    pub fn write(&self, out: &mut String) {
        out.push_str("{\"dataset\":");
        json::string(out, &self.dataset);
        out.push_str(",\"id\":");
        json::string(out, &self.id);
        out.push_str(",\"kind\":\"");
        out.push_str(self.kind);
        out.push_str("\",\"spec\":");
        out.push_str(&self.spec);
        out.push_str(",\"title\":");
        json::string(out, &self.title);
        out.push('}');
    }
}
