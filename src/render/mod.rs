//! Drawing: Vega in QuickJS makes SVG of a chart, and what the core makes of that becomes a file.
//!
//! An [`Engine`] has neither network nor files nor `eval`, may use so much memory, stack and time, and is thrown away
//! after any failure. The [`Pool`] keeps one a core, started on first use and ended when idle. The [`Exporter`] draws
//! what a file needs, has the core write it, and keeps the latest files, so that an unchanged view costs nothing.

mod code;
mod engine;
mod error;
mod exporter;
mod kept;
mod pool;
#[cfg(test)]
mod tests;

pub use engine::{ChartRequest, Engine, Limits};
pub use error::RenderError;
pub use exporter::{Exporter, Misfit, Wanted};
pub use pool::Pool;
