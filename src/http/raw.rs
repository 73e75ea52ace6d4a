//! JSON that is passed on as PostgreSQL prints it: its decimals are exact, and nobody here reads them.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::problem::Refusal;
use crate::store::StoreError;

/// JSON text that becomes part of an answer.
#[derive(Debug)]
pub struct Raw(Box<RawValue>);

impl Raw {
    /// Takes JSON out of the database.
    ///
    /// # Errors
    /// When it is none, which only a broken database gives.
    pub fn new(json: String) -> Result<Self, Refusal> {
        let corrupt = |_| StoreError::Corrupt {
            what: "a JSON column",
        };
        Ok(Self(RawValue::from_string(json).map_err(corrupt)?))
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}
