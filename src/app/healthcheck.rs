//! `dashloom healthcheck`: asks a running service on its admin port.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use crate::config::Config;

use super::error::AppError;

/// How long the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// No answer of the admin port's health routes is longer.
const LONGEST_ANSWER: u64 = 4096;

/// Prints the answer; exit code 0 for a good one, else 1.
///
/// # Errors
/// When nothing answers.
pub fn run(config: &Config, ready: bool) -> Result<ExitCode, AppError> {
    let address = reachable(config.admin.listen);
    let path = if ready { "/readyz" } else { "/livez" };
    let answer = ask(address, path)
        .map_err(|error| AppError::failed(format!("nothing answers on {address} (admin.listen)"), error))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    // The exit code says it all when stdout is closed.
    let _ = writeln!(std::io::stdout(), "{}", body.trim_end());
    let is_good = head.split(' ').nth(1) == Some("200");
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A service that listens on every address is asked on the loopback one.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

fn ask(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(LONGEST_ANSWER).read_to_string(&mut answer)?;
    Ok(answer)
}
