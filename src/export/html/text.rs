//! Texts that mean nothing but themselves in HTML.

use std::fmt::{self, Display, Formatter};

/// No text on the page is longer, in characters.
const MOST_CHARACTERS: usize = 2000;

/// A text as content or as an attribute's value in quotes; control characters are left out, those that turn the direction of what
/// follows them among them, and a long text is cut.
pub struct Text<'a>(pub &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            match letter {
                _ if index == MOST_CHARACTERS => return f.write_str("…"),
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\t' | '\n' => write!(f, "{letter}")?,
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                _ if letter.is_control() || ('\u{fdd0}'..='\u{fdef}').contains(&letter) => {}
                _ => write!(f, "{letter}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup_and_none_is_endless() {
        let hostile = "</td><script>alert('1')</script>\" onload=\"x\0\u{1b}";
        let text = Text(hostile).to_string();
        assert!(!text.contains(['<', '>', '"', '\'', '\0', '\u{1b}']), "{text}");
        assert_eq!(Text("up \u{202e}nwod\u{2066} שלום").to_string(), "up nwod שלום");
        assert_eq!(Text("a & b").to_string(), "a &amp; b");
        assert_eq!(
            Text(&"x".repeat(10_000_000)).to_string().chars().count(),
            MOST_CHARACTERS + 1
        );
    }
}
