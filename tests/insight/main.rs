//! The insights held against real tables with known facts. The tables are no part of the project: where they are not at
//! hand, these tests say so and pass.
#![forbid(unsafe_code)]

mod advertising;
mod benchmark;
mod sales;
mod series;
#[path = "../stage/skip.rs"]
mod skip;
mod tables;
mod view;
