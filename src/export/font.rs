//! Texts in typefaces: which draws a character, how wide a text is, where it wraps.

use rustybuzz::UnicodeBuffer;
use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};

use super::typeface::{Typeface, typefaces};

/// No line and no paragraph of a report needs more characters; what is longer is cut before it is measured.
const MOST_CHARACTERS: usize = 2000;

/// How bold a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// 400.
    Regular,
    /// 600.
    SemiBold,
    /// 700.
    Bold,
}

impl Weight {
    /// The weight of a CSS `font-weight`: `normal`, `bold`, `600`.
    pub fn from_css(css: &str) -> Self {
        match css {
            "bold" | "bolder" => Self::Bold,
            _ => match css.parse::<f32>() {
                Ok(weight) if weight >= 650.0 => Self::Bold,
                Ok(weight) if weight >= 500.0 => Self::SemiBold,
                _ => Self::Regular,
            },
        }
    }

    /// The number that CSS gives it.
    pub fn number(self) -> u16 {
        match self {
            Self::Regular => 400,
            Self::SemiBold => 600,
            Self::Bold => 700,
        }
    }
}

/// A text in pieces that one typeface each draws: its place among [`typefaces`], and the piece.
pub fn runs(text: &str, weight: Weight) -> Vec<(usize, &str)> {
    let order = typefaces().order(weight);
    let mut runs: Vec<(usize, &str)> = Vec::new();
    let mut start = 0;
    let mut current = order.first().copied().unwrap_or_default();
    for (at, character) in text.char_indices() {
        let place = place_of(character, order, current);
        if place != current && at > start {
            runs.push((current, &text[start..at]));
            start = at;
        }
        current = place;
    }
    if start < text.len() {
        runs.push((current, &text[start..]));
    }
    runs
}

/// A piece of a text that one typeface draws in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The typeface's place among [`typefaces`].
    pub typeface: usize,
    /// The characters, in the order in which they are read.
    pub text: &'a str,
    /// Whether it is read from right to left.
    pub is_rtl: bool,
}

/// A line's pieces from left to right, by the Unicode bidirectional algorithm; the line as a whole runs from left to right, as drawings
/// have it.
pub fn pieces(line: &str, weight: Weight) -> Vec<Piece<'_>> {
    let bidi = BidiInfo::new(line, Some(Level::ltr()));
    let mut pieces = Vec::new();
    for paragraph in &bidi.paragraphs {
        let (levels, visual) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for range in visual {
            let is_rtl = levels[range.start].is_rtl();
            let mut run: Vec<Piece<'_>> = runs(&line[range], weight)
                .into_iter()
                .map(|(typeface, text)| Piece {
                    typeface,
                    text,
                    is_rtl,
                })
                .collect();
            if is_rtl {
                run.reverse();
            }
            pieces.extend(run);
        }
    }
    pieces
}

/// Blanks, what belongs to the character before it, and what no typeface has stay with the run that they are in.
fn place_of(character: char, order: &[usize], current: usize) -> usize {
    let has = |place: usize| typefaces().get(place).is_some_and(|one| one.has(character));
    let is_bound = character.is_whitespace() || is_mark(character);
    if is_joined(character) || (is_bound && has(current)) {
        return current;
    }
    order.iter().copied().find(|place| has(*place)).unwrap_or(current)
}

/// Joiners, variation selectors and skin tones: they make one picture of the characters around them.
fn is_joined(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0100}'..='\u{e01ef}')
}

/// Marks above and below a letter.
fn is_mark(character: char) -> bool {
    bidi_class(character) == BidiClass::NSM
}

/// The first character of a text that no typeface draws: a box stands for it.
pub fn undrawn(text: &str) -> Option<char> {
    let is_drawn = |character: char| {
        let is_seen = !(character.is_whitespace() || character.is_control() || is_joined(character));
        character.is_ascii() || !is_seen || typefaces().have(character)
    };
    text.chars().find(|character| !is_drawn(*character))
}

/// The width of a text in em.
pub fn width_em(text: &str, weight: Weight) -> f32 {
    runs(text, weight)
        .into_iter()
        .map(|(place, run)| typefaces().get(place).map_or(0.0, |one| run_width(one, run)))
        .sum()
}

fn run_width(typeface: &Typeface, text: &str) -> f32 {
    let face = &typeface.face;
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    let glyphs = rustybuzz::shape(face, &[], buffer);
    let units: i64 = glyphs
        .glyph_positions()
        .iter()
        .map(|glyph| i64::from(glyph.x_advance))
        .sum();
    units as f32 / face.units_per_em() as f32
}

