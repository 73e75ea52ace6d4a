//! TLS and a password to Kafka: a real handshake with a broker whose certificate is made here, and its refusals.

use std::path::{Path, PathBuf};

use rcgen::Certificate;

use crate::harness::{Authority, Database, OwnServer, World};

/// What a client needs to be let in.
fn login(root: &Path, password: &str) -> Vec<(&'static str, String)> {
    let property = |name, value: &str| (name, value.to_owned());
    vec![
        property("DASHLOOM_KAFKA__PROPERTIES__SECURITY_PROTOCOL", "SASL_SSL"),
        property("DASHLOOM_KAFKA__PROPERTIES__SASL_MECHANISMS", "SCRAM-SHA-512"),
        property("DASHLOOM_KAFKA__PROPERTIES__SASL_USERNAME", "dashloom"),
        property("DASHLOOM_KAFKA__PROPERTIES__SASL_PASSWORD", password),
        property(
            "DASHLOOM_KAFKA__PROPERTIES__SSL_CA_LOCATION",
            root.to_str().unwrap(),
        ),
    ]
}

/// The world's environment for clients that go to another address of its broker.
fn through<'a>(address: &'a str, login: &'a [(&'static str, String)]) -> Vec<(&'a str, &'a str)> {
    let login = login.iter().map(|(name, value)| (*name, value.as_str()));
    [("KAFKA_BOOTSTRAP_SERVERS", address)]
        .into_iter()
        .chain(login)
        .collect()
}

#[tokio::test]
async fn records_come_and_go_by_tls_and_only_whoever_proves_itself_is_talked_to() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let own = OwnServer::secure_kafka(&authority);
    let world = World::on(Database::migrated().await, &own.broker(), 2).await;
    let workflow = world.workflow("ads", Some(r#"{"period":"all"}"#)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, certificate: &Certificate| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, certificate.pem()).unwrap();
        path
    };
    let (root, other) = (
        file("root.pem", &authority.root),
        file("other.pem", &stranger.root),
    );

    let right = login(&root, "secret");
    let service = world.serve_with(&through(own.secure_address(), &right));
    let date = "2025-03-01";
    let execution = world.execution(&workflow, date, date, "date,clicks\n2025-03-01,7\n");
    world.announce(&[&execution]).await;
    assert_eq!(
        world.view(&workflow, "all").await.metric("clicks"),
        Some("7".to_owned())
    );
    world.events().at_least(1).await.unwrap();
    let listed = world
        .run_with(&["dlq", "list"], &through(own.secure_address(), &right))
        .await;
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert_eq!(service.stop(), Some(0));

    for (wrong, told) in [
        (login(&root, "guessed"), "SASL authentication error"),
        (login(&other, "secret"), "certificate verify failed"),
    ] {
        let refused = world
            .run_with(&["dlq", "list"], &through(own.secure_address(), &wrong))
            .await;
        assert_eq!(refused.code, Some(69), "{refused:?}");
        assert!(refused.stderr.contains(told), "{refused:?}");
        assert!(!refused.stderr.contains("guessed"), "{refused:?}");
    }
}
