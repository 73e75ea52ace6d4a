//! Lists in pages: how many, and an opaque cursor for the rest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::problem::Refusal;
use crate::store::reads::After;

/// How many rows a page has where nothing is asked.
const DEFAULT: u16 = 50;
/// The most rows a page has.
pub const MOST: u16 = 200;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last.
    pub next: Option<String>,
}

/// What a cursor holds: the order it belongs to and where the page ended.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    o: String,
    k: String,
    i: Uuid,
}

/// Which stretch of a list is asked for.
#[derive(Debug)]
pub struct Slice {
    /// The row that it begins behind.
    pub after: Option<After>,
    limit: usize,
    order: &'static str,
}

impl Slice {
    /// Reads how many rows are asked for, and the cursor of a list in this order; `is_number` says what its keys are.
    ///
    /// # Errors
    /// When more are asked for than a page has, or the cursor is none, or one of a list in another order.
    pub fn asked(
        limit: Option<u16>,
        cursor: Option<&str>,
        order: &'static str,
        is_number: bool,
    ) -> Result<Self, Refusal> {
        let limit = match limit.unwrap_or(DEFAULT) {
            limit @ 1..=MOST => limit.into(),
            other => {
                let text = format!("limit is {other}; ask for 1 to {MOST}");
                return Err(Refusal::Malformed(text));
            }
        };
        let after = cursor.map(|text| place(text, order, is_number)).transpose()?;
        Ok(Self { after, limit, order })
    }

    /// How many rows to read: one more than are shown, to know whether there is a next page.
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }

    /// The page that the rows make; `place` gives a row's key and id.
    pub fn page<R, T>(
        &self,
        mut rows: Vec<R>,
        place: impl Fn(&R) -> (String, Uuid),
        show: impl FnMut(R) -> T,
    ) -> Page<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().filter(|_| more).map(place);
        let next = last.map(|(k, i)| {
            let cursor = Cursor {
                o: self.order.to_owned(),
                k,
                i,
            };
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        });
        Page {
            items: rows.into_iter().map(show).collect(),
            next,
        }
    }
}

/// The place that a cursor names.
fn place(cursor: &str, order: &str, is_number: bool) -> Result<After, Refusal> {
    let read = URL_SAFE_NO_PAD.decode(cursor).ok();
    let cursor = read.and_then(|json| serde_json::from_slice::<Cursor>(&json).ok());
    let fits = |cursor: &Cursor| {
        cursor.o == order && !cursor.k.contains('\0') && (!is_number || cursor.k.parse::<i64>().is_ok())
    };
    match cursor.filter(fits) {
        Some(cursor) => Ok(After {
            key: cursor.k,
            id: cursor.i,
        }),
        None => {
            let text = "cursor is not one that this list gave; begin without one".to_owned();
            Err(Refusal::Malformed(text))
        }
    }
}

/// A text that the database can compare with.
///
/// # Errors
/// When it holds a NUL character, which PostgreSQL has not.
pub fn comparable(name: &str, text: Option<String>) -> Result<Option<String>, Refusal> {
    match text {
        Some(text) if text.contains('\0') => Err(Refusal::Malformed(format!("{name} holds a NUL character"))),
        text => Ok(text),
    }
}

/// PostgreSQL's dates reach less far than ours; beyond them nothing is covered either way.
pub fn storable(date: NaiveDate) -> NaiveDate {
    let (first, last) = (
        NaiveDate::from_ymd_opt(-4000, 1, 1),
        NaiveDate::from_ymd_opt(9999, 12, 31),
    );
    date.clamp(first.unwrap_or(date), last.unwrap_or(date))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(cursor: Option<&str>, order: &'static str) -> Result<Slice, Refusal> {
        Slice::asked(Some(2), cursor, order, true)
    }

    #[test]
    fn a_cursor_leads_behind_the_last_row_of_its_own_list_only() {
        let rows = vec![(3, Uuid::from_u128(3)), (2, Uuid::from_u128(2)), (1, Uuid::nil())];
        let first = asked(None, "-updated").unwrap();
        assert_eq!(first.rows(), 3);
        let page = first.page(rows, |row| (row.0.to_string(), row.1), |row| row.0);
        assert_eq!(page.items, [3, 2]);
        let cursor = page.next.as_deref();
        let place = asked(cursor, "-updated").unwrap().after.unwrap();
        assert_eq!((place.key.as_str(), place.id), ("2", Uuid::from_u128(2)));
        assert!(asked(cursor, "name").is_err());
        assert!(asked(Some("%%"), "name").is_err());
        let last = first.page(
            vec![(1, Uuid::nil())],
            |row| (row.0.to_string(), row.1),
            |row| row.0,
        );
        assert!(last.next.is_none());
    }

    #[test]
    fn a_page_has_at_least_one_row_and_at_most_two_hundred() {
        for (limit, is_taken) in [(0, false), (1, true), (200, true), (201, false)] {
            assert_eq!(
                Slice::asked(Some(limit), None, "name", false).is_ok(),
                is_taken,
                "{limit}"
            );
        }
    }
}
