//! Who asks: a bearer token (JWT) becomes the claims by which row level security decides. Nothing here decides on rows.

mod caller;
mod keys;
mod origin;
mod ring_provider;
mod token;

pub use caller::{Caller, authenticate};
pub use keys::KeysError;
pub use token::Tokens;
