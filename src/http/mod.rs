//! HTTP: the API and the page on one port, health and metrics on another.
//!
//! * The admin port never reaches the database or the brokers, so that their outage restarts nothing.
//! * A request runs in a transaction with the rights of its user: row level security decides what is seen and changed. What
//!   policies do not cover (names and executions in the engine's tables, histories) is looked up afterwards, for rows they let through.
//! * Refusals are made in `problem` and nowhere else.

mod admin;
mod answers;
mod api;
mod dashboards;
mod deposit;
mod etag;
mod export_file;
mod exports;
mod extract;
mod health;
mod history;
mod insights;
mod live;
mod login;
mod openapi;
mod page;
mod paging;
mod problem;
mod rate;
mod raw;
mod rebuild;
mod report_changes;
mod reports;
mod trace;

pub use admin::{Admin, serve_admin};
pub use answers::Answers;
pub use api::{Api, ApiParts, serve_api};
pub use deposit::{Deposit, DepositError, ToKeep};
pub use health::Health;
pub use live::Live;
pub use login::{KeysError, Tokens};
pub use openapi::json as openapi_json;
pub use problem::Refusal;
pub use rate::Rates;
