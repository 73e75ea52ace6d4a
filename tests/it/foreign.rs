//! A foreign engine and a foreign notifier: Python, its own protobuf, Kafka and CloudEvents packages, none of our code.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use uuid::Uuid;

use crate::harness::{World, servers};
use crate::stage::skip::skipped;

/// What the client's `produce` writes: a week in each encoding, 1,000,060.66 EUR a week.
const ENCODINGS: [&str; 4] = ["protobuf", "json", "json-snake-case", "confluent"];
const SPEND_ALL_WEEKS: &str = "4000242.64";

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_produces_executions_and_reads_updates() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return skipped(format_args!("the foreign client cannot be installed: {why}")),
    };
    let world = World::new().await;
    let [input, output, _] = world.topics();
    let bootstrap = servers().broker.address();
    let workflow = Uuid::new_v4();
    let insert = "insert into workflows (id, name, report_enabled) values ($1, 'foreign', true)";
    world.db().execute(insert, &[&workflow]).await.unwrap();
    let _service = world.serve();

    let produced = client(&python, &["produce", bootstrap, &input, &workflow.to_string()]);
    world.settled().await;
    assert_eq!(texts(&produced, "/encoding"), ENCODINGS);
    let view = "select id::text, version, data_start_date::text, data_end_date::text, execution_ids::text[]
                from dashboard_views where workflow_id = $1";
    let view = world.db().query_one(view, &[&workflow]).await.unwrap();
    let mut executions = texts(&produced, "/execution_id");
    executions.sort_unstable();
    assert_eq!(view.get::<_, Vec<String>>(4), executions);

    let versions: i64 = view.get(1);
    let updates = client(&python, &["read", bootstrap, &output, &versions.to_string()]);
    for (update, version) in updates.iter().zip(1..) {
        assert_eq!(text(update, "/event/view_version"), version.to_string());
        assert_eq!(text(update, "/event/dashboard_view_id"), view.get::<_, String>(0));
        assert_eq!(text(update, "/key"), text(update, "/event/dashboard_view_id"));
        assert_eq!(text(update, "/ce_id"), text(update, "/event/event_id"));
        assert_eq!(text(update, "/ce_type"), "dashloom.v1.DashboardUpdated");
        assert_eq!(text(update, "/ce_specversion"), "1.0");
        assert_eq!(text(update, "/content_type"), "application/protobuf");
        assert_eq!(text(update, "/event/workflow_id"), workflow.to_string());
    }
    let last = updates.last().expect("the view has a version");
    assert_eq!(text(last, "/event/data_start_date"), view.get::<_, String>(2));
    assert_eq!(text(last, "/event/data_end_date"), view.get::<_, String>(3));
    assert_eq!(text(last, "/event/metrics/0/id"), "spend");
    assert_eq!(text(last, "/event/metrics/0/after"), SPEND_ALL_WEEKS);
    assert_eq!(text(last, "/event/metrics/0/unit"), "EUR");
}

fn texts<'a>(lines: &'a [Value], pointer: &str) -> Vec<&'a str> {
    lines.iter().map(|line| text(line, pointer)).collect()
}

fn text<'a>(line: &'a Value, pointer: &str) -> &'a str {
    line.pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {pointer} in {line}"))
}

/// Runs the client to its end and gives the lines it printed.
fn client(python: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = Command::new(python)
        .arg(source("client.py"))
        .args(arguments)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "client.py {arguments:?}:\n{told}");
    let lines = String::from_utf8(output.stdout).unwrap();
    lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The interpreter of a virtual environment that holds what the client needs, made once for each list of packages.
fn python() -> Result<PathBuf, String> {
    let requirements = source("requirements.txt");
    let mut hasher = DefaultHasher::new();
    std::fs::read(&requirements).unwrap().hash(&mut hasher);
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("foreign-{:016x}", hasher.finish()));
    let (python, complete) = (home.join("bin/python"), home.join("complete"));
    if !complete.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
        let install = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
        ];
        run(Command::new(&python).args(install).arg(&requirements))?;
        std::fs::write(&complete, "").unwrap();
    }
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        ))
    }
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/foreign")
        .join(name)
}
