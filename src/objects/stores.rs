//! The clients of the object stores, one a bucket.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{ClientOptions, ObjectStore, RetryConfig};

use super::Scheme;
use super::guard::GuardedConnector;
use crate::config::ObjectsConfig;

/// Where Google's machines ask who they are.
const GOOGLE_METADATA: &str = "metadata.google.internal";

/// The client of a bucket; `None` for files, which need none. Nothing is connected yet.
pub(super) fn open(
    scheme: Scheme,
    bucket: &str,
    config: &ObjectsConfig,
) -> object_store::Result<Option<Arc<dyn ObjectStore>>> {
    Ok(match scheme {
        Scheme::S3 => Some(Arc::new(s3(bucket, config)?)),
        Scheme::Gcs => Some(Arc::new(gcs(bucket, config)?)),
        Scheme::Azure => Some(Arc::new(azure(bucket, config)?)),
        Scheme::File => None,
    })
}

fn s3(bucket: &str, config: &ObjectsConfig) -> object_store::Result<object_store::aws::AmazonS3> {
    let endpoint = config.s3_endpoint.as_deref();
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_http_connector(connector(endpoint, config))
        .with_retry(retry())
        .with_client_options(ClientOptions::new().with_allow_http(is_plain(endpoint)));
    if let Some(endpoint) = endpoint {
        builder = builder
            .with_endpoint(endpoint)
            .with_allow_http(is_plain(Some(endpoint)));
    }
    if let Some(region) = &config.s3_region {
        builder = builder.with_region(region);
    }
    if let Some((id, secret)) = &config.s3_key {
        builder = builder
            .with_access_key_id(id)
            .with_secret_access_key(secret.expose());
    }
    builder.build()
}

fn gcs(bucket: &str, config: &ObjectsConfig) -> object_store::Result<object_store::gcp::GoogleCloudStorage> {
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(bucket)
        .with_http_connector(connector(None, config))
        .with_retry(retry());
    if let Some(path) = &config.gcs_service_account {
        builder = builder.with_service_account_path(path);
    }
    builder.build()
}

fn azure(
    container: &str,
    config: &ObjectsConfig,
) -> object_store::Result<object_store::azure::MicrosoftAzure> {
    let mut builder = MicrosoftAzureBuilder::from_env()
        .with_container_name(container)
        .with_http_connector(connector(None, config))
        .with_retry(retry());
    if let Some(account) = &config.azure_account {
        builder = builder.with_account(account);
    }
    if let Some(key) = &config.azure_access_key {
        builder = builder.with_access_key(key.expose());
    }
    builder.build()
}

fn connector(endpoint: Option<&str>, config: &ObjectsConfig) -> GuardedConnector {
    let host = endpoint.and_then(|url| reqwest::Url::parse(url).ok()?.host_str().map(str::to_owned));
    GuardedConnector {
        trusted: host.into_iter().chain([GOOGLE_METADATA.to_owned()]).collect(),
        timeout: config.timeout,
    }
}

fn is_plain(endpoint: Option<&str>) -> bool {
    endpoint.is_some_and(|url| url.starts_with("http://"))
}

/// Short: whoever asks tries again by rules of its own, and looks after other things meanwhile.
fn retry() -> RetryConfig {
    RetryConfig {
        max_retries: 2,
        retry_timeout: Duration::from_secs(10),
        ..RetryConfig::default()
    }
}
