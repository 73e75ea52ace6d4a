//! A PostgreSQL whose disk is as slow as a test wants it to be.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::OwnServer;

/// A server on a slow disk: a library that it preloads lets each sync take longer.
pub struct SlowDisk {
    pub server: OwnServer,
    /// Says how much longer.
    delay: PathBuf,
    _folder: tempfile::TempDir,
}

impl SlowDisk {
    /// A server whose disk is not slow yet.
    pub fn new() -> Self {
        // The server runs as another user where the tests run as root.
        let open = std::fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().permissions(open).tempdir().unwrap();
        let (delay, library) = (folder.path().join("delay_ms"), folder.path().join("slow_disk.so"));
        std::fs::write(&delay, "0").unwrap();
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/harness/slow_disk.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([library.to_str().unwrap(), source, "-ldl"])
            .status();
        assert!(compiled.unwrap().success(), "cc compiles slow_disk.c");
        let environment = [
            ("LD_PRELOAD", library.to_str().unwrap()),
            ("SLOW_DISK", delay.to_str().unwrap()),
        ];
        Self {
            server: OwnServer::durable_postgres(&environment),
            delay,
            _folder: folder,
        }
    }

    /// From now on each sync takes so much longer.
    pub fn delay(&self, by: Duration) {
        std::fs::write(&self.delay, by.as_millis().to_string()).unwrap();
    }
}
