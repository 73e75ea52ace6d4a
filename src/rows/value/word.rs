//! Cells that are neither numbers nor dates: blanks, words for "nothing here", and booleans.

/// What a short word in a cell stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) enum Word {
    /// Not available: null in columns of numbers and times, a value elsewhere.
    NotAvailable,
    /// Not a number, or infinite: null in columns of numbers, and counted.
    NotANumber,
    /// A boolean.
    Boolean,
    /// Any other text.
    Other,
}

/// Whether there is nothing but white space.
pub(in crate::rows) fn blank(text: &[u8]) -> bool {
    trim(text).is_empty()
}

/// The text without white space at its ends (ASCII, and the no-break spaces that spreadsheets leave).
pub(in crate::rows) fn trim(text: &[u8]) -> &[u8] {
    // Most cells begin and end with a visible ASCII character.
    if let ([b'!'..=b'~', ..], [.., b'!'..=b'~']) = (text, text) {
        return text;
    }
    let mut rest = text.trim_ascii();
    loop {
        let before = rest.len();
        for space in [&b"\xC2\xA0"[..], b"\xE2\x80\xAF", b"\xE2\x80\x89"] {
            rest = rest.strip_prefix(space).unwrap_or(rest);
            rest = rest.strip_suffix(space).unwrap_or(rest);
        }
        rest = rest.trim_ascii();
        if rest.len() == before {
            return rest;
        }
    }
}

/// Whether a text has two or three letters, or these and a region's (`en-US`, `pt_BR`).
pub(in crate::rows) fn is_letter_code(text: &[u8]) -> bool {
    let code = match text {
        [code @ .., b'-' | b'_', a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => code,
        code => code,
    };
    matches!(code.len(), 2 | 3) && code.iter().all(u8::is_ascii_alphabetic)
}

/// Longest of the words, in bytes.
const LONGEST: usize = 14;

/// What a trimmed cell's word stands for, whatever its case.
pub(in crate::rows) fn word(text: &[u8]) -> Word {
    if text.len() > LONGEST {
        return Word::Other;
    }
    // A colon, with or without a flag, as statistical offices write it.
    if let [b':', rest @ ..] = text
        && matches!(trim(rest), [] | [b'a'..=b'z'])
    {
        return Word::NotAvailable;
    }
    let mut lower = [0u8; LONGEST];
    let lower = &mut lower[..text.len()];
    lower.copy_from_slice(text);
    lower.make_ascii_lowercase();
    match &*lower {
        b"na" | b"n/a" | b"#n/a" | b"#na" | b"null" | b"none" | b"nil" | b"nat" | b"-" | b"--" | b"?"
        | b"." | b"\xE2\x80\x93" | b"\xE2\x80\x94" | b"#div/0!" | b"#value!" | b"#ref!" | b"#name?"
        | b"#num!" | b"#null!" | b".." | b"..." | b"n.a." | b"n.a" | b"n/d" | b"n.d." | b"k.a."
        | b"k. a." | b"(not set)" | b"(none)" | b"(null)" | b"(blank)" | b"(empty)" | b"(n/a)" | b"<na>"
        | b"<null>" | b"\\n" | b"tbd" | b"tba" | b"not available" | b"not applicable" | b"---"
        | b"\xE2\x80\xA6" | b"unknown" | b"unbekannt" | b"missing" | b"fehlt" | b"keine"
        | b"keine angabe" | b"k.a" | b"nd" | b"n.d" | b"s/o" | b"s/d" | b"s.d." | b"sin dato"
        | b"sin datos" | b"no data" => Word::NotAvailable,
        b"nan" | b"-nan" | b"inf" | b"+inf" | b"-inf" | b"infinity" | b"-infinity" | b"\xE2\x88\x9E" => {
            Word::NotANumber
        }
        b"true" | b"false" | b"t" | b"f" | b"yes" | b"no" | b"y" | b"n" | b"ja" | b"nein" | b"j"
        | b"wahr" | b"falsch" | b"oui" | b"non" | b"o" | b"vrai" | b"faux" | b"s\xC3\xAD" | b"si" | b"s"
        | b"verdadero" | b"falso" => Word::Boolean,
        _ => Word::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_known_whatever_their_case() {
        for (text, expected) in [
            ("NA", Word::NotAvailable),
            ("n/a", Word::NotAvailable),
            ("Null", Word::NotAvailable),
            ("(not set)", Word::NotAvailable),
            ("n.a.", Word::NotAvailable),
            ("..", Word::NotAvailable),
            (":", Word::NotAvailable),
            (": c", Word::NotAvailable),
            (":smile", Word::Other),
            ("TBD", Word::NotAvailable),
            ("\\N", Word::NotAvailable),
            ("Not Applicable", Word::NotAvailable),
            ("NaN", Word::NotANumber),
            ("-Infinity", Word::NotANumber),
            ("TRUE", Word::Boolean),
            ("No", Word::Boolean),
            ("nein", Word::Boolean),
            ("north", Word::Other),
            ("not available at all", Word::Other),
        ] {
            assert_eq!(word(text.as_bytes()), expected, "{text}");
        }
        assert!(blank("\u{a0} \t".as_bytes()));
        assert_eq!(trim("\u{202f} x\u{a0}".as_bytes()), b"x");
    }
}
