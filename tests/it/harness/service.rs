//! The service of a world: the process, and its log to wait on.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use tokio::sync::mpsc;

use super::PATIENCE;
use crate::stage::service::Service as Process;

/// A running service; killed when dropped. Its log is shown when the test fails.
pub struct Service {
    process: Option<Process>,
    lines: mpsc::UnboundedReceiver<String>,
    log: Vec<String>,
}

impl Service {
    /// Starts `dashloom serve` with exactly this environment besides the ports it listens on.
    pub fn start(environment: &[(String, String)], arguments: &[&str]) -> Self {
        let (tell, lines) = mpsc::unbounded_channel();
        let heard = move |line| drop(tell.send(line));
        let binary = Path::new(env!("CARGO_BIN_EXE_dashloom"));
        let process = Process::start(binary, arguments, environment, heard).unwrap();
        Self {
            process: Some(process),
            lines,
            log: Vec::new(),
        }
    }

    /// Waits for the next line of the log that holds `text` and gives it.
    pub async fn says(&mut self, text: &str) -> String {
        let wait = async {
            loop {
                let line = self.lines.recv().await?;
                self.log.push(line.clone());
                if line.contains(text) {
                    return Some(line);
                }
            }
        };
        match tokio::time::timeout(PATIENCE, wait).await {
            Ok(Some(line)) => line,
            _ => panic!("the service never said {text:?}"),
        }
    }

    /// Asks it to end (SIGTERM) and waits for its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.process.take().unwrap().stop().unwrap().code()
    }

    /// Ends it without warning (SIGKILL).
    pub fn kill(mut self) {
        self.process.take().unwrap().kill().unwrap();
    }
}

impl Deref for Service {
    type Target = Process;

    fn deref(&self) -> &Process {
        self.process.as_ref().unwrap()
    }
}

impl DerefMut for Service {
    fn deref_mut(&mut self) -> &mut Process {
        self.process.as_mut().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.take();
        if std::thread::panicking() {
            while let Ok(line) = self.lines.try_recv() {
                self.log.push(line);
            }
            eprintln!("--- the service's log:\n{}\n---", self.log.join("\n"));
        }
    }
}
