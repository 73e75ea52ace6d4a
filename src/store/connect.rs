//! Connections and pools, with TLS as the URL's `sslmode` asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    BuildError, ClientWrapper, Hook, HookError, Manager, ManagerConfig, Metrics, Pool, RecyclingMethod,
    Runtime, Timeouts,
};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::{Client, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::config::DatabaseConfig;

/// The name by which our sessions are known in `pg_stat_activity`.
pub const APPLICATION_NAME: &str = "dashloom";
/// After how long without an acknowledgement a connection counts as lost.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection is silent before the system asks whether the server is still there.
const KEEPALIVE: Duration = Duration::from_secs(15);
/// How long after it was given out a connection that is back already counts as alive.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How many prepared statements a connection keeps.
const MOST_STATEMENTS: usize = 100;

/// A database to connect to.
#[derive(Clone)]
pub struct Database {
    config: tokio_postgres::Config,
    tls: MakeRustlsConnect,
    connect_timeout: Duration,
    acquire_timeout: Duration,
}

/// Why a connection could not be prepared or made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL cannot be read. Its text is a secret and is not repeated.
    #[error("database.url is not a connection URL such as postgres://user:password@host:5432/name")]
    Url(#[source] tokio_postgres::Error),
    /// The URL asks for a mode of TLS that does not exist here.
    #[error("database.url: sslmode `{0}` is unknown; use disable, prefer, require or verify-full")]
    SslMode(String),
    /// There are certificate authorities, and a mode that asks no server who it is.
    #[error(
        "database.root_certificate needs sslmode=verify-full in database.url; without it any server is trusted"
    )]
    Unverified,
    /// The certificate authorities cannot be read.
    #[error("the certificate authorities in {} cannot be read", path.display())]
    RootCertificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    /// A pool cannot be made.
    #[error("a database pool cannot be made")]
    Pool(#[from] BuildError),
    /// What looks like a session is one transaction of many sessions each.
    #[error(
        "between here and the database is a pooler in transaction mode, through which neither locks nor settings of a session hold; \
         use a URL that leads to the server itself, or to a pool in session mode"
    )]
    Pooled,
    /// The server cannot be reached or refuses the login.
    #[error("the database cannot be reached")]
    Connect(#[source] tokio_postgres::Error),
}

impl Database {
    /// Reads the URL and prepares TLS; connects to nothing yet.
    ///
    /// # Errors
    /// [`ConnectError`] for a wrong URL, mode or certificate file.
    pub fn new(settings: &DatabaseConfig) -> Result<Self, ConnectError> {
        let (url, ssl) = split_ssl(settings.url.expose())?;
        let mut config: tokio_postgres::Config = url.parse().map_err(ConnectError::Url)?;
        config
            .application_name(APPLICATION_NAME)
            .connect_timeout(settings.connect_timeout)
            .keepalives_idle(KEEPALIVE)
            .tcp_user_timeout(TCP_USER_TIMEOUT);
        if let Some((schema, _)) = settings.upstream.workflows.split_once('.') {
            // Our tables stand beside the engine's, and statements name them unqualified.
            let given = config.get_options().unwrap_or_default().to_owned();
            config.options(format!("{given} -c search_path={schema},public"));
        }
        let root = ssl.root_certificate.or_else(|| settings.root_certificate.clone());
        if root.is_some() && !ssl.verify {
            return Err(ConnectError::Unverified);
        }
        Ok(Self {
            config,
            tls: MakeRustlsConnect::new(tls(ssl.verify, root.as_deref())?),
            connect_timeout: settings.connect_timeout,
            acquire_timeout: settings.acquire_timeout,
        })
    }

