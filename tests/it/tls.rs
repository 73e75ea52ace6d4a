//! TLS to PostgreSQL: a real handshake with a server whose certificate is made here, and its refusals.

use std::path::Path;
use std::process::{Command, Output};

use rcgen::Certificate;

use crate::harness::{Authority, Database, OwnServer};

/// Has the server write a file into its data folder, as the user it runs as, and nobody else may read it.
async fn write(database: &Database, name: &str, pem: &str) {
    let copy = format!(
        "copy (select line from unnest(string_to_array('{}', E'\\n')) line) to program 'umask 077 && cat > {name}'",
        pem.trim_end()
    );
    database.batch_execute(&copy).await.unwrap();
}

fn migrate(url: &str, root: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dashloom"))
        .args(["migrate", "--with-upstream"])
        .env_clear()
        .env("DATABASE_URL", url)
        .env("DASHLOOM_DATABASE__ROOT_CERTIFICATE", root)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn only_a_server_that_proves_its_name_is_talked_to() {
    let own = OwnServer::postgres();
    let database = Database::empty(own.url()).await;
    let (authority, stranger) = (Authority::new(), Authority::new());
    write(&database, "server.crt", &authority.server.pem()).await;
    write(&database, "server.key", &authority.key.serialize_pem()).await;
    database.batch_execute("alter system set ssl = on").await.unwrap();
    database.batch_execute("select pg_reload_conf()").await.unwrap();
    database
        .until("a server that speaks TLS", async |db| {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            db.batch_execute("notify changed").await.unwrap();
            let on = db.query_one("show ssl", &[]).await.unwrap();
            on.get::<_, &str>(0) == "on"
        })
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, certificate: &Certificate| {
        let path = folder.path().join(name);
        std::fs::write(&path, certificate.pem()).unwrap();
        path
    };
    let (root, other) = (
        file("root.pem", &authority.root),
        file("other.pem", &stranger.root),
    );

    let url = format!("{}?sslmode=verify-full", database.url());
    let trusted = migrate(&url, &root);
    assert!(trusted.status.success(), "{}", said(&trusted));

    let unknown = migrate(&url, &other);
    assert_eq!(unknown.status.code(), Some(69), "{}", said(&unknown));
    assert!(
        said(&unknown).contains("invalid peer certificate"),
        "{}",
        said(&unknown)
    );

    let misnamed = migrate(&url.replacen("127.0.0.1", "localhost", 1), &root);
    assert_eq!(misnamed.status.code(), Some(69), "{}", said(&misnamed));
    assert!(
        said(&misnamed).contains("not valid for name"),
        "{}",
        said(&misnamed)
    );

    let unasked = migrate(&format!("{}?sslmode=require", database.url()), &root);
    assert_eq!(unasked.status.code(), Some(78), "{}", said(&unasked));
    assert!(said(&unasked).contains("verify-full"), "{}", said(&unasked));
}
