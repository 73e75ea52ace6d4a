//! A real S3 server of one test's own: the Versity gateway over a folder.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::PATIENCE;

/// The bucket that is there.
const BUCKET: &str = "results";
const KEY: &str = "test-access-key";
const SECRET: &str = "test-secret-key";

/// A running S3 server; killed when dropped.
pub struct ObjectStore {
    binary: PathBuf,
    folder: tempfile::TempDir,
    port: u16,
    process: Option<Child>,
}

impl ObjectStore {
    /// Starts it; `None`, and a word about it, where it is not installed (`scripts/test` builds it where there is Go).
    pub fn start() -> Option<Self> {
        let cache = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        let binary = cache.join("dashloom/bin/versitygw");
        if !binary.is_file() {
            eprintln!(
                "skipped: there is no S3 server at {}; scripts/test builds one where Go is installed",
                binary.display()
            );
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut store = Self {
            binary,
            folder,
            port,
            process: None,
        };
        store.resume();
        Some(store)
    }

    /// Starts it again where it was.
    pub fn resume(&mut self) {
        let mut command = Command::new(&self.binary);
        command
            .args([
                "--access",
                KEY,
                "--secret",
                SECRET,
                "--port",
                &format!("127.0.0.1:{}", self.port),
            ])
            .args(["--region", "us-east-1", "posix", "--nometa"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.process = Some(command.spawn().unwrap());
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < PATIENCE, "the S3 server does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it; its objects stay.
    pub fn pause(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Puts an object there and gives its URI.
    pub fn put(&self, key: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(BUCKET).join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Appears whole, as objects do.
        let beside = self.folder.path().join("arriving");
        std::fs::write(&beside, bytes).unwrap();
        std::fs::rename(&beside, &path).unwrap();
        self.uri(key)
    }

    /// The URI of an object.
    pub fn uri(&self, key: &str) -> String {
        format!("s3://{BUCKET}/{key}")
    }

    /// What the service needs to read what lies under a prefix.
    pub fn environment(&self, prefix: &str) -> Vec<(&'static str, String)> {
        vec![
            ("DASHLOOM_OBJECTS__ALLOW", format!("s3://{BUCKET}/{prefix}")),
            (
                "DASHLOOM_OBJECTS__S3_ENDPOINT",
                format!("http://127.0.0.1:{}", self.port),
            ),
            ("DASHLOOM_OBJECTS__S3_REGION", "us-east-1".to_owned()),
            ("DASHLOOM_OBJECTS__S3_ACCESS_KEY_ID", KEY.to_owned()),
            ("DASHLOOM_OBJECTS__S3_SECRET_ACCESS_KEY", SECRET.to_owned()),
        ]
    }

    /// The folder behind it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        self.pause();
    }
}
