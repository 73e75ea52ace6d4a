//! Where files that the service makes are kept: one place in an object store, written, read and emptied by name.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};

use super::allow::Address;
use super::stores;
use crate::config::ObjectsConfig;

/// Why a file cannot be kept, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// It is not there.
    #[error("the file is not where it was kept")]
    Missing,
    /// It lies elsewhere: the location was another one when it was kept.
    #[error("{0} does not lie below exports.location")]
    Elsewhere(String),
    /// The store refuses or does not answer.
    #[error("the store at exports.location does not answer as it should")]
    Unreachable(#[source] object_store::Error),
}

/// A file's size and its bytes as they come.
pub struct Kept {
    /// How many bytes it has.
    pub size_bytes: u64,
    /// The bytes.
    pub stream: BoxStream<'static, Result<Bytes, DepotError>>,
}

/// The place; clones share its clients.
#[derive(Debug, Clone)]
pub struct Depot {
    /// Its URI, with a slash at its end.
    root: String,
    store: Arc<dyn ObjectStore>,
}

impl Depot {
    /// The place of that URI; connects to nothing. A folder is made where it is missing, for its owner alone.
    ///
    /// # Errors
    /// A sentence about what is wrong with the URI or the folder.
    pub fn open(location: &str, config: &ObjectsConfig) -> Result<Self, String> {
        let address = Address::read(location).map_err(|why| format!("`{location}` {why}"))?;
        let failed = |error: object_store::Error| format!("`{location}` cannot be opened: {error}");
        let store = stores::open(address.scheme, &address.bucket, config).map_err(failed)?;
        let store: Arc<dyn ObjectStore> = match store {
            Some(store) => {
                let prefix = Key::parse(address.key.trim_end_matches('/'))
                    .map_err(|error| format!("`{location}` is no place for objects: {error}"))?;
                Arc::new(PrefixStore::new(store, prefix))
            }
            None => Arc::new(folder(Path::new(&format!("/{}", address.key))).map_err(failed)?),
        };
        Ok(Self {
            root: format!("{}/", location.trim_end_matches('/')),
            store,
        })
    }

    /// A folder among the system's temporary files, which only this machine's user reads.
    ///
    /// # Errors
    /// When it is another user's.
    pub fn temporary() -> Result<Self, String> {
        let path = std::env::temp_dir().join("dashloom-exports");
        let location = format!("file://{}", path.display());
        let depot = Self::open(&location, &ObjectsConfig::default())?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o700))
            .map_err(|error| format!("{} is not ours: {error}", path.display()))?;
        Ok(depot)
    }

    /// What the URIs of all its files begin with.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The URI of the file of that name, `folder/file`.
    pub fn uri(&self, name: &str) -> String {
        format!("{}{name}", self.root)
    }

    /// Keeps a file, in whole or not at all.
    pub async fn put(&self, uri: &str, bytes: Bytes) -> Result<(), DepotError> {
        let key = self.key(uri)?;
        let put = self.store.put(&key, PutPayload::from_bytes(bytes)).await;
        put.map(drop).map_err(failure)
    }

    /// Reads a file.
    pub async fn get(&self, uri: &str) -> Result<Kept, DepotError> {
        let found = self.store.get(&self.key(uri)?).await.map_err(failure)?;
        Ok(Kept {
            size_bytes: found.meta.size,
            stream: found.into_stream().map_err(failure).boxed(),
        })
    }

    /// Removes a file; that it is gone already is no error.
    pub async fn remove(&self, uri: &str) -> Result<(), DepotError> {
        match self.store.delete(&self.key(uri)?).await.map_err(failure) {
            Ok(()) | Err(DepotError::Missing) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn key(&self, uri: &str) -> Result<Key, DepotError> {
        let name = uri.strip_prefix(&self.root);
        let key = name.and_then(|name| Key::parse(name).ok());
        key.ok_or_else(|| DepotError::Elsewhere(uri.to_owned()))
    }
}

/// A folder, made where it is missing, in which files are stored.
fn folder(path: &Path) -> object_store::Result<LocalFileSystem> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| object_store::Error::Generic {
        store: "folder",
        source: Box::new(source),
    })?;
    Ok(LocalFileSystem::new_with_prefix(path)?.with_automatic_cleanup(true))
}

fn failure(error: object_store::Error) -> DepotError {
    match error {
        object_store::Error::NotFound { .. } => DepotError::Missing,
        other => DepotError::Unreachable(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(depot: &Depot, uri: &str) -> Result<Vec<u8>, DepotError> {
        let kept = depot.get(uri).await?;
        let size_bytes = kept.size_bytes;
        let bytes: Vec<Bytes> = kept.stream.try_collect().await?;
        let bytes = bytes.concat();
        assert_eq!(bytes.len() as u64, size_bytes);
        Ok(bytes)
    }

    #[tokio::test]
    async fn files_are_kept_read_and_removed_in_their_folder_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let location = format!("file://{}/made/exports", folder.path().display());
        let depot = Depot::open(&location, &ObjectsConfig::default()).unwrap();
        let uri = depot.uri("a/b.pdf");
        assert_eq!(uri, format!("{location}/a/b.pdf"));
        assert!(matches!(read(&depot, &uri).await, Err(DepotError::Missing)));
        depot.put(&uri, Bytes::from_static(b"one")).await.unwrap();
        assert_eq!(read(&depot, &uri).await.unwrap(), b"one");
        assert_eq!(
            std::fs::read(folder.path().join("made/exports/a/b.pdf")).unwrap(),
            b"one"
        );
        depot.remove(&uri).await.unwrap();
        depot.remove(&uri).await.unwrap();
        assert!(
            !folder.path().join("made/exports/a").exists(),
            "no empty folder is left"
        );
        for elsewhere in [
            "file:///etc/passwd",
            "s3://made/exports/a",
            &depot.uri("../../secret"),
        ] {
            let refused = depot.remove(elsewhere).await;
            assert!(matches!(refused, Err(DepotError::Elsewhere(_))), "{elsewhere}");
        }
    }

    #[test]
    fn a_place_that_is_none_is_refused_in_a_sentence() {
        for (location, said) in [
            ("exports", "is no URI"),
            ("s3:///x", "names no bucket"),
            ("file://host/x", "another machine"),
        ] {
            let why = Depot::open(location, &ObjectsConfig::default()).unwrap_err();
            assert!(why.contains(said), "{why}");
        }
    }
}
