//! HTTP: the admin port. It never reaches the database or the brokers, so that their outage restarts nothing.

mod admin;
mod health;

pub use admin::{Admin, serve_admin};
pub use health::Health;
