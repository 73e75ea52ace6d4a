//! The contract's messages as generated from `proto/dashloom/v1`, for producers, notifiers and tests.
#![allow(missing_docs, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/dashloom.v1.rs"));
include!(concat!(env!("OUT_DIR"), "/dashloom.v1.serde.rs"));
