//! Charts: Vega-Lite specs, chosen by rules and written as canonical JSON.
//!
//! A spec names its dataset (`data: {"name": …}`) and holds neither data nor any URL, so `$schema` is left out; specs are
//! written for Vega-Lite 6. It depends on the structure of a view alone (fields, grain, few or many points, stretches without
//! rows, values that are all the same), so that it rarely changes between events. Dates parse as UTC and are drawn as UTC: `scale.type` is `utc`,
//! every `timeUnit` starts with `utc`, labels are written by `utcFormat`. Marks have one colour of the Okabe-Ito palette
//! that stands out on light and on dark ground (contrast at least 3:1 on both), series those of `parts::SERIES`; sequences
//! use `cividis`. All that belongs
//! to the page (background, colours of text and grid, fonts) is left to the `config` given when drawing. `width` is
//! `container`; whoever draws without one sets a width.

mod bars;
mod breaks;
mod entry;
mod funnel;
mod heatmap;
mod lines;
mod paired;
mod parts;
mod plot;
mod scale;
mod scatter;
mod trend;
mod waterfall;

pub use bars::bars;
pub use entry::Chart;
pub use funnel::{funnel, steps};
pub use heatmap::{heatmap, heatmap_over_time};
pub use lines::{compared, lines, lines_titled};
pub use paired::{before_after, mix_rate};
pub use plot::{Plot, PlotMark, plot};
pub use scatter::scatter;
pub use trend::{line, trend};
pub use waterfall::waterfall;
