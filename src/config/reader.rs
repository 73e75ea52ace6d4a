//! Reads typed values out of the raw layers and keeps the problems.

use std::fmt::Display;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use super::layers::{Given, Raw};
use super::problem::{Problem, did_you_mean};
use super::secret::Secret;
use super::setting::find;

/// Reads settings one by one; a wrong value becomes a problem and its default stands in, so that all problems show at once.
pub struct Reader {
    raw: Raw,
    /// Every path that was read, so that a test can compare with the list of settings.
    read: Vec<&'static str>,
}

impl Reader {
    pub(super) fn new(raw: Raw) -> Self {
        Self {
            raw,
            read: Vec::new(),
        }
    }

    /// Gives back the raw layers, their problems included, and the paths that were read.
    pub(super) fn finish(self) -> (Raw, Vec<&'static str>) {
        (self.raw, self.read)
    }

    /// A text; empty when unset.
    pub fn text(&mut self, path: &'static str) -> String {
        self.given(path).map(|given| given.text).unwrap_or_default()
    }

    /// A text, `None` when unset or empty.
    pub fn optional_text(&mut self, path: &'static str) -> Option<String> {
        Some(self.text(path)).filter(|text| !text.is_empty())
    }

    /// A secret; empty when unset.
    pub fn secret(&mut self, path: &'static str) -> Secret {
        Secret::new(self.text(path))
    }

    /// A whole number between two bounds, both inclusive.
    pub fn integer<T: FromStr + PartialOrd + Display + Copy>(
        &mut self,
        path: &'static str,
        min: T,
        max: T,
    ) -> T {
        let parse = |text: &str| {
            text.replace('_', "")
                .parse()
                .ok()
                .filter(|number| (min..=max).contains(number))
        };
        self.parsed(path, parse, &format!("a whole number from {min} to {max}"))
            .unwrap_or(min)
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, path: &'static str) -> bool {
        self.parsed(path, |text| text.parse().ok(), "`true` or `false`")
            .unwrap_or_default()
    }

    /// A duration above zero.
    pub fn duration(&mut self, path: &'static str) -> Duration {
        self.parsed(
            path,
            parse_duration,
            "a duration such as `250ms`, `10s`, `15m` or `2h`",
        )
        .unwrap_or_default()
    }

    /// A size in bytes above zero.
    pub fn size(&mut self, path: &'static str) -> u64 {
        self.parsed(path, parse_size, "a size such as `512KiB`, `8MiB` or `1GiB`")
            .unwrap_or_default()
    }

    /// An address to listen on.
    pub fn address(&mut self, path: &'static str) -> SocketAddr {
        let stand_in = SocketAddr::from(([127, 0, 0, 1], 0));
        self.parsed(
            path,
            |text| text.parse().ok(),
            "an address such as `127.0.0.1:9090`",
        )
        .unwrap_or(stand_in)
    }

    /// One of the words, or `None` (with a problem) when it is none of them.
    pub fn one_of<T: Copy>(&mut self, path: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(path);
        self.word(path, &text, words)
    }

    /// Some of the words, in the order written, without repeats.
    pub fn some_of<T: Copy + PartialEq>(&mut self, path: &'static str, words: &[(&str, T)]) -> Vec<T> {
        let text = self.text(path);
        let mut found = Vec::new();
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            if let Some(value) = self
                .word(path, word, words)
                .filter(|value| !found.contains(value))
            {
                found.push(value);
            }
        }
        found
    }

    /// Reports that a setting's value is wrong for a reason of its own.
    pub fn reject(&mut self, path: &'static str, text: impl Display) {
        let origin = self
            .raw
            .values
            .get(path)
            .map(|given| format!(" (from {})", given.origin))
            .unwrap_or_default();
        self.raw.problems.push(Problem {
            at: path.to_owned(),
            text: format!("{text}{origin}"),
        });
    }

    /// The Kafka client's own properties as given, refusing those that are ours to set.
    pub fn properties(&mut self, owned: &[(&str, &str)]) -> Vec<(String, Secret)> {
        let mut kept = Vec::new();
        for (name, given) in &self.raw.properties {
            match owned.iter().find(|(key, _)| key == name) {
                None => kept.push((name.clone(), Secret::new(given.text.clone()))),
                Some((_, instead)) => self.raw.problems.push(Problem {
                    at: format!("kafka.properties.{name}"),
                    text: format!("belongs to dashloom: {instead} (from {})", given.origin),
                }),
            }
        }
        kept
    }

    fn given(&mut self, path: &'static str) -> Option<Given> {
        self.read.push(path);
        self.raw.values.get(path).cloned()
    }

    fn word<T: Copy>(&mut self, path: &'static str, text: &str, words: &[(&str, T)]) -> Option<T> {
        let found = words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let hint = did_you_mean(text, names.iter().copied());
            self.reject(
                path,
                format_args!("`{text}` is none of {}.{hint}", names.join(", ")),
            );
        }
        found
    }

    fn parsed<T>(
        &mut self,
        path: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        wanted: &str,
    ) -> Option<T> {
        let given = self.given(path)?;
        let value = parse(given.text.trim());
        if value.is_none() {
            self.reject(path, format_args!("`{}` is not {wanted}", given.text));
            return find(path).and_then(|setting| parse(setting.default));
        }
        value
    }
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(ms).map(Duration::from_millis)
}

fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text)?;
    let bytes = match unit {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(bytes)
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '_')
        .unwrap_or(text.len());
    let number: u64 = text[..end].replace('_', "").parse().ok()?;
    (number > 0).then_some((number, text[end..].trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_need_a_unit_and_a_number_above_zero() {
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("15 m"), Some(Duration::from_secs(900)));
        assert_eq!(parse_duration("10"), None);
        assert_eq!(parse_duration("0s"), None);
        assert_eq!(parse_size("8MiB"), Some(8 << 20));
        assert_eq!(parse_size("1_000"), Some(1_000));
        assert_eq!(parse_size("8MB"), None);
    }
}
