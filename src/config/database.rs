//! PostgreSQL: where it is, how long to wait, which names its roles and the engine's tables have.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::secret::Secret;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        path: "database.url",
        kind: Kind::Secret,
        default: "",
        doc: "`postgres://user:password@host:port/name?sslmode=…`, with `disable`, `prefer`, `require` or `verify-full`. \
              Every command but `schema`, `completion` and a plain `check-config` needs it.",
        alias: Some("DATABASE_URL"),
    },
    setting(
        "database.root_certificate",
        Kind::Text,
        "",
        "A PEM file of certificate authorities to trust; unset means the system's. It needs `sslmode=verify-full` in the URL: \
         the other modes ask no server who it is.",
    ),
    setting(
        "database.connect_timeout",
        Kind::Duration,
        "5s",
        "How long one attempt to connect may take.",
    ),
    setting(
        "database.acquire_timeout",
        Kind::Duration,
        "5s",
        "How long to wait for a free connection of a pool.",
    ),
    setting(
        "database.apply_connections",
        Kind::Integer,
        "4",
        "How many transactions fold at the same time: the size of the pool that writes dashboards.",
    ),
    setting(
        "database.relay_connections",
        Kind::Integer,
        "2",
        "The size of the relay's pool.",
    ),
    setting(
        "database.read_connections",
        Kind::Integer,
        "4",
        "The size of the pool for sweeps.",
    ),
    setting(
        "database.roles.owner",
        Kind::Text,
        "dashloom_owner",
        "The role that owns the tables.",
    ),
    setting(
        "database.roles.ingest",
        Kind::Text,
        "dashloom_ingest",
        "The role that folds results into dashboards.",
    ),
    setting(
        "database.roles.relay",
        Kind::Text,
        "dashloom_relay",
        "The role that publishes the outbox.",
    ),
    setting(
        "database.roles.reader",
        Kind::Text,
        "dashloom_reader",
        "The role that reads for one user.",
    ),
    setting(
        "database.roles.author",
        Kind::Text,
        "dashloom_author",
        "The role that reads and writes configurations and exports for one user.",
    ),
    setting(
        "database.roles.operator",
        Kind::Text,
        "dashloom_operator",
        "The role of repairs and of the sweeps.",
    ),
    setting(
        "database.upstream.users",
        Kind::Text,
        "users",
        "The engine's table of users; `table` or `schema.table`, here and below.",
    ),
    setting(
        "database.upstream.query_templates",
        Kind::Text,
        "query_templates",
        "The engine's table of query templates.",
    ),
    setting(
        "database.upstream.workflows",
        Kind::Text,
        "workflows",
        "The engine's table of workflows; dashloom's own tables stand in its schema, which the login's search path must hold.",
    ),
    setting(
        "database.upstream.workflow_executions",
        Kind::Text,
        "workflow_executions",
        "The engine's table of executions.",
    ),
];

/// PostgreSQL: where it is and how to behave towards it.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// The connection URL; empty when unset (see [`super::Config::require_database`]).
    pub url: Secret,
    /// A PEM file of certificate authorities to trust; `None` means the system's.
    pub root_certificate: Option<PathBuf>,
    /// How long one attempt to connect may take.
    pub connect_timeout: Duration,
    /// How long to wait for a free connection of a pool.
    pub acquire_timeout: Duration,
    /// Size of the pool that writes dashboards.
    pub apply_connections: usize,
    /// Size of the relay's pool.
    pub relay_connections: usize,
    /// Size of the pool for sweeps and the API.
    pub read_connections: usize,
    /// The names of the six roles.
    pub roles: RoleNames,
    /// The engine's tables.
    pub upstream: UpstreamTables,
}

/// The names of the six roles in this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleNames {
    /// Owns the tables.
    pub owner: String,
    /// Folds results into dashboards.
    pub ingest: String,
    /// Publishes the outbox.
    pub relay: String,
    /// Reads for one user.
    pub reader: String,
    /// Reads and writes configurations and exports for one user.
    pub author: String,
    /// Repairs and sweeps.
    pub operator: String,
}

