//! Lists in pages: how many, and an opaque cursor for the rest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

/// How many rows to answer with.
///
/// # Errors
/// When more are asked for than a page has.
pub fn limit(asked: Option<u16>) -> Result<usize, Refusal> {
    match asked.unwrap_or(DEFAULT) {
        limit @ 1..=MOST => Ok(limit.into()),
        other => Err(Refusal::Malformed(format!(
            "limit is {other}; ask for 1 to {MOST}"
        ))),
    }
}

/// Where the page that a cursor asks for begins.
///
/// # Errors
/// When it is no cursor, or one of a list in another order.
pub fn after(cursor: Option<&str>, order: &str, is_number: bool) -> Result<Option<After>, Refusal> {
    let Some(text) = cursor else {
        return Ok(None);
    };
    let read = URL_SAFE_NO_PAD.decode(text).ok();
    let cursor = read.and_then(|json| serde_json::from_slice::<Cursor>(&json).ok());
    let fits = |cursor: &Cursor| {
        cursor.o == order && !cursor.k.contains('\0') && (!is_number || cursor.k.parse::<i64>().is_ok())
    };
    match cursor.filter(fits) {
        Some(cursor) => Ok(Some(After {
            key: cursor.k,
            id: cursor.i,
        })),
        None => {
            let text = "cursor is not one that this list gave; begin without one".to_owned();
            Err(Refusal::Malformed(text))
        }
    }
}

impl<T> Page<T> {
    /// A page of at most `limit` of the rows, of which one more was read to know whether there is a next page.
    pub fn of<R>(
        mut rows: Vec<R>,
        limit: usize,
        order: &str,
        place: impl Fn(&R) -> (String, Uuid),
        show: impl FnMut(R) -> T,
    ) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| more).map(place);
        let next = last.map(|(k, i)| {
            let cursor = Cursor {
                o: order.to_owned(),
                k,
                i,
            };
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        });
        Self {
            items: rows.into_iter().map(show).collect(),
            next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_behind_the_last_row_of_its_own_list_only() {
        let rows = vec![(3, Uuid::from_u128(3)), (2, Uuid::from_u128(2)), (1, Uuid::nil())];
        let page = Page::of(rows, 2, "-updated", |row| (row.0.to_string(), row.1), |row| row.0);
        assert_eq!(page.items, [3, 2]);
        let cursor = page.next.as_deref();
        let place = after(cursor, "-updated", true).unwrap().unwrap();
        assert_eq!((place.key.as_str(), place.id), ("2", Uuid::from_u128(2)));
        assert!(after(cursor, "name", true).is_err());
        assert!(after(Some("%%"), "name", false).is_err());
        let whole = Page::of(
            vec![(1, Uuid::nil())],
            2,
            "x",
            |row| (row.0.to_string(), row.1),
            |row| row.0,
        );
        assert!(whole.next.is_none());
    }
}
