//! How long commands end: one line of the figures that matter and the same figures in `target/reports/<name>.json`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Map, Value, json};

/// The figures of one command, in the order they are printed.
pub struct Report {
    name: &'static str,
    figures: Vec<(String, Value)>,
    versions: Map<String, Value>,
}

impl Report {
    /// A report without figures.
    pub fn new(name: &'static str) -> Self {
        let versions = [("dashloom".to_owned(), json!(env!("CARGO_PKG_VERSION")))]
            .into_iter()
            .collect();
        Self {
            name,
            figures: Vec::new(),
            versions,
        }
    }

    /// Adds a figure; keys are never renamed, and never printed twice.
    pub fn figure(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        self.figures.push((key.into(), value.into()));
    }

    /// Names the version of something that was measured or played with.
    pub fn version(&mut self, of: &str, version: &str) {
        self.versions.insert(of.to_owned(), json!(version));
    }

    /// Writes the JSON report and gives the closing line and the report's path.
    pub fn close(self) -> Result<(String, PathBuf)> {
        let line = self
            .figures
            .iter()
            .fold(format!("{}:", self.name), |line, (key, value)| match value {
                Value::String(text) => format!("{line} {key}={text}"),
                other => format!("{line} {key}={other}"),
            });
        let mut whole: Map<String, Value> = self.figures.into_iter().collect();
        whole.insert("versions".to_owned(), Value::Object(self.versions));
        whole.insert("machine".to_owned(), machine());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.json", self.name));
        fs::write(&path, format!("{:#}\n", Value::Object(whole)))?;
        Ok((line, path))
    }
}

fn machine() -> Value {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, m)| m));
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory_kib = memory
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok());
    json!({
        "cpus": std::thread::available_parallelism().map(usize::from).unwrap_or(1),
        "cpu": model,
        "memory_mib": memory_kib.map(|kib| kib / 1024),
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
    })
}