impl Default for RoleNames {
    fn default() -> Self {
        let name = |role: &str| format!("dashloom_{role}");
        Self {
            owner: name("owner"),
            ingest: name("ingest"),
            relay: name("relay"),
            reader: name("reader"),
            author: name("author"),
            operator: name("operator"),
        }
    }
}

/// The engine's tables, as `table` (found in the search path) or `schema.table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamTables {
    /// Users.
    pub users: String,
    /// Query templates.
    pub query_templates: String,
    /// Workflows.
    pub workflows: String,
    /// Executions.
    pub workflow_executions: String,
}

impl Default for UpstreamTables {
    fn default() -> Self {
        Self {
            users: "users".to_owned(),
            query_templates: "query_templates".to_owned(),
            workflows: "workflows".to_owned(),
            workflow_executions: "workflow_executions".to_owned(),
        }
    }
}

impl DatabaseConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let url = read_url(reader);
        let root_certificate = reader.optional_text("database.root_certificate");
        check_root_certificate(reader, &url, root_certificate.is_some());
        Self {
            url,
            root_certificate: root_certificate.map(PathBuf::from),
            connect_timeout: reader.duration("database.connect_timeout"),
            acquire_timeout: reader.duration("database.acquire_timeout"),
            apply_connections: reader.integer("database.apply_connections", 1, 1_000),
            relay_connections: reader.integer("database.relay_connections", 1, 1_000),
            read_connections: reader.integer("database.read_connections", 1, 1_000),
            roles: RoleNames {
                owner: name(reader, "database.roles.owner"),
                ingest: name(reader, "database.roles.ingest"),
                relay: name(reader, "database.roles.relay"),
                reader: name(reader, "database.roles.reader"),
                author: name(reader, "database.roles.author"),
                operator: name(reader, "database.roles.operator"),
            },
            upstream: UpstreamTables {
                users: qualified(reader, "database.upstream.users"),
                query_templates: qualified(reader, "database.upstream.query_templates"),
                workflows: qualified(reader, "database.upstream.workflows"),
                workflow_executions: qualified(reader, "database.upstream.workflow_executions"),
            },
        }
    }
}

/// The value itself is a secret, so a refusal does not repeat it.
fn read_url(reader: &mut Reader) -> Secret {
    let url = reader.secret("database.url");
    let is_url = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.expose().starts_with(scheme));
    if !url.is_empty() && !is_url {
        reader.reject("database.url", "does not begin with `postgres://`");
    }
    url
}

/// Authorities that nobody asks would look like security: a mode that trusts any server must be meant.
fn check_root_certificate(reader: &mut Reader, url: &Secret, is_set: bool) {
    let query = url.expose().split_once('?').map_or("", |(_, query)| query);
    let has = |wanted: &str| query.split('&').any(|pair| pair.starts_with(wanted));
    if url.is_empty() || has("sslmode=verify-full") {
        return;
    }
    let remedy = "needs `sslmode=verify-full` in `database.url`; without it any server is trusted";
    if is_set {
        reader.reject("database.root_certificate", remedy);
    }
    if has("sslrootcert=") {
        reader.reject("database.url", format_args!("its `sslrootcert` {remedy}"));
    }
}

fn name(reader: &mut Reader, path: &'static str) -> String {
    let name = reader.text(path);
    if name.is_empty() || name.len() > 63 || name.contains('\0') {
        reader.reject(path, format_args!("`{name}` is not a name of 1 to 63 bytes"));
    }
    name
}

/// A table's name goes into statements as it is written, so it must be an identifier, quoted where SQL wants that.
fn qualified(reader: &mut Reader, path: &'static str) -> String {
    let name = reader.text(path);
    let parts: Vec<&str> = name.split('.').collect();
    if parts.len() > 2 || !parts.iter().all(|part| is_identifier(part)) {
        reader.reject(
            path,
            format_args!("`{name}` is not a table's name such as `workflows` or `engine.\"Workflows\"`"),
        );
    }
    name
}

fn is_identifier(text: &str) -> bool {
    let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match quoted {
        Some(inner) => !inner.is_empty() && !inner.contains(['"', '\0', '.']),
        None => {
            let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            !text.is_empty() && text.chars().all(is_part) && !text.starts_with(|c: char| c.is_ascii_digit())
        }
    }
}
