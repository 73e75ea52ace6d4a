//! The other processes on stage: the service and the notifier.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use dashloom::event::wire::DashboardUpdated;
use uuid::Uuid;

use crate::stage::service::Service;

/// Where the demo keeps the service's log.
pub fn log_path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".run/demo/service.log")
}

/// Runs `dashloom migrate --with-upstream`.
pub fn migrate(environment: &[(String, String)]) -> Result<()> {
    let output = Command::new(beside("dashloom")?)
        .args(["migrate", "--with-upstream"])
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()?;
    if !output.status.success() {
        bail!(
            "dashloom migrate failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

/// Starts `dashloom serve --create-topics` and waits until it is ready.
pub fn serve(environment: &[(String, String)]) -> Result<Service> {
    let path = log_path();
    fs::create_dir_all(path.parent().context("no folder")?)?;
    let mut log = File::create(&path)?;
    let heard = move |line: String| drop(writeln!(log, "{line}"));
    let mut service = Service::start(&beside("dashloom")?, &["--create-topics"], environment, heard)?;
    service
        .ready(Duration::from_secs(60))
        .with_context(|| format!("its log is {}", path.display()))?;
    Ok(service)
}

/// Writes a dashboard as a file of every format into `target/reports/demo`, and gives their paths.
pub fn export(environment: &[(String, String)], view: Uuid) -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reports/demo");
    fs::create_dir_all(&folder)?;
    let write = |format: &str| {
        let file = folder.join(format!("dashboard.{format}"));
        let output = Command::new(beside("dashloom")?)
            .args(["export", "--view", &view.to_string(), "--out"])
            .arg(&file)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .output()?;
        match output.status.success() {
            true => Ok(file),
            false => bail!(
                "dashloom export failed:\n{}",
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    };
    ["pdf", "png", "csv", "xlsx", "html"]
        .into_iter()
        .map(write)
        .collect()
}

/// The example notifier as a process of its own; what it printed can be taken. Killed when dropped.
pub struct Notifier {
    child: Child,
    events: Receiver<DashboardUpdated>,
}

impl Notifier {
    /// Starts it, listening from a time on.
    pub fn start(environment: &[(String, String)], since_ms: i64) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?.with_file_name("notifier"))
            .args(["--json", "--since", &since_ms.to_string()])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("the notifier does not start")?;
        let lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let (tell, events) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Ok(event) = serde_json::from_str(&line) {
                    let _ = tell.send(event);
                }
            }
        });
        Ok(Self { child, events })
    }

    /// What it received since the last call.
    pub fn take(&self) -> Vec<DashboardUpdated> {
        self.events.try_iter().collect()
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that was built along with this one.
fn beside(name: &str) -> Result<PathBuf> {
    let folder = std::env::current_exe()?;
    let folder = folder.ancestors().nth(2).context("not in a build folder")?;
    Ok(folder.join(name))
}
