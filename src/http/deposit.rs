//! Keeping a file that was made of a dashboard: its row first, then the file, then the row's completion, so that no file is ever
//! without a row, and what was cut short expires by itself.

use std::time::Duration;

use bytes::Bytes;
use chrono::NaiveDate;
use deadpool_postgres::Pool;
use sha2::{Digest, Sha256};
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::export::typefaces;
use crate::ids::ViewId;
use crate::objects::{Depot, DepotError};
use crate::render::Wanted;
use crate::store::exports::Edition;
use crate::store::report_exports::{self, Export, NewExport};
use crate::store::{self, Access, CommitError, RoleNames, StoreError};

/// The hash of the sources of what draws charts, which may change without a release.
const RENDERER: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/dist/.inputs"));
/// The most characters of a file's name that are its dashboard's.
const NAME_CHARACTERS: usize = 80;

/// Where files are kept and noted, and for how long.
#[derive(Debug, Clone)]
pub struct Deposit {
    /// Where they lie.
    pub depot: Depot,
    /// How long.
    pub keep: Duration,
    /// Connections to note them.
    pub pool: Pool,
    /// The database's names for roles.
    pub roles: RoleNames,
}

/// A file to keep.
#[derive(Debug, Clone)]
pub struct ToKeep {
    /// The dashboard it shows.
    pub view: ViewId,
    /// The state that it shows it in.
    pub edition: Edition,
    /// What was wanted of it.
    pub wanted: Wanted,
    /// On whose behalf.
    pub access: Access,
    /// The user, where it is one of the engine's.
    pub user: Option<Uuid>,
}

/// Why a file was not kept.
#[derive(Debug, thiserror::Error)]
pub enum DepositError {
    /// The dashboard is gone, or is not the user's any more.
    #[error("the dashboard is gone")]
    NoDashboard,
    /// The user is none of the workflow engine.
    #[error("the token's sub is no user of the workflow engine")]
    NoUser,
    /// It cannot be noted.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It cannot be stored.
    #[error(transparent)]
    Depot(#[from] DepotError),
}

impl Deposit {
    /// The file that the same user was given of the same before, kept for longer now; `None` where there is none.
    ///
    /// # Errors
    /// When the database cannot tell.
    pub async fn renewed(&self, file: &ToKeep) -> Result<Option<Export>, DepositError> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin_for(&mut client, &self.roles, &file.access).await?;
        let found = report_exports::renew(&tx, file.view, &file.made_of(), file.user, self.keep).await?;
        store::commit(tx).await?;
        Ok(found)
    }

    /// Keeps a file, and says whether it did: where another request was first to make the same, its file is the one.
    ///
    /// # Errors
    /// When it cannot be noted or stored; then nothing of it stays for long.
    pub async fn keep(&self, file: &ToKeep, bytes: Bytes) -> Result<(Export, bool), DepositError> {
        #[expect(
            clippy::disallowed_methods,
            reason = "a file is made by a request, not by what it shows"
        )]
        let id = Uuid::new_v4();
        let format = file.wanted.format.name();
        let new = NewExport {
            id,
            view_id: file.view,
            format,
            file_url: self.address(file.view, id, format),
            file_name: file_name(&file.edition.title, file.edition.end, format),
            file_sha256: Sha256::digest(&bytes).into(),
            made_of: file.made_of(),
            exported_by: file.user,
        };
        self.reserve(file, &new).await?;
        let size_bytes = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        self.depot.put(&new.file_url, bytes).await?;
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin_for(&mut client, &self.roles, &file.access).await?;
        report_exports::lock(&tx, &new.made_of).await?;
        let first = report_exports::renew(&tx, file.view, &new.made_of, file.user, self.keep).await?;
        let kept = match first {
            Some(first) => {
                report_exports::abandon(&tx, id).await?;
                Some((first, false))
            }
            None => {
                let kept = report_exports::complete(&tx, id, size_bytes, self.keep).await?;
                kept.map(|kept| (kept, true))
            }
        };
        store::commit(tx).await?;
        kept.ok_or(DepositError::NoDashboard)
    }

    /// Where the file of an export lies: every row answers for the file of its own name, whatever else it may say.
    pub fn address(&self, view: ViewId, export: Uuid, format: &str) -> String {
        self.depot.uri(&format!("{view}/{export}.{format}"))
    }

    async fn reserve(&self, file: &ToKeep, new: &NewExport) -> Result<(), DepositError> {
        let mut client = self.pool.get().await.map_err(StoreError::from)?;
        let tx = store::begin_for(&mut client, &self.roles, &file.access).await?;
        report_exports::reserve(&tx, new).await.map_err(refused)?;
        Ok(store::commit(tx).await?)
    }
}

