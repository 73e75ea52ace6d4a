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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// What is drawn in one theme without an overlap is so in the other: nothing but colours may differ.
    #[test]
    fn themes_differ_in_colours_alone() {
        fn colourless(value: &mut Value) {
            match value {
                Value::String(text) if text.starts_with('#') => text.truncate(1),
                Value::Array(items) => items.iter_mut().for_each(colourless),
                Value::Object(members) => members.values_mut().for_each(colourless),
                _ => {}
            }
        }
        let [light, dark] = [Theme::Light, Theme::Dark].map(|theme| {
            let mut config: Value = serde_json::from_str(theme.config()).unwrap();
            colourless(&mut config);
            config
        });
        assert_eq!(light, dark);
    }
}
