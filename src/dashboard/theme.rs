//! The light and the dark theme: Vega-Lite configurations that whoever draws a chart's spec merges with it.
//!
//! The page reads the same files. Specs hold the colours of data, which stand out on both grounds; a theme holds those of the page: ground, text, grid.

/// On which ground charts are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// Dark text on white.
    #[default]
    Light,
    /// Light text on #121212.
    Dark,
}

impl Theme {
    /// The theme's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Its Vega-Lite `config`, as JSON.
    pub fn config(self) -> &'static str {
        match self {
            Self::Light => include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/theme/light.json")),
            Self::Dark => include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/web/theme/dark.json")),
        }
    }
}