/// The width of a text of a size, in the size's unit.
pub fn width(text: &str, weight: Weight, size: f32) -> f32 {
    width_em(text, weight) * size
}

/// The text in lines of at most that width, broken between words, and within those that are wider.
pub fn wrapped(text: &str, weight: Weight, size: f32, most: f32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in capped(text).split_ascii_whitespace() {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if width(&longer, weight, size) <= most {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        line = word.to_owned();
        while width(&line, weight, size) > most && line.chars().nth(1).is_some() {
            let end = fitting(&line, weight, size, most);
            let rest = line.split_off(end);
            lines.push(std::mem::replace(&mut line, rest));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in at most so many lines; where it needs more the last one ends in an ellipsis.
pub fn wrapped_to(text: &str, weight: Weight, size: f32, most: f32, lines: usize) -> Vec<String> {
    let mut all = wrapped(text, weight, size, most);
    if all.len() > lines {
        let rest = all.split_off(lines.saturating_sub(1)).join(" ");
        all.push(shortened(&rest, weight, size, most));
    }
    all
}

/// The text, cut with an ellipsis where it is wider.
pub fn shortened(text: &str, weight: Weight, size: f32, most: f32) -> String {
    let is_capped = capped(text).len() < text.len();
    let text = capped(text);
    if !is_capped && width(text, weight, size) <= most {
        return text.to_owned();
    }
    let room = most - width("…", weight, size);
    let end = fitting(text, weight, size, room);
    format!("{}…", text[..end].trim_end())
}

fn capped(text: &str) -> &str {
    text.char_indices()
        .nth(MOST_CHARACTERS)
        .map_or(text, |(end, _)| &text[..end])
}

/// How many bytes of a text fit, at least those of one character.
fn fitting(text: &str, weight: Weight, size: f32, most: f32) -> usize {
    let ends: Vec<usize> = text.char_indices().skip(1).map(|(at, _)| at).collect();
    let fits = ends.partition_point(|end| width(&text[..*end], weight, size) <= most);
    match fits {
        0 => ends.first().copied().unwrap_or(text.len()),
        fits => ends[fits - 1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_inter_lacks_dejavu_draws() {
        let runs: Vec<(usize, &str)> = runs("abc שלום def", Weight::Regular);
        assert_eq!(runs, [(0, "abc "), (3, "שלום "), (0, "def")]);
    }

    #[test]
    fn pieces_stand_in_the_order_in_which_they_are_seen() {
        let seen = |line: &str| -> String {
            let pieces = pieces(line, Weight::Regular);
            let marked = pieces.iter().filter(|piece| !piece.text.trim().is_empty());
            let marked = marked.map(|piece| (piece.text.trim(), if piece.is_rtl { "<" } else { ">" }));
            marked.map(|(text, mark)| format!("{text}{mark}")).collect()
        };
        assert_eq!(seen("Spend 12.5"), "Spend 12.5>");
        // Between letters from right to left a number stands to the left of the word before it, and is read from left to right.
        assert_eq!(seen("a שלום 12 Ωעולם b"), "a>12>שלום<Ω>עולם<b>");
        assert_eq!(seen("שלום עולם"), "שלום עולם<");
        assert_eq!(seen(""), "");
    }

    #[test]
    fn what_no_file_draws_is_known() {
        assert_eq!(undrawn("Zażółć שלום Ω ≥ €\n"), None);
        assert_eq!(undrawn("Umsatz 数字"), Some('数'));
    }

    #[test]
    fn lines_fit_and_keep_every_character() {
        let text = "The quick brown fox jumps over Donaudampfschifffahrtsgesellschaftskapitän";
        let lines = wrapped(text, Weight::Regular, 10.0, 80.0);
        assert!(lines.len() > 4, "{lines:?}");
        for line in &lines {
            assert!(width(line, Weight::Regular, 10.0) <= 80.0, "{line:?} is too wide");
        }
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(text));
    }

    #[test]
    fn a_long_text_ends_in_an_ellipsis_that_fits() {
        let text = "x".repeat(10_000);
        let cut = shortened(&text, Weight::Bold, 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, Weight::Bold, 12.0) <= 100.0);
        let long = shortened(&"x".repeat(10_000_000), Weight::Regular, 8.0, 1e6);
        assert!(long.ends_with('…'), "a capped text says that it is cut");
        assert_eq!(wrapped_to(&text, Weight::Bold, 12.0, 100.0, 2).len(), 2);
    }
}
