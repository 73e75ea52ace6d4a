//! Results by reference: which objects may be read, and with what.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;
use super::secret::Secret;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "objects.allow",
        Kind::Text,
        "",
        "Where results by reference may lie, as prefixes: `s3://bucket/results/,gs://bucket,az://container/results,file:///var/results`. \
         Unset means results come inline only.",
    ),
    setting(
        "objects.size",
        Kind::Size,
        "4GiB",
        "The largest object that is read, as it is stored.",
    ),
    setting(
        "objects.grace",
        Kind::Duration,
        "6h",
        "How long a message waits for an object that is not there yet, may not be read, or is not the one announced, before it \
         is dead-lettered.",
    ),
    setting(
        "objects.timeout",
        Kind::Duration,
        "30s",
        "How long an object store may send nothing before the request is given up and tried again.",
    ),
    setting(
        "objects.spool",
        Kind::Text,
        "",
        "The folder in which objects over 1 MiB are kept while they are read, four at a time at most; unset means the system's \
         folder for temporary files.",
    ),
    setting(
        "objects.s3_endpoint",
        Kind::Text,
        "",
        "The address of an S3-compatible server (`https://minio.example:9000`); unset means Amazon's own. This one may have a private address.",
    ),
    setting(
        "objects.s3_region",
        Kind::Text,
        "",
        "The region of the S3 buckets; unset means `AWS_REGION`, else `us-east-1`.",
    ),
    setting(
        "objects.s3_access_key_id",
        Kind::Text,
        "",
        "The S3 access key; unset means the `AWS_*` variables, a web identity, or the machine's role.",
    ),
    setting(
        "objects.s3_secret_access_key",
        Kind::Secret,
        "",
        "The secret of the S3 access key.",
    ),
    setting(
        "objects.gcs_service_account",
        Kind::Text,
        "",
        "The file with a Google service account's key; unset means the `GOOGLE_*` variables or the machine's own account.",
    ),
    setting(
        "objects.azure_account",
        Kind::Text,
        "",
        "The Azure storage account of the `az://` containers; unset means `AZURE_STORAGE_ACCOUNT_NAME`.",
    ),
    setting(
        "objects.azure_access_key",
        Kind::Secret,
        "",
        "The key of the Azure storage account; unset means the `AZURE_*` variables or the machine's managed identity.",
    ),
];

/// Which objects may be read, and with what.
#[derive(Debug, Clone, Default)]
pub struct ObjectsConfig {
    /// Prefixes of URIs that may be read; no other may.
    pub allow: Vec<String>,
    /// The largest object in bytes, as it is stored.
    pub size_bytes: u64,
    /// How long a message waits for an object that cannot be read yet.
    pub grace: Duration,
    /// How long a store may send nothing.
    pub timeout: Duration,
    /// Where objects are kept while they are read.
    pub spool: Option<PathBuf>,
    /// The address of an S3-compatible server.
    pub s3_endpoint: Option<String>,
    /// The region of the S3 buckets.
    pub s3_region: Option<String>,
    /// The S3 access key and its secret.
    pub s3_key: Option<(String, Secret)>,
    /// The file with a Google service account's key.
    pub gcs_service_account: Option<String>,
    /// The Azure storage account.
    pub azure_account: Option<String>,
    /// The key of the Azure storage account.
    pub azure_access_key: Option<Secret>,
}

impl ObjectsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let allow = reader.text("objects.allow");
        let prefixes = allow
            .split(',')
            .map(str::trim)
            .filter(|prefix| !prefix.is_empty());
        for prefix in prefixes.clone() {
            check_place(reader, "objects.allow", prefix);
        }
        let s3_endpoint = reader.optional_text("objects.s3_endpoint");
        if let Some(url) = s3_endpoint.as_deref().filter(|url| !super::http::is_address(url)) {
            reader.reject(
                "objects.s3_endpoint",
                format_args!("`{url}` is no address such as `https://minio.example:9000`"),
            );
        }
        let (id, secret) = (
            reader.optional_text("objects.s3_access_key_id"),
            reader.secret("objects.s3_secret_access_key"),
        );
        if id.is_some() == secret.is_empty() {
            reader.reject(
                "objects.s3_access_key_id",
                "needs `objects.s3_secret_access_key`, and the other way round",
            );
        }
        Self {
            allow: prefixes.map(str::to_owned).collect(),
            size_bytes: reader.size("objects.size"),
            grace: reader.duration("objects.grace"),
            timeout: reader.duration("objects.timeout"),
            spool: reader.optional_text("objects.spool").map(PathBuf::from),
            s3_endpoint,
            s3_region: reader.optional_text("objects.s3_region"),
            s3_key: id.map(|id| (id, secret)),
            gcs_service_account: reader.optional_text("objects.gcs_service_account"),
            azure_account: reader.optional_text("objects.azure_account"),
            azure_access_key: Some(reader.secret("objects.azure_access_key")).filter(|key| !key.is_empty()),
        }
    }
}

/// Reports a place for objects that begins with none of the known schemes; what else is wrong shows when it is opened.
pub(super) fn check_place(reader: &mut Reader, path: &'static str, place: &str) {
    let scheme = place
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    if !matches!(scheme.as_deref(), Some("s3" | "s3a" | "gs" | "az" | "file")) {
        let hint = match place.starts_with('/') {
            true => format!("; for a folder write `file://{place}`"),
            false => String::new(),
        };
        reader.reject(
            path,
            format_args!("`{place}` begins with none of s3://, gs://, az:// and file://{hint}"),
        );
    }
}