    /// A pool of up to `size` connections, each made when it is first needed.
    ///
    /// # Errors
    /// [`ConnectError::Pool`].
    pub fn pool(&self, size: usize) -> Result<Pool, ConnectError> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), recycling);
        let patience = self.connect_timeout;
        let timeouts = Timeouts {
            wait: Some(self.acquire_timeout),
            create: Some(self.connect_timeout),
            recycle: Some(self.connect_timeout),
        };
        Ok(Pool::builder(manager)
            .max_size(size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .pre_recycle(Hook::async_fn(move |client, used| {
                Box::pin(check(client, used, patience))
            }))
            .build()?)
    }

    /// A session found to be one, for work whose locks and settings belong to the session: behind a pooler in transaction mode
    /// the same server process serves two, or one of them moves on to another while the first is held by an open transaction.
    ///
    /// # Errors
    /// [`ConnectError::Connect`], or [`ConnectError::Pooled`].
    pub async fn own_session(&self) -> Result<Client, ConnectError> {
        let (session, other) = (self.session().await?, self.session().await?);
        // Which process a pooler chooses may be chance.
        for _ in 0..3 {
            let before = backend(&session, "").await.map_err(ConnectError::Connect)?;
            let held = backend(&other, "begin").await.map_err(ConnectError::Connect)?;
            if before == held || backend(&session, "").await.map_err(ConnectError::Connect)? != before {
                return Err(ConnectError::Pooled);
            }
            other
                .batch_execute("rollback")
                .await
                .map_err(ConnectError::Connect)?;
        }
        Ok(session)
    }

    /// A session of its own. It ends when the client is dropped.
    ///
    /// # Errors
    /// [`ConnectError::Connect`].
    pub async fn session(&self) -> Result<Client, ConnectError> {
        let (client, connection) = self
            .config
            .connect(self.tls.clone())
            .await
            .map_err(ConnectError::Connect)?;
        let drive = async {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a database session broke");
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "it ends with its client, which a drain waits for"
        )]
        drop(tokio::spawn(drive));
        Ok(client)
    }
}

/// Asks a connection whether it answers before it is used again, unless it was given out a moment ago and is back; and forgets its
/// statements where they have become too many, as the filters of lists in all their combinations can.
async fn check(client: &mut ClientWrapper, used: &Metrics, patience: Duration) -> Result<(), HookError> {
    if client.statement_cache.size() > MOST_STATEMENTS {
        client.statement_cache.clear();
    }
    if used.last_used() < TRUSTED_FOR {
        return Ok(());
    }
    match tokio::time::timeout(patience, client.simple_query("")).await {
        Ok(answer) => answer.map(drop).map_err(HookError::Backend),
        Err(_) => Err(HookError::message("the connection hangs")),
    }
}

/// The server process that a session's transaction runs in; by the simple protocol, which every pooler passes on. `begin` leaves the
/// transaction open.
async fn backend(client: &Client, begin: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let answer = client
        .simple_query(&format!("{begin}; select pg_backend_pid()"))
        .await?;
    Ok(answer.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}

/// What the URL says about TLS that the client library does not read itself.
struct Ssl {
    verify: bool,
    root_certificate: Option<PathBuf>,
}

/// Takes `verify-full` and `sslrootcert` out of the URL: the library knows only whether to encrypt.
fn split_ssl(url: &str) -> Result<(String, Ssl), ConnectError> {
    let mut ssl = Ssl {
        verify: false,
        root_certificate: None,
    };
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), ssl));
    };
    let mut kept = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", "verify-full")) => {
                ssl.verify = true;
                kept.push("sslmode=require");
            }
            Some(("sslmode", "disable" | "prefer" | "require")) => kept.push(pair),
            Some(("sslmode", other)) => return Err(ConnectError::SslMode(other.to_owned())),
            Some(("sslrootcert", path)) => {
                ssl.root_certificate = Some(PathBuf::from(path.replace("%2F", "/")))
            }
            _ => kept.push(pair),
        }
    }
    Ok((format!("{base}?{}", kept.join("&")), ssl))
}

fn tls(verify: bool, root: Option<&Path>) -> Result<ClientConfig, ConnectError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let config = if verify {
        builder.with_root_certificates(roots(root)?).with_no_client_auth()
    } else {
        let anyone = Arc::new(AnyServer(provider));
        builder
            .dangerous()
            .with_custom_certificate_verifier(anyone)
            .with_no_client_auth()
    };
    Ok(config)
}

fn roots(file: Option<&Path>) -> Result<RootCertStore, ConnectError> {
    let mut store = RootCertStore::empty();
    let Some(path) = file else {
        store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(store);
    };
    let unreadable = |source| ConnectError::RootCertificate {
        path: path.to_owned(),
        source,
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        store.add(certificate.map_err(unreadable)?)?;
    }
    Ok(store)
}

/// Encrypts without asking who the server is, as `sslmode=prefer` and `require` mean it.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verification_is_taken_from_the_url() {
        let (url, ssl) = split_ssl("postgres://h/db?sslmode=verify-full&sslrootcert=/ca.pem&a=b").unwrap();
        assert_eq!(url, "postgres://h/db?sslmode=require&a=b");
        assert!(ssl.verify);
        assert_eq!(ssl.root_certificate.as_deref(), Some(Path::new("/ca.pem")));
        assert!(!split_ssl("postgres://h/db?sslmode=require").unwrap().1.verify);
        assert!(matches!(
            split_ssl("postgres://h/db?sslmode=verify-ca"),
            Err(ConnectError::SslMode(_))
        ));
    }
}
