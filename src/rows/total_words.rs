//! Names of what sums up others.

/// Words that say so, in lower case.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "total", "totals", "subtotal", "subtotals", "sum", "overall", "all", "everything", "everyone", "combined", "aggregate",
    "world", "worldwide", "global",
    "summe", "gesamt", "gesamtsumme", "gesamtergebnis", "insgesamt", "zwischensumme", "teilsumme", "ergebnis", "teilergebnis",
    "alle", "alles", "welt", "weltweit",
    "somme", "tous", "toutes", "tout", "ensemble", "monde",
    "suma", "todo", "todos", "todas", "mundo",
    "totale", "somma", "subtotale", "tutti", "tutte", "tudo",
    "totaal", "subtotaal", "eindtotaal", "allen",
    "totalt", "totalsumma", "samtliga", "yhteensä",
    "razem", "celkem", "итого", "всего", "все",
    "合计", "总计", "小计", "合計", "総計", "小計", "全体",
];
/// Words that may stand beside them and name nothing.
const FILLERS: &[&str] = &[
    "grand",
    "sub",
    "sous",
    "the",
    "of",
    "for",
    "général",
    "general",
    "geral",
    "complessivo",
    "group",
    "gruppe",
];
/// The longest text that is looked at, in bytes.
const LONGEST: usize = 64;

/// What of a text is left without the words that say it sums up others, in lower case: `North` of `North Total`, nothing of
/// `Grand Total`; `None` where it says no such thing.
pub fn summed_up(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let words = || {
        let words = text.split(|letter: char| !letter.is_alphanumeric());
        words.filter(|word| !word.is_empty())
    };
    if !words().any(|word| is_one_of(WORDS, word)) {
        return None;
    }
    let others = words().filter(|word| !is_one_of(WORDS, word) && !is_one_of(FILLERS, word));
    let others: Vec<String> = others.map(str::to_lowercase).collect();
    Some(others.join(" "))
}

/// A text's words in lower case, as [`summed_up`] leaves them.
pub fn words_of(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<String> = words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

fn is_one_of(known: &[&str], word: &str) -> bool {
    match word.is_ascii() {
        true => known.iter().any(|known| known.eq_ignore_ascii_case(word)),
        false => known.contains(&word.to_lowercase().as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sums_up_others_says_so() {
        for (text, left) in [
            ("Total", ""),
            ("(all)", ""),
            ("Grand Total", ""),
            ("Sous-total", ""),
            ("ИТОГО", ""),
            ("North Total", "north"),
            ("4100 Marketing Total", "4100 marketing"),
            ("Summe A", "a"),
            ("All devices", "devices"),
        ] {
            assert_eq!(summed_up(text).as_deref(), Some(left), "{text}");
        }
        for text in ["", "North", "Allianz", "Totals2", "Summer", "Gesamtschule"] {
            assert_eq!(summed_up(text), None, "{text}");
        }
        assert_eq!(words_of("4100  Marketing"), "4100 marketing");
    }
}
