//! Which URIs may be read.

use std::fmt;

/// Where an object lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Amazon S3, or a server that speaks like it.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
    /// A folder of this machine.
    File,
}

/// An object's address, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    pub scheme: Scheme,
    /// Bucket or container; empty for files.
    pub bucket: String,
    /// The object's key; for files the absolute path without its first slash.
    pub key: String,
}

/// Prefixes of addresses; what none of them covers is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Address>);

impl AllowList {
    /// Reads prefixes such as `s3://bucket/results/`. A prefix covers whole path segments: `s3://bucket/results` does
    /// not cover `s3://bucket/results-of-others`.
    ///
    /// # Errors
    /// A sentence about the first prefix that is none.
    pub fn read(prefixes: &[String]) -> Result<Self, String> {
        let read = |prefix: &String| {
            let address = Address::read(prefix).map_err(|why| format!("`{prefix}` {why}"))?;
            match address.scheme == Scheme::File && address.key.is_empty() {
                true => Err(format!("`{prefix}` would open the whole machine; name a folder")),
                false => Ok(address),
            }
        };
        prefixes.iter().map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The object's address, where a prefix covers it; else why it may not be read, as the rest of a sentence.
    pub(super) fn check(&self, uri: &str) -> Result<Address, String> {
        let address = Address::read(uri)?;
        match self.0.iter().any(|prefix| prefix.covers(&address)) {
            true => Ok(address),
            false if self.0.is_empty() => Err(
                "cannot be read, because objects.allow names no place that may be; set it, or send the result inline"
                    .to_owned(),
            ),
            false => Err("is under none of the prefixes in objects.allow".to_owned()),
        }
    }

    /// Scheme and bucket of every prefix, each once.
    pub(super) fn buckets(&self) -> Vec<(Scheme, &str)> {
        let mut buckets: Vec<(Scheme, &str)> = Vec::new();
        for prefix in &self.0 {
            let bucket = (prefix.scheme, prefix.bucket.as_str());
            if !buckets.contains(&bucket) {
                buckets.push(bucket);
            }
        }
        buckets
    }

    /// The folders of files that may be read.
    pub(super) fn folders(&self) -> impl Iterator<Item = String> {
        let files = self.0.iter().filter(|prefix| prefix.scheme == Scheme::File);
        files.map(|prefix| format!("/{}", prefix.key))
    }
}

impl Address {
    /// Takes a URI apart; else why that cannot be done, as the rest of a sentence.
    ///
    /// Keys are taken as they are written, without percent-decoding. User names, ports, queries and segments that
    /// lead elsewhere (`..`) are refused.
    pub(super) fn read(uri: &str) -> Result<Self, String> {
        let (scheme, rest) = uri.split_once("://").ok_or("is no URI")?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "s3" | "s3a" => Scheme::S3,
            "gs" => Scheme::Gcs,
            "az" => Scheme::Azure,
            "file" => Scheme::File,
            _ => return Err("begins with none of s3://, gs://, az:// and file://".to_owned()),
        };
        if rest.contains(['?', '#', '\\']) || rest.chars().any(char::is_control) {
            return Err(
                "has a query, a fragment or a character that does not belong into an object's name"
                    .to_owned(),
            );
        }
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        match (scheme, bucket.is_empty()) {
            (Scheme::File, false) => {
                return Err("names another machine; write file:///folder/file".to_owned());
            }
            (Scheme::S3 | Scheme::Gcs | Scheme::Azure, true) => return Err("names no bucket".to_owned()),
            _ => {}
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if !bucket.bytes().all(allowed) {
            return Err("has a user name, a port or something else in its bucket's name".to_owned());
        }
        let key = key.trim_start_matches('/');
        let mut segments = key.trim_end_matches('/').split('/');
        if !key.is_empty() && segments.any(|segment| matches!(segment, "" | "." | "..")) {
            return Err("has an empty segment, `.` or `..` in its path".to_owned());
        }
        Ok(Self {
            scheme,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        })
    }

    fn covers(&self, other: &Self) -> bool {
        if (self.scheme, &self.bucket) != (other.scheme, &other.bucket) {
            return false;
        }
        match other.key.strip_prefix(&self.key) {
            Some(rest) => {
                self.key.is_empty() || self.key.ends_with('/') || rest.is_empty() || rest.starts_with('/')
            }
            None => false,
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::S3 => "S3",
            Self::Gcs => "Google Cloud Storage",
            Self::Azure => "Azure Blob Storage",
            Self::File => "the file system",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(prefixes: &[&str]) -> AllowList {
        let prefixes: Vec<String> = prefixes.iter().map(|prefix| (*prefix).to_owned()).collect();
        AllowList::read(&prefixes).unwrap()
    }

    #[test]
    fn a_prefix_covers_whole_segments_of_its_own_bucket() {
        let allowed = list(&[
            "s3://data/results",
            "gs://lake",
            "az://box/in/",
            "file:///var/results",
        ]);
        for uri in [
            "s3://data/results/2026/a.csv",
            "s3a://data/results/a%20b.parquet",
            "gs://lake/any/thing",
            "az://box/in/x",
            "file:///var/results/x.csv",
        ] {
            assert!(allowed.check(uri).is_ok(), "{uri}");
        }
        for uri in [
            "s3://data/results-of-others/a.csv",
            "s3://data/other/a.csv",
            "s3://data2/results/a.csv",
            "gs://data/results/a.csv",
            "s3://data/results/../secrets/a.csv",
            "s3://data/results/./a.csv",
            "s3://data/results//a.csv",
            "s3://user@data/results/a.csv",
            "s3://user:word@data/results/a.csv",
            "s3://data:9000/results/a.csv",
            "s3://data/results/a.csv?versionId=1",
            "s3://data/results/a.csv#x",
            "s3:///results/a.csv",
            "file://host/var/results/x.csv",
            "file:///var/results/../../etc/passwd",
            "file:///etc/passwd",
            "http://169.254.169.254/latest/meta-data",
            "https://data.s3.amazonaws.com/results/a.csv",
            "data/results/a.csv",
            "",
        ] {
            assert!(allowed.check(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn a_prefix_that_opens_everything_or_nothing_is_refused() {
        assert!(
            AllowList::read(&["file:///".to_owned()])
                .unwrap_err()
                .contains("whole machine")
        );
        assert!(
            AllowList::read(&["bucket/x".to_owned()])
                .unwrap_err()
                .contains("is no URI")
        );
        assert!(
            AllowList::default()
                .check("s3://a/b")
                .unwrap_err()
                .contains("objects.allow names no place")
        );
    }

    proptest! {
        #[test]
        fn nothing_leads_out_of_the_allow_list(uri in "(s3|file|gs|S3)://(data|da)?[a-z./@:%\\\\?#-]{0,30}") {
            if let Ok(address) = list(&["s3://data/in/"]).check(&uri) {
                prop_assert_eq!(address.scheme, Scheme::S3);
                prop_assert_eq!(address.bucket, "data");
                prop_assert!(address.key.starts_with("in/") && !address.key.split('/').any(|segment| segment == ".."));
            }
        }
    }
}
