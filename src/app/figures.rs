//! How long commands end: what they did in words, and one line `name: key=value …` of the figures that matter.

use std::io::Write;

use serde_json::{Map, Value};

use super::error::AppError;

/// What a command has to tell at its end.
pub struct Figures {
    name: &'static str,
    /// The figures in the order they are printed; keys are never renamed.
    pairs: Vec<(&'static str, Value)>,
    /// What is only in the JSON report.
    details: Map<String, Value>,
}

impl Figures {
    /// Without figures yet.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            pairs: Vec::new(),
            details: Map::new(),
        }
    }

    /// Adds a figure.
    pub fn figure(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.pairs.push((key, value.into()));
        self
    }

    /// Adds what only the JSON report holds.
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// Prints `text` and the line, or with `json` the report as JSON and the line to stderr.
    ///
    /// # Errors
    /// When stdout or stderr cannot be written.
    pub fn print(&self, text: &str, json: bool) -> Result<(), AppError> {
        let line = self.line();
        let written = if json {
            let report = Value::Object(self.report());
            writeln!(std::io::stdout(), "{report:#}").and_then(|()| writeln!(std::io::stderr(), "{line}"))
        } else {
            write!(std::io::stdout(), "{text}").and_then(|()| writeln!(std::io::stdout(), "{line}"))
        };
        written.map_err(|error| AppError::failed("the report cannot be printed", error))
    }

    fn line(&self) -> String {
        let head = format!("{}:", self.name);
        self.pairs.iter().fold(head, |line, (key, value)| match value {
            Value::String(text) => format!("{line} {key}={text}"),
            other => format!("{line} {key}={other}"),
        })
    }

    fn report(&self) -> Map<String, Value> {
        let pairs = self
            .pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), value.clone()));
        pairs.chain(self.details.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_holds_the_figures_in_order_and_the_report_everything() {
        let figures = Figures::new("replay")
            .figure("id", "a1")
            .figure("records", 7)
            .figure("seconds", 0.5)
            .detail("notes", vec!["gone"]);
        assert_eq!(figures.line(), "replay: id=a1 records=7 seconds=0.5");
        assert_eq!(Value::Object(figures.report())["notes"][0], "gone");
    }
}
