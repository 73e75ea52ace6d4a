//! Bringing an object here, checked.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use tokio::task::block_in_place;

use super::allow::Address;
use super::spool::{Spool, Spooled};
use super::{AllowList, Scheme, stores};
use crate::config::ObjectsConfig;
use crate::event::ResultLocation;

/// Bytes read from a file at a time.
const PIECE: usize = 256 << 10;

/// Why an object is not here; each text is one plain sentence.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// It may not be read, ever.
    #[error("result.location: {0}")]
    Refused(String),
    /// It is over the limit.
    #[error(
        "result.location: the object has {size_bytes} bytes, more than objects.size allows ({limit}); let the query aggregate further"
    )]
    TooLarge {
        /// How many it has, or has at least.
        size_bytes: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// It is not there, not to be read, or not the one announced; that may change.
    #[error("result.location: {0}")]
    NotYet(String),
    /// The store, or this machine's disk, does not answer.
    #[error("an object cannot be read just now")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The objects that may be read.
#[derive(Debug, Default)]
pub struct Objects {
    allowed: AllowList,
    stores: HashMap<(Scheme, String), Arc<dyn ObjectStore>>,
    most_bytes: u64,
    spool: PathBuf,
}

impl Objects {
    /// Makes the clients that the allow-list calls for; connects to nothing.
    ///
    /// # Errors
    /// A sentence about the setting that is wrong.
    pub fn open(config: &ObjectsConfig) -> Result<Self, String> {
        let allowed = AllowList::read(&config.allow).map_err(|why| format!("objects.allow: {why}"))?;
        let spool = config.spool.clone().unwrap_or_else(std::env::temp_dir);
        if !spool.is_dir() {
            return Err(format!(
                "objects.spool: {} is no folder here; make it, or name another",
                spool.display()
            ));
        }
        let mut open = HashMap::new();
        for (scheme, bucket) in allowed.buckets() {
            let store = stores::open(scheme, bucket, config)
                .map_err(|error| format!("objects.allow: {bucket} in {scheme} cannot be opened: {error}"))?;
            if let Some(store) = store {
                open.insert((scheme, bucket.to_owned()), store);
            }
        }
        Ok(Self {
            stores: open,
            allowed,
            most_bytes: config.size_bytes,
            spool,
        })
    }

    /// Brings an object here, and makes sure that it is the one announced.
    pub async fn fetch(&self, location: &ResultLocation) -> Result<Spooled, ObjectError> {
        let address = (self.allowed.check(&location.uri))
            .map_err(|why| ObjectError::Refused(format!("{} {why}", location.uri)))?;
        if location.size_bytes > self.most_bytes {
            return Err(self.too_large(location.size_bytes));
        }
        let (spooled, size_bytes, sha256) = match address.scheme {
            Scheme::File => block_in_place(|| self.read_file(&address, location))?,
            Scheme::S3 | Scheme::Gcs | Scheme::Azure => self.read_object(&address, location).await?,
        };
        // Without a size the message says nothing about it.
        let announced = if location.size_bytes == 0 {
            size_bytes
        } else {
            location.size_bytes
        };
        match (size_bytes == announced, sha256 == location.sha256) {
            (true, true) => Ok(spooled),
            (false, _) => Err(ObjectError::NotYet(format!(
                "{} has {size_bytes} bytes, not the {announced} announced; write the object before announcing it, and never over an old one",
                location.uri
            ))),
            (true, false) => Err(ObjectError::NotYet(format!(
                "{} has another SHA-256 than announced; write the object before announcing it, and never over an old one",
                location.uri
            ))),
        }
    }

    async fn read_object(
        &self,
        address: &Address,
        location: &ResultLocation,
    ) -> Result<(Spooled, u64, [u8; 32]), ObjectError> {
        let bucket = (address.scheme, address.bucket.clone());
        let store = (self.stores.get(&bucket))
            .ok_or_else(|| self.missing(&location.uri, "is in no store that is open"))?;
        let key = Key::parse(&address.key).map_err(|error| {
            ObjectError::Refused(format!("{} is no name of an object: {error}", location.uri))
        })?;
        let found = store
            .get(&key)
            .await
            .map_err(|error| failure(error, &location.uri))?;
        if found.meta.size > self.most_bytes {
            return Err(self.too_large(found.meta.size));
        }
        let mut spool = Spool::new(&self.spool);
        let mut pieces = found.into_stream();
        while let Some(piece) = pieces
            .try_next()
            .await
            .map_err(|error| failure(error, &location.uri))?
        {
            let bytes = block_in_place(|| spool.write(&piece)).map_err(unreachable)?;
            if bytes > self.most_bytes {
                return Err(self.too_large(bytes));
            }
        }
        Ok(spool.finish())
    }

    fn read_file(
        &self,
        address: &Address,
        location: &ResultLocation,
    ) -> Result<(Spooled, u64, [u8; 32]), ObjectError> {
        let path = self.real_path(&PathBuf::from(format!("/{}", address.key)), &location.uri)?;
        let mut file = File::open(&path)
            .map_err(|error| self.missing(&location.uri, &format!("cannot be read: {error}")))?;
        let metadata = file.metadata().map_err(unreachable)?;
        if !metadata.is_file() {
            return Err(ObjectError::Refused(format!("{} is no file", location.uri)));
        }
        if metadata.len() > self.most_bytes {
            return Err(self.too_large(metadata.len()));
        }
        let mut spool = Spool::new(&self.spool);
        let mut piece = vec![0; PIECE];
        loop {
            let read = file.read(&mut piece).map_err(unreachable)?;
            if read == 0 {
                return Ok(spool.finish());
            }
            let bytes = spool.write(&piece[..read]).map_err(unreachable)?;
            if bytes > self.most_bytes {
                return Err(self.too_large(bytes));
            }
        }
    }

    /// The file that a path leads to, links followed, where that is still inside of a folder that may be read.
    fn real_path(&self, path: &Path, uri: &str) -> Result<PathBuf, ObjectError> {
        let real = path
            .canonicalize()
            .map_err(|error| self.missing(uri, &format!("cannot be read: {error}")))?;
        let inside = |folder: String| {
            Path::new(&folder)
                .canonicalize()
                .is_ok_and(|folder| real.starts_with(folder))
        };
        match self.allowed.folders().any(inside) {
            true => Ok(real),
            false => Err(ObjectError::Refused(format!(
                "{uri} leads out of the folders in objects.allow"
            ))),
        }
    }

    fn missing(&self, uri: &str, why: &str) -> ObjectError {
        ObjectError::NotYet(format!("{uri} {why}"))
    }

    fn too_large(&self, size_bytes: u64) -> ObjectError {
        ObjectError::TooLarge {
            size_bytes,
            limit: self.most_bytes,
        }
    }
}

fn unreachable(error: io::Error) -> ObjectError {
    ObjectError::Unreachable(Box::new(error))
}

/// What a store's refusal means for the object.
fn failure(error: object_store::Error, uri: &str) -> ObjectError {
    match error {
        object_store::Error::NotFound { .. } => ObjectError::NotYet(format!("{uri} is not there")),
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
            ObjectError::NotYet(format!(
                "{uri} may not be read with these credentials, or is not there; grant reading and listing"
            ))
        }
        object_store::Error::InvalidPath { .. } => {
            ObjectError::Refused(format!("{uri} is no name of an object"))
        }
        other => ObjectError::Unreachable(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::event::{Compression, ResultFormat};

    fn objects(folder: &Path) -> Objects {
        Objects::open(&ObjectsConfig {
            allow: vec![format!("file://{}", folder.join("in").display())],
            size_bytes: 4 << 20,
            ..ObjectsConfig::default()
        })
        .unwrap()
    }

    fn location(path: &Path, bytes: &[u8]) -> ResultLocation {
        ResultLocation {
            uri: format!("file://{}", path.display()),
            format: ResultFormat::Csv,
            compression: Compression::None,
            size_bytes: bytes.len() as u64,
            sha256: Sha256::digest(bytes).into(),
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_is_read_only_where_and_when_it_is_the_one_announced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        let path = folder.path().join("in/a.csv");
        let objects = objects(folder.path());
        let announced = location(&path, b"x\n1\n");
        assert!(matches!(
            objects.fetch(&announced).await,
            Err(ObjectError::NotYet(_))
        ));
        std::fs::write(&path, b"x\n1").unwrap();
        let early = objects.fetch(&announced).await.unwrap_err().to_string();
        assert!(early.contains("has 3 bytes, not the 4 announced"), "{early}");
        std::fs::write(&path, b"x\n2\n").unwrap();
        let other = objects.fetch(&announced).await.unwrap_err().to_string();
        assert!(other.contains("another SHA-256"), "{other}");
        std::fs::write(&path, b"x\n1\n").unwrap();
        assert!(
            matches!(objects.fetch(&announced).await, Ok(Spooled::Memory(bytes)) if *bytes == *b"x\n1\n")
        );
        let unsized_one = ResultLocation {
            size_bytes: 0,
            ..announced
        };
        assert!(objects.fetch(&unsized_one).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_link_and_no_size_leads_past_the_limits() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        let objects = objects(folder.path());
        std::fs::write(folder.path().join("secret"), b"x\n1\n").unwrap();
        let link = folder.path().join("in/link");
        symlink(folder.path().join("secret"), &link).unwrap();
        let refused = objects.fetch(&location(&link, b"x\n1\n")).await.unwrap_err();
        assert!(
            refused.to_string().contains("leads out of the folders"),
            "{refused}"
        );
        let folder_itself = objects
            .fetch(&location(&folder.path().join("in"), b""))
            .await
            .unwrap_err();
        assert!(
            matches!(folder_itself, ObjectError::Refused(_)),
            "{folder_itself}"
        );
        let large = folder.path().join("in/large");
        std::fs::write(&large, vec![b'x'; (4 << 20) + 1]).unwrap();
        let mut announced = location(&large, b"");
        assert!(matches!(
            objects.fetch(&announced).await,
            Err(ObjectError::TooLarge { .. })
        ));
        announced.size_bytes = u64::MAX;
        assert!(matches!(
            objects.fetch(&announced).await,
            Err(ObjectError::TooLarge { .. })
        ));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_store_that_does_not_answer_is_no_fault_of_the_object() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let objects = Objects::open(&ObjectsConfig {
            allow: vec!["s3://bucket/in".to_owned()],
            size_bytes: 1 << 20,
            timeout: std::time::Duration::from_secs(1),
            // Nothing listens on the discard port.
            s3_endpoint: Some("http://127.0.0.1:9".to_owned()),
            s3_key: Some(("key".to_owned(), crate::config::Secret::new("secret"))),
            ..ObjectsConfig::default()
        })
        .unwrap();
        let mut announced = location(Path::new("/a"), b"x");
        announced.uri = "s3://bucket/in/a.csv".to_owned();
        let error = objects.fetch(&announced).await.unwrap_err();
        assert!(matches!(error, ObjectError::Unreachable(_)), "{error}");
    }
}
