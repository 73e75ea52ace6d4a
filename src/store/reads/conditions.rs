//! Conditions of a list, as they are asked for: what nobody asks is no part of the statement, so that each gets the plan
//! that fits it.

use tokio_postgres::types::ToSql;

/// The conditions of one statement and the values they compare with.
#[derive(Default)]
pub struct Conditions<'a> {
    clauses: Vec<String>,
    values: Vec<&'a (dyn ToSql + Sync)>,
}

impl<'a> Conditions<'a> {
    /// Takes in a value; gives what stands for it in the statement.
    pub fn value(&mut self, value: &'a (dyn ToSql + Sync)) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    /// Adds a condition.
    pub fn always(&mut self, clause: impl Into<String>) {
        self.clauses.push(clause.into());
    }

    /// Adds a condition on a value where there is one; `clause` is given what stands for it.
    pub fn when<T: ToSql + Sync>(&mut self, value: Option<&'a T>, clause: impl FnOnce(&str) -> String) {
        if let Some(value) = value {
            let place = self.value(value);
            self.clauses.push(clause(&place));
        }
    }

    /// All of them together, for behind `WHERE`.
    pub fn text(&self) -> String {
        match self.clauses.is_empty() {
            true => "true".to_owned(),
            false => self.clauses.join(" AND "),
        }
    }

    /// The values in the order of what stands for them.
    pub fn values(&self) -> &[&'a (dyn ToSql + Sync)] {
        &self.values
    }
}
