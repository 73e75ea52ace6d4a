//! The events: decoding and validating what comes in, encoding what goes out.

mod execution;

pub use execution::{
    ColumnHint, ColumnRole, Compression, Execution, Header, Message, ResultFormat, ResultLocation,
    ResultSource,
};
