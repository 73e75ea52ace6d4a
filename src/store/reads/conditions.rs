//! Conditions of a list, as they are asked for: what nobody asks is no part of the statement, so that each gets the plan
//! that fits it. How many rows a page has is written into it, else each execution would be planned anew: of a plan for any number of
//! rows the server thinks the worst.

use std::fmt;

use tokio_postgres::types::ToSql;

use super::After;

/// Which way a list goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Up,
    /// The greatest first.
    Down,
}

impl Direction {
    /// Down where the list is a descending one.
    pub fn of(descending: bool) -> Self {
        match descending {
            true => Self::Down,
            false => Self::Up,
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "ASC",
            Self::Down => "DESC",
        })
    }
}

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

    /// The rows of a table that fulfil them. Where they are `few` the planner is kept from walking the index of all rows in the order
    /// that is asked for until it meets one of them, which it takes for near.
    pub fn among(&self, table: &str, few: bool) -> String {
        let fence = if few { "OFFSET 0" } else { "" };
        format!("(SELECT * FROM {table} WHERE {} {fence})", self.text())
    }

    /// The condition that a row lies behind the place where a page begins. `row` is its key and its id; `place` makes the same kind of
    /// key of what stands for the place's, a text.
    pub fn behind(
        &mut self,
        after: Option<&'a After>,
        row: &str,
        direction: Direction,
        place: impl FnOnce(&str) -> String,
    ) -> String {
        let Some(After { key, id }) = after else {
            return "true".to_owned();
        };
        let (key, id) = (self.value(key), self.value(id));
        let compare = match direction {
            Direction::Up => ">",
            Direction::Down => "<",
        };
        format!("({row}) {compare} ({}, {id})", place(&key))
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
