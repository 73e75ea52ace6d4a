//! Commands of a world, run to their end or killed in the middle.

use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::World;

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The report of a command that was run with `--json`.
    ///
    /// # Panics
    /// When the command failed or printed no JSON.
    pub fn report(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A figure of the closing line, as it is printed.
    ///
    /// # Panics
    /// When there is no such figure.
    pub fn figure(&self, key: &str) -> String {
        let text = if self.stdout.trim_start().starts_with('{') {
            &self.stderr
        } else {
            &self.stdout
        };
        let line = text.lines().last().unwrap_or_default();
        let pair = line
            .split(' ')
            .find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        pair.unwrap_or_else(|| panic!("no figure {key}: {self:?}"))
            .to_owned()
    }
}

impl World {
    /// Runs `dashloom` with these arguments in this world to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[]).await
    }

    /// The same with more of an environment.
    pub async fn run_with(&self, arguments: &[&str], more: &[(&str, &str)]) -> Ran {
        let mut command = self.command(arguments);
        command.envs(more.iter().copied());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Starts `dashloom` with these arguments in this world; nobody hears what it says.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        Running(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        )
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dashloom"));
        command
            .args(arguments)
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| name == "PATH" || name == "HOME"))
            .envs(self.environment())
            .stdin(Stdio::null());
        command
    }
}

/// A command that runs; killed when dropped.
pub struct Running(Child);

impl Running {
    /// Ends it without warning (SIGKILL).
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop (SIGINT), and again until it has ended; gives its exit code.
    pub fn interrupt(mut self) -> Option<i32> {
        loop {
            let id = self.0.id().to_string();
            // It may have ended by now.
            let _ = Command::new("kill").args(["-INT", &id]).status();
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) {
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
