use std::io::Write;
use std::time::Duration;

use super::*;

fn env(pairs: &[(&str, &str)]) -> Sources {
    let env = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Sources {
        env,
        ..Sources::default()
    }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn problems(sources: &Sources) -> Vec<String> {
    load(sources)
        .unwrap_err()
        .problems
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn nothing_given_is_a_whole_configuration() {
    let config = load(&Sources::default()).unwrap();
    assert_eq!(config.kafka.dead_letter_topic, "workflow-execution-succeeded.dlq");
    assert_eq!(config.admin.listen.to_string(), "127.0.0.1:9090");
    assert_eq!(config.serve.roles.len(), 4);
    assert!(
        config
            .require_database()
            .unwrap_err()
            .to_string()
            .contains("set DATABASE_URL")
    );
}

#[test]
fn every_setting_is_read_exactly_once() {
    let (_, mut read) = read(&Sources::default());
    let mut listed: Vec<&str> = all_settings().map(|setting| setting.path).collect();
    read.sort_unstable();
    listed.sort_unstable();
    assert_eq!(read, listed);
}

#[test]
fn flags_beat_environment_beats_file_beats_default() {
    let file = file("[kafka]\ngroup = 'file'\ntopic = 'file'\nevents_topic = 'file-events'\n");
    let mut sources = env(&[("DASHLOOM_KAFKA__GROUP", "env"), ("DASHLOOM_KAFKA__TOPIC", "env")]);
    sources.file = Some(file.path().to_owned());
    sources.flags = vec![("--set".into(), "kafka.group".into(), "flag".into())];
    let config = load(&sources).unwrap();
    assert_eq!(config.kafka.group, "flag");
    assert_eq!(config.kafka.topic, "env");
    assert_eq!(config.kafka.events_topic, "file-events");
    let origin = |path: &str| {
        config
            .effective
            .iter()
            .find(|item| item.path == path)
            .unwrap()
            .origin
            .to_string()
    };
    assert_eq!(origin("kafka.group"), "flag --set");
    assert_eq!(origin("kafka.topic"), "environment DASHLOOM_KAFKA__TOPIC");
    assert_eq!(origin("kafka.client_id"), "default");
}

#[test]
fn own_variables_beat_plain_ones() {
    let sources = env(&[
        ("DASHLOOM_KAFKA__BOOTSTRAP_SERVERS", "own:1"),
        ("KAFKA_BOOTSTRAP_SERVERS", "plain:1"),
    ]);
    assert_eq!(load(&sources).unwrap().kafka.bootstrap_servers, "own:1");
}

#[test]
fn all_problems_show_at_once_with_suggestions() {
    let file = file("[kafka]\ngruop = 'x'\nsession_timeout = 10\n[kafka.properties]\n'group.id' = 'x'\n");
    let mut sources = env(&[
        ("DASHLOOM_ADMIN__LISTEN", "nowhere"),
        ("DASHLOOM_HTTP__LISTN", "127.0.0.1:1"),
        ("DASHLOOM_HTTP_LISTEN", "127.0.0.1:1"),
        ("DASHLOOM_SERVICE_HOST", "10.0.0.1"),
        ("DASHLOOM_SERVE__ROLES", "consume,rely"),
        ("DASHLOOM_NONSENSE__X", "1"),
    ]);
    sources.file = Some(file.path().to_owned());
    let text = problems(&sources).join("\n");
    for expected in [
        "kafka.gruop: is not a setting",
        "Did you mean `kafka.group`?",
        "kafka.session_timeout: `10` is not a duration",
        "kafka.properties.group.id: belongs to dashloom: set `kafka.group`",
        "admin.listen: `nowhere` is not an address",
        "Did you mean `DASHLOOM_HTTP__LISTEN`?",
        "`rely` is none of consume, relay, sweep, http, narrate. Did you mean `relay`?",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("SERVICE_HOST"), "{text}");
    assert!(
        text.lines()
            .any(|line| line == "DASHLOOM_NONSENSE__X: is not a setting."),
        "{text}"
    );
    assert_eq!(text.lines().count(), 8, "{text}");
}

#[test]
fn secrets_come_from_files_and_never_show() {
    let url = file("postgres://me:hush@localhost/db\n");
    let password = file("hush\n");
    let sources = env(&[
        ("DATABASE_URL_FILE", url.path().to_str().unwrap()),
        (
            "DASHLOOM_KAFKA__PROPERTIES__SASL_PASSWORD_FILE",
            password.path().to_str().unwrap(),
        ),
    ]);
    let config = load(&sources).unwrap();
    assert_eq!(config.database.url.expose(), "postgres://me:hush@localhost/db");
    let (name, value) = &config.kafka.properties[0];
    assert_eq!((name.as_str(), value.expose()), ("sasl.password", "hush"));
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn secrets_are_refused_on_the_command_line_and_not_repeated() {
    let mut sources = env(&[]);
    sources.flags = vec![(
        "--set".into(),
        "database.url".into(),
        "postgres://me:hush@localhost/db".into(),
    )];
    let text = problems(&sources).join("\n");
    assert!(text.contains("must not stand on the command line"), "{text}");
    assert!(!text.contains("hush"), "{text}");
}

#[test]
fn durations_are_read() {
    let config = load(&env(&[("DASHLOOM_CONSUMER__UNKNOWN_WORKFLOW_GRACE", "30s")])).unwrap();
    assert_eq!(config.consumer.unknown_workflow_grace, Duration::from_secs(30));
}

#[test]
fn authorities_that_nobody_would_ask_are_refused() {
    let with = |url: &str, root: &str| {
        problems(&env(&[
            ("DATABASE_URL", url),
            ("DASHLOOM_DATABASE__ROOT_CERTIFICATE", root),
            ("DASHLOOM_RELAY__LEASE", "never"),
        ]))
    };
    for url in [
        "postgres://h/db",
        "postgres://h/db?sslmode=require",
        "postgres://h/db?a=b&sslmode=prefer",
    ] {
        let told = with(url, "/ca.pem").join("\n");
        assert!(
            told.contains("database.root_certificate") && told.contains("verify-full"),
            "{url}: {told}"
        );
    }
    assert_eq!(
        with("postgres://h/db?sslmode=verify-full", "/ca.pem").len(),
        1,
        "only the lease"
    );
    let in_url = problems(&env(&[("DATABASE_URL", "postgres://h/db?sslrootcert=/ca.pem")]));
    assert!(in_url[0].contains("sslrootcert"), "{in_url:?}");
}

#[test]
fn the_clients_own_properties_carry_its_security() {
    let file = file(
        "[kafka.properties]\n\"security.protocol\" = 'SASL_SSL'\n\"sasl.mechanisms\" = 'SCRAM-SHA-512'\n\
         \"sasl.username\" = 'dashloom'\n\"sasl.password\" = 'hush'\n\"ssl.ca.location\" = '/ca.pem'\n",
    );
    let sources = Sources {
        file: Some(file.path().to_owned()),
        ..Sources::default()
    };
    let properties = load(&sources).unwrap().kafka.properties;
    let value = |name: &str| {
        let found = properties.iter().find(|(property, _)| property == name);
        found.map(|(_, value)| value.expose().to_owned())
    };
    assert_eq!(value("security.protocol").as_deref(), Some("SASL_SSL"));
    assert_eq!(value("sasl.mechanisms").as_deref(), Some("SCRAM-SHA-512"));
    assert_eq!(value("ssl.ca.location").as_deref(), Some("/ca.pem"));
    assert!(!format!("{properties:?}").contains("hush"));
}

#[test]
fn without_a_login_only_loopback_is_listened_on() {
    let open = [("DASHLOOM_HTTP__LISTEN", "0.0.0.0:8080")];
    assert!(problems(&env(&open))[0].starts_with("http.listen: is not loopback"));
    let elsewhere = [open[0], ("DASHLOOM_SERVE__ROLES", "consume,relay")];
    assert!(load(&env(&elsewhere)).is_ok());
    let login = [
        open[0],
        ("DASHLOOM_HTTP__AUTH__SECRET", "0123456789abcdef0123456789abcdef"),
        ("DASHLOOM_HTTP__AUTH__ISSUER", "https://id.example.org"),
        ("DASHLOOM_HTTP__AUTH__AUDIENCE", "dashloom"),
    ];
    assert!(load(&env(&login)).unwrap().http.auth.is_some());
}

#[test]
fn a_login_is_whole_or_refused() {
    let short = [("DASHLOOM_HTTP__AUTH__SECRET", "guess")];
    assert_eq!(
        problems(&env(&short)).len(),
        3,
        "too short, no issuer, no audience"
    );
    let anywhere = [
        ("DASHLOOM_HTTP__AUTH__JWKS_URL", "http://keys.example.org/jwks"),
        ("DASHLOOM_HTTP__AUTH__ISSUER", "x"),
        ("DASHLOOM_HTTP__AUTH__AUDIENCE", "y"),
    ];
    assert!(problems(&env(&anywhere))[0].starts_with("http.auth.jwks_url"));
}

#[test]
fn who_lost_a_report_hears_of_it_for_five_minutes_at_most() {
    let age = |text: &str| env(&[("DASHLOOM_HTTP__LIVE_ACCESS_AGE", text)]);
    assert!(load(&age("5m")).is_ok());
    assert!(problems(&age("2h"))[0].starts_with("http.live_access_age: is more than 5 minutes"));
}

#[test]
fn the_narrator_is_told_whom_to_ask() {
    let role = ("DASHLOOM_SERVE__ROLES", "narrate");
    let told = problems(&env(&[role]));
    assert!(
        told[0].starts_with("narrate.endpoint: is needed by the role `narrate`"),
        "{told:?}"
    );
    assert!(told[1].starts_with("narrate.model"), "{told:?}");
    let model = ("DASHLOOM_NARRATE__MODEL", "small");
    let key = ("DASHLOOM_NARRATE__API_KEY", "hush");
    let at = |url| ("DASHLOOM_NARRATE__ENDPOINT", url);
    let config = load(&env(&[role, model, key, at("https://models.example.org/v1/")])).unwrap();
    assert_eq!(config.narrate.endpoint, "https://models.example.org/v1");
    assert!(!format!("{config:?}").contains("hush"));
    for (url, is_taken) in [
        ("http://127.0.0.1:11434/v1", true),
        ("http://models.example.org/v1", false),
        ("http://127.0.0.1.example.org/v1", false),
        ("models.example.org", false),
    ] {
        assert_eq!(
            load(&env(&[role, model, key, at(url)])).is_ok(),
            is_taken,
            "{url}"
        );
    }
    assert!(
        load(&env(&[role, model, at("http://models/v1")])).is_ok(),
        "there is no key to be read on the way"
    );
}

#[test]
fn what_serve_would_refuse_is_found_beforehand_and_all_of_it_at_once() {
    let told = problems(&env(&[
        ("DASHLOOM_KAFKA__TOPIC", "a b"),
        ("DASHLOOM_RELAY__LEASE", "1ms"),
        ("DASHLOOM_OBJECTS__ALLOW", "s3://results/,/etc"),
        ("DASHLOOM_EXPORTS__LOCATION", "http://a"),
        ("DASHLOOM_TELEMETRY__LOG", "info,loud"),
        ("DASHLOOM_TELEMETRY__OTLP_ENDPOINT", "foo"),
    ]));
    let expected = [
        "kafka.topic: `a b` is no topic's name",
        "relay.lease: is less than 1 second",
        "objects.allow: `/etc` begins with none of s3://, gs://, az:// and file://; for a folder write `file:///etc`",
        "exports.location: `http://a` begins with none of",
        "telemetry.log: `loud` names no level",
        "telemetry.otlp_endpoint: `foo` is no address",
    ];
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn levels_and_directives_are_taken_as_they_are_written() {
    for log in [
        "",
        "off",
        "WARN",
        "info,dashloom::kafka=debug",
        "info, [batch{topic=a}]=trace",
    ] {
        assert!(load(&env(&[("DASHLOOM_TELEMETRY__LOG", log)])).is_ok(), "{log}");
    }
}
