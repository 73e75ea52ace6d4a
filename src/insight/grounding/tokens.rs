//! A sentence as names, numbers, dates and words.

use chrono::NaiveDate;

use super::check::Doubt;
use crate::dashboard::words;

/// Characters that part clauses, and others that say nothing either.
const MARKS: &str = ",.;:";
const SILENT: &str = " ()'\"";
/// Words that multiply the number before them.
const SCALES: [(&str, f64); 3] = [("thousand", 1e3), ("million", 1e6), ("billion", 1e9)];
/// Texts of the unit of a difference of percentages.
const POINTS: [&str; 3] = ["percentage points", "percentage point", "pp"];

/// A part of a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// The name with this place in the list of names.
    Name(usize),
    /// A number with its unit.
    Number(Number),
    /// A date.
    Date(NaiveDate),
    /// A word in lower case.
    Word(String),
    /// A mark between clauses.
    Mark,
}

/// A number as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    /// Its digits and its sign, without commas.
    pub digits: String,
    /// What they are multiplied with: a thousand, a million, a billion, else 1.
    pub scale: f64,
    /// `%`, `pp`, the measure's unit, or nothing.
    pub unit: String,
}

impl Number {
    /// Whether it is `value`, rounded to as many digits as it shows. What is not zero is never shown as zero.
    pub fn shows(&self, value: f64) -> bool {
        let places = self.digits.split_once('.').map_or(0, |(_, digits)| digits.len());
        let rounded = format!("{:.places$}", value / self.scale);
        let is_zero = !rounded.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        match is_zero {
            true => value == 0.0 && self.digits == rounded.trim_start_matches('-'),
            false => self.digits == rounded,
        }
    }
}

/// What a sentence may name beside words.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Names as they are written.
    pub names: Vec<String>,
    /// Units of measures.
    pub units: Vec<String>,
}

impl Vocabulary {
    /// Names and units; of several that begin at the same place the longest counts.
    pub fn new(names: &[String], mut units: Vec<String>) -> Self {
        units.sort_by_key(|unit| std::cmp::Reverse(unit.len()));
        Self {
            names: names.to_vec(),
            units,
        }
    }

    /// The parts of a sentence.
    ///
    /// # Errors
    /// For a character, a number or a unit that cannot be read.
    pub fn tokens(&self, text: &str) -> Result<Vec<Token>, Doubt> {
        let mut reader = Reader { text, at: 0 };
        let mut tokens = Vec::new();
        while let Some(next) = reader.rest().chars().next() {
            if let Some(name) = reader.name(&self.names) {
                tokens.push(Token::Name(name));
            } else if next.is_ascii_digit() || reader.is_signed() {
                tokens.push(reader.number(&self.units)?);
            } else if next.is_ascii_alphabetic() {
                tokens.push(Token::Word(reader.word()));
            } else if SILENT.contains(next) || reader.is_hyphen() {
                reader.at += 1;
            } else if MARKS.contains(next) {
                reader.at += 1;
                tokens.push(Token::Mark);
            } else {
                return Err(Doubt::Character(next));
            }
        }
        Ok(tokens)
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    /// Whether a minus stands before a number and after nothing of the same word.
    fn is_signed(&self) -> bool {
        let is_apart = self.before().is_none_or(|before| !before.is_alphanumeric());
        let mut rest = self.rest().chars();
        is_apart && rest.next() == Some('-') && rest.next().is_some_and(|next| next.is_ascii_digit())
    }

    /// Whether a hyphen joins two words.
    fn is_hyphen(&self) -> bool {
        let mut rest = self.rest().chars();
        let is_hyphen = rest.next() == Some('-');
        let joins = rest.next().is_some_and(char::is_alphabetic);
        is_hyphen && joins && self.before().is_some_and(char::is_alphabetic)
    }

    /// Takes a text that ends where a word ends.
    fn takes(&mut self, wanted: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(wanted) else {
            return false;
        };
        let ends_in_word = wanted.chars().next_back().is_some_and(char::is_alphanumeric);
        let goes_on = after.chars().next().is_some_and(char::is_alphanumeric);
        let takes = !(ends_in_word && goes_on);
        self.at += if takes { wanted.len() } else { 0 };
        takes
    }

    fn name(&mut self, names: &[String]) -> Option<usize> {
        let is_inside = self.before().is_some_and(char::is_alphanumeric);
        let mut candidates: Vec<usize> = (0..names.len()).collect();
        candidates.sort_by_key(|index| std::cmp::Reverse(names[*index].len()));
        let begins_word = |name: &str| name.chars().next().is_some_and(char::is_alphanumeric);
        candidates.into_iter().find(|index| {
            let name = &names[*index];
            !(is_inside && begins_word(name)) && self.takes(name)
        })
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        self.at += end;
        rest[..end].to_ascii_lowercase()
    }

    /// A number with its unit, or a date.
    fn number(&mut self, units: &[String]) -> Result<Token, Doubt> {
        if self.before().is_some_and(char::is_alphanumeric) {
            return Err(Doubt::Number);
        }
        if let Some(date) = self.date() {
            return Ok(Token::Date(date));
        }
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_alphanumeric() || "-,.".contains(c);
        let end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let written = rest[..end].trim_end_matches([',', '.']);
        self.at += written.len();
        if let Ok(date) = written.parse::<NaiveDate>() {
            let is_canonical = date.to_string() == written;
            return is_canonical.then_some(Token::Date(date)).ok_or(Doubt::Number);
        }
        let digits = digits(written).ok_or(Doubt::Number)?;
        let scale = SCALES.iter().find(|(word, _)| self.takes(&format!(" {word}")));
        let unit = self.unit(units);
        Ok(Token::Number(Number {
            digits,
            scale: scale.map_or(1.0, |(_, scale)| *scale),
            unit,
        }))
    }

    /// A date as sentences write it: `7 Mar 2026`.
    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.rest().match_indices(' ').nth(1)?.0 + 1;
        let written = self.rest().get(..year + 4)?;
        let date = NaiveDate::parse_from_str(written, "%d %b %Y").ok()?;
        let is_written_so = words::date(date) == written;
        (is_written_so && self.takes(written)).then_some(date)
    }

    fn unit(&mut self, units: &[String]) -> String {
        if self.takes("%") {
            return "%".to_owned();
        }
        if POINTS.iter().any(|points| self.takes(&format!(" {points}"))) {
            return "pp".to_owned();
        }
        let own = units.iter().find(|unit| self.takes(&format!(" {unit}")));
        own.cloned().unwrap_or_default()
    }
}

/// The digits of a number without commas between thousands; `None` for anything else.
fn digits(written: &str) -> Option<String> {
    let (sign, plain) = match written.strip_prefix('-') {
        Some(plain) => ("-", plain),
        None => ("", written),
    };
    let (whole, fraction) = match plain.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (plain, None),
    };
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().filter(|first| all_digits(first))?;
    let rest: Vec<&str> = groups.collect();
    let is_grouped = rest.iter().all(|group| group.len() == 3 && all_digits(group));
    let leads = first.len() > 1 && first.starts_with('0');
    if !is_grouped || leads || (!rest.is_empty() && first.len() > 3) {
        return None;
    }
    let whole = format!("{sign}{first}{}", rest.concat());
    match fraction {
        None => Some(whole),
        Some(fraction) => all_digits(fraction).then(|| format!("{whole}.{fraction}")),
    }
}
