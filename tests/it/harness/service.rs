//! The real service as a process: its environment, its log, its admin port, its end.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::sync::mpsc;

use super::PATIENCE;

/// A running service; killed when dropped.
pub struct Service {
    child: Child,
    admin: SocketAddr,
    lines: mpsc::UnboundedReceiver<String>,
    log: Vec<String>,
}

impl Service {
    /// Starts `dashloom serve` with exactly this environment besides the ports it listens on.
    pub fn start(environment: &[(String, String)], arguments: &[&str]) -> Self {
        let (http, admin) = (free_address(), free_address());
        let mut child = Command::new(env!("CARGO_BIN_EXE_dashloom"))
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
            .spawn()
            .expect("the binary starts");
        let (tell, lines) = mpsc::unbounded_channel();
        let output = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            output
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| tell.send(line))
        });
        Self {
            child,
            admin,
            lines,
            log: Vec::new(),
        }
    }

    /// Waits for a line of the log that holds `text` and gives it.
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
            _ => panic!(
                "the service never said {text:?}; it said:\n{}",
                self.log.join("\n")
            ),
        }
    }

    /// One `GET` on the admin port: status and body.
    pub fn admin(&self, path: &str) -> std::io::Result<(u16, String)> {
        get(self.admin, path)
    }

    /// The sum of a metric's series whose name and labels contain every one of `parts`.
    pub fn metric(&self, name: &str, parts: &[&str]) -> f64 {
        let (_, text) = self.admin("/metrics").expect("the admin port answers");
        let series = text.lines().filter(|line| {
            let rest = line.strip_prefix(name).unwrap_or("x");
            (rest.starts_with(' ') || rest.starts_with('{')) && parts.iter().all(|part| line.contains(part))
        });
        series
            .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
            .sum()
    }

    /// Asks it to end (SIGTERM) and waits for it.
    pub fn stop(mut self) -> ExitStatus {
        self.signal("-TERM");
        self.child.wait().unwrap()
    }

    /// Ends it without warning (SIGKILL).
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by name, as `kill` spells it (`-STOP`, `-CONT`).
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            while let Ok(line) = self.lines.try_recv() {
                self.log.push(line);
            }
            eprintln!("--- the service's log:\n{}", self.log.join("\n"));
        }
    }
}

fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
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

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
