//! The service behind a pooler in transaction mode, where no two transactions may count on the same session.
//!
//! `PGBOUNCER` names the program; without it, it is looked for on the path. A test without one says so and passes.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::harness::{Load, PATIENCE, World};
use crate::stage::skip::skipped;

const ALL: Option<&str> = Some(r#"{"version":1,"period":"all"}"#);
/// The first release that keeps prepared statements in transaction mode.
const FROM: (u32, u32) = (1, 21);

/// A PgBouncer before a database; ends with the value.
struct Pooler {
    running: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Pooler {
    /// Starts one; `None` where there is none to be had of that version or newer.
    fn before(url: &str, from: (u32, u32)) -> Option<Self> {
        let program = std::env::var("PGBOUNCER").unwrap_or_else(|_| "pgbouncer".to_owned());
        let Some(version) = version(&program) else {
            skipped(format_args!("there is no {program}"));
            return None;
        };
        if version < from {
            skipped(format_args!("{program} {version:?} is older than {from:?}"));
            return None;
        }
        let (server, name) = url
            .strip_prefix("postgres://postgres@")
            .and_then(|rest| rest.split_once('/'))
            .expect("a URL of a superuser on a server");
        let (host, server_port) = server.split_once(':').expect("a port");
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let folder = tempfile::tempdir().unwrap();
        let prepared = match version < FROM {
            true => "",
            false => "max_prepared_statements = 500\n",
        };
        let settings = format!(
            "[databases]\n{name} = host={host} port={server_port} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\n{prepared}default_pool_size = 5\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        std::fs::write(&file, settings).unwrap();
        let running = start(&program, folder.path(), &file);
        let pooler = Self {
            running,
            url: format!("postgres://postgres@127.0.0.1:{port}/{name}"),
            _folder: folder,
        };
        let began = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < PATIENCE, "the pooler does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(pooler)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

/// It refuses to run as root, so that it is given to nobody then.
fn start(program: &str, folder: &Path, file: &Path) -> Child {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(program);
    if is_root {
        command.args(["-u", "nobody"]);
    }
    command
        .arg("-q")
        .arg(file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The program's version, of its first line `PgBouncer 1.24.1`.
fn version(program: &str) -> Option<(u32, u32)> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    let mut number = || {
        let digits: String = numbers.next()?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    Some((number()?, number()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_but_the_migration_goes_through_a_pooler_in_transaction_mode() {
    let world = World::with_partitions(4).await;
    let Some(pooler) = Pooler::before(world.db().url(), FROM) else {
        return;
    };
    let workflow = world.workflow("ads", ALL).await;
    let behind = [("DATABASE_URL", pooler.url.as_str())];
    let [service, other] = [world.serve_with(&behind), world.serve_with(&behind)];
    let load = Load::on(&world, &workflow);
    world.moved_past(50).await;
    // Its partitions go over to the other, whose sessions are those that it had.
    other.kill();
    for command in [
        &["replay", "--from", "earliest", "--dry-run"][..],
        &["replay", "--from", "earliest"],
        &["replay", "--pending"],
        &["rebuild", "--all", "--dry-run"],
        &["rebuild", "--all"],
        &["position", "show"],
    ] {
        let ran = world.run_with(command, &behind).await;
        assert_eq!(ran.code, Some(0), "{command:?}: {ran:?}");
    }
    let clicks = load.stop();
    world.settled().await;
    let view = world.view(&workflow, "all").await;
    assert_eq!(view.metric("clicks"), Some(clicks));
    let mut events = world.events();
    let last = view.version.to_string();
    let is_last = |record: &crate::harness::Record| {
        let event = <dashloom::event::wire::DashboardUpdated as prost::Message>::decode(
            record.payload.as_deref().unwrap(),
        );
        event.unwrap().view_version.to_string() == last
    };
    events
        .until("the last version", |records| records.iter().any(is_last))
        .await
        .unwrap();
    let letters = "select sum(dead_lettered + parked + skipped)::bigint from dashloom.consumer_positions \
                   where consumer_group not like '%/replay/%'";
    let letters: i64 = world.db().query_one(letters, &[]).await.unwrap().get(0);
    assert_eq!(letters, 0);
    assert_eq!(service.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_refuses_a_pooler_in_transaction_mode() {
    let world = World::new().await;
    let Some(pooler) = Pooler::before(world.db().url(), (1, 0)) else {
        return;
    };
    let behind = [("DATABASE_URL", pooler.url.as_str())];
    for command in [&["migrate"][..], &["migrate", "--backfill"]] {
        let ran = world.run_with(command, &behind).await;
        assert_ne!(ran.code, Some(0), "{ran:?}");
        assert!(ran.stderr.contains("a pooler in transaction mode"), "{ran:?}");
        assert!(!ran.stderr.contains("postgres://"), "a URL is a secret: {ran:?}");
    }
    assert_eq!(
        world.run(&["migrate"]).await.code,
        Some(0),
        "the server itself is taken"
    );
}
