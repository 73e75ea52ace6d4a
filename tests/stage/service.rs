//! The real service as a process: its environment, its log, its admin port, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A running `dashloom serve` on free ports; killed when dropped.
pub struct Service {
    child: Child,
    http: SocketAddr,
    admin: SocketAddr,
}

impl Service {
    /// Starts it with this environment and nothing else of ours; `heard` gets each line of its log.
    pub fn start(
        binary: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
        mut heard: impl FnMut(String) + Send + 'static,
    ) -> Result<Self> {
        let (http, admin) = (free_address()?, free_address()?);
        let mut child = Command::new(binary)
            .arg("serve")
            .args(arguments)
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| name == "PATH" || name == "HOME"))
            .env("DASHLOOM_HTTP__LISTEN", http.to_string())
            .env("DASHLOOM_ADMIN__LISTEN", admin.to_string())
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A Ctrl-C in the terminal is for us; we end it in order.
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let log = BufReader::new(child.stderr.take().context("no log")?);
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(&mut heard));
        Ok(Self { child, http, admin })
    }

    /// Waits until `/readyz` says so. A port can only be asked again and again.
    pub fn ready(&mut self, patience: Duration) -> Result<()> {
        let started = Instant::now();
        while !matches!(self.admin("/readyz"), Ok((200, _))) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended with {status}");
            }
            if started.elapsed() > patience {
                bail!("the service was not ready within {patience:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where the API and the page are.
    pub fn http_address(&self) -> SocketAddr {
        self.http
    }

    /// Where the admin port is.
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// One `GET` on the admin port: status and body.
    pub fn admin(&self, path: &str) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(self.admin)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.admin
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .unwrap_or(0);
        let body = answer
            .split_once("\r\n\r\n")
            .map(|(_, body)| body.to_owned())
            .unwrap_or_default();
        Ok((status, body))
    }

    /// The sum of a metric's series whose line contains every one of `parts`.
    pub fn metric(&self, name: &str, parts: &[&str]) -> Result<f64> {
        let (_, text) = self.admin("/metrics")?;
        let series = text.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or_default();
            (rest.starts_with(' ') || rest.starts_with('{')) && parts.iter().all(|part| line.contains(part))
        });
        Ok(series
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum())
    }

    /// Sends a signal by name, as `kill` spells it (`-TERM`, `-STOP`, `-CONT`).
    pub fn signal(&self, signal: &str) -> Result<()> {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()?;
        if !status.success() {
            bail!("kill {signal} failed");
        }
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits for it.
    pub fn stop(mut self) -> Result<ExitStatus> {
        self.signal("-TERM")?;
        Ok(self.child.wait()?)
    }

    /// Ends it without warning (SIGKILL).
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