impl ToKeep {
    /// The hash of all that the file follows from: the dashboard's content, the format with its options, this release, and the script
    /// and typefaces that it draws with, those added by the operator included.
    fn made_of(&self) -> [u8; 32] {
        let Wanted {
            format,
            paper,
            chart,
            dataset,
        } = &self.wanted;
        let paper = paper.name();
        let parts = [
            env!("CARGO_PKG_VERSION"),
            RENDERER,
            self.edition.title.as_str(),
            self.edition.content.as_str(),
            format.name(),
            paper,
            chart.as_deref().unwrap_or_default(),
            dataset.as_deref().unwrap_or_default(),
        ];
        let mut hasher = Sha256::new();
        hasher.update(typefaces().sha256());
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        hasher.finalize().into()
    }
}

/// A file's name: the dashboard's title and last date, without what file systems and shells take for more than letters.
pub fn file_name(title: &str, end: NaiveDate, format: &str) -> String {
    let kept = |letter: char| match letter {
        '-' | '_' | '.' | ' ' => letter,
        _ if letter.is_alphanumeric() => letter,
        _ => ' ',
    };
    let title: String = title.chars().take(NAME_CHARACTERS).map(kept).collect();
    let is_word = |word: &&str| word.contains(char::is_alphanumeric);
    let words: Vec<&str> = title.split_whitespace().filter(is_word).collect();
    let title = words.join(" ");
    let title = title.trim_start_matches(['.', '-']);
    match title.is_empty() {
        true => format!("dashboard {end}.{format}"),
        false => format!("{title} {end}.{format}"),
    }
}

/// What the database's refusal of a new export means.
fn refused(error: StoreError) -> DepositError {
    let StoreError::Postgres(cause) = &error else {
        return error.into();
    };
    let constraint = cause.as_db_error().and_then(|error| error.constraint());
    match cause.code() {
        Some(&SqlState::FOREIGN_KEY_VIOLATION)
            if constraint.is_some_and(|name| name.contains("exported_by")) =>
        {
            DepositError::NoUser
        }
        Some(&SqlState::FOREIGN_KEY_VIOLATION | &SqlState::INSUFFICIENT_PRIVILEGE) => {
            DepositError::NoDashboard
        }
        _ => error.into(),
    }
}

impl From<CommitError> for DepositError {
    fn from(error: CommitError) -> Self {
        Self::Store(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_every_file_system_takes() {
        let end = NaiveDate::from_ymd_opt(2026, 11, 5).unwrap();
        let cases = [
            ("Flights from New York", "Flights from New York 2026-11-05.pdf"),
            ("../../etc/passwd", "etc passwd 2026-11-05.pdf"),
            ("a\"b\r\nset-cookie: x", "a b set-cookie x 2026-11-05.pdf"),
            ("Zażółć 数字", "Zażółć 数字 2026-11-05.pdf"),
            ("\u{202e}//", "dashboard 2026-11-05.pdf"),
        ];
        for (title, expected) in cases {
            assert_eq!(file_name(title, end, "pdf"), expected);
        }
        assert!(file_name(&"x".repeat(5_000), end, "pdf").len() < 120);
    }

    #[test]
    fn whatever_changes_the_file_changes_what_it_is_made_of() {
        let file = ToKeep {
            view: ViewId(Uuid::nil()),
            edition: Edition {
                title: "a".to_owned(),
                end: NaiveDate::default(),
                archived: false,
                content: "1/ff".to_owned(),
            },
            wanted: Wanted::default(),
            access: Access::Operator,
            user: None,
        };
        let mut others = vec![file.clone(); 5];
        others[0].edition.title = "b".to_owned();
        others[1].edition.content = "2/ff".to_owned();
        others[2].wanted.format = crate::export::Format::Png;
        others[3].wanted.paper = crate::export::Paper::Letter;
        others[4].wanted.chart = Some("x".to_owned());
        for other in others {
            assert_ne!(other.made_of(), file.made_of(), "{other:?}");
        }
    }
}
