//! How a CSV text is written: what stands between its cells, and where its table begins.
//!
//! The delimiter is the one of comma, `;`, tab and `|` that the header has and most of the first rows have as often as it,
//! outside of quotes; of several the one that the header has most of. The header is the first line, unless that is a title:
//! exports put a report's name, its dates and its account above their tables. Titles have at most half as many cells as the
//! header or are comments, the header names columns, and most rows below have as many cells as it.

use super::value::date::{self, Form, Order};
use super::value::number;
use super::value::trim;

/// Rows below the header that show how the text is written.
const ROWS_LOOKED_AT: usize = 11;
/// The most lines above a header.
const MOST_TITLES: usize = 20;
/// Bytes at the beginning that are looked at at most: a lone quote makes one line of all that follows.
const BYTES_LOOKED_AT: usize = 256 << 10;
/// Lines that begin so are comments where there are several of them.
const COMMENT: char = '#';
/// What may be a year in the head of a column.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

/// How a text is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Bytes before the header: a `sep=` line and titles.
    pub skipped_bytes: usize,
    /// How many lines that is.
    pub skipped_lines: u64,
    /// Titles among them that are not blank.
    pub titles: u64,
    /// What stands between cells.
    pub delimiter: u8,
}

/// Whether so much of a text is enough to tell how it is written.
pub(super) fn shows_its_dialect(begin: &str) -> bool {
    begin.len() >= BYTES_LOOKED_AT || lines(begin).nth(MOST_TITLES + ROWS_LOOKED_AT).is_some()
}

impl Dialect {
    /// The dialect of a text that begins like this.
    pub(super) fn of(begin: &str) -> Self {
        let told = told_delimiter(begin);
        let after = told.map_or(0, |(_, bytes)| bytes);
        let lines: Vec<(usize, &str)> = lines(&begin[after..])
            .take(1 + MOST_TITLES + ROWS_LOOKED_AT)
            .collect();
        let (delimiter, titles) = match told {
            Some((delimiter, _)) => (delimiter, header(&lines, delimiter)),
            None => sniffed(&lines),
        };
        let skipped_bytes = match titles {
            0 => after,
            _ => after + lines[titles].0,
        };
        Self {
            skipped_bytes,
            skipped_lines: line_ends(&begin[..skipped_bytes]),
            titles: titles as u64,
            delimiter,
        }
    }
}

/// The delimiter that a first line `sep=;` names, as spreadsheets write it, and that line's bytes.
fn told_delimiter(begin: &str) -> Option<(u8, usize)> {
    let end = begin.find(['\r', '\n']).unwrap_or(begin.len());
    let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter] = begin.as_bytes()[..end] else {
        return None;
    };
    let line_end = match &begin.as_bytes()[end..] {
        [b'\r', b'\n', ..] => 2,
        [] => 0,
        _ => 1,
    };
    delimiter.is_ascii().then_some((delimiter, end + line_end))
}

/// The lines of a text and where they begin, without their ends and the empty ones; a line break inside of quotes ends none.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    let next = move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let mut quoted = false;
        let ends = |byte: u8| {
            quoted ^= byte == b'"';
            !quoted && matches!(byte, b'\n' | b'\r')
        };
        let end = rest.bytes().position(ends).unwrap_or(rest.len());
        let line = (at, &rest[..end]);
        at += end + 1;
        Some(line)
    };
    std::iter::from_fn(next).filter(|(_, line)| !line.is_empty())
}

fn line_ends(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let ends = |(at, byte): (usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(|byte| ends(*byte)).count() as u64
}

/// The cells of a line, without their quotes and outer blanks.
fn cells(line: &str, delimiter: u8) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let parts = line.as_bytes().split(move |byte| {
        quoted ^= *byte == b'"';
        !quoted && *byte == delimiter
    });
    parts.map(|cell| {
        let cell = trim(cell);
        let bare = cell.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        bare.map_or(cell, trim)
    })
}

/// How often a line has a delimiter outside of quotes.
fn count(line: &str, delimiter: u8) -> usize {
    cells(line, delimiter).count() - 1
}

/// The delimiter, and how many lines stand above the header.
fn sniffed(lines: &[(usize, &str)]) -> (u8, usize) {
    let fit = |delimiter: u8| {
        let titles = header(lines, delimiter);
        let (_, header) = lines.get(titles)?;
        let rows = lines[titles + 1..].iter().take(ROWS_LOOKED_AT);
        let wanted = count(header, delimiter);
        let differ = rows.filter(|(_, row)| count(row, delimiter) != wanted).count();
        let fit = (std::cmp::Reverse(differ), titles == 0, wanted);
        (wanted > 0).then_some((fit, delimiter, titles))
    };
    // Of equally good ones the last: a comma also stands before decimals and within texts.
    let candidates = [b',', b'|', b';', b'\t'].into_iter();
    candidates
        .filter_map(fit)
        .max_by_key(|(fit, ..)| *fit)
        .map_or((b',', 0), |(_, delimiter, titles)| (delimiter, titles))
}

/// How many lines stand above the header.
fn header(lines: &[(usize, &str)], delimiter: u8) -> usize {
    let is_comment = |(_, line): &&(usize, &str)| line.starts_with(COMMENT);
    let below = |at: usize| &lines[at + 1..lines.len().min(at + 1 + ROWS_LOOKED_AT)];
    let comments = match lines.iter().take_while(is_comment).count() {
        // A lone one may be the header of a column of numbers or tags, unless the next line can be nothing else.
        1 if !(lines.len() > 1 && names_columns(lines[1].1, below(1), delimiter)) => 0,
        count => count,
    };
    let filled = |(_, line): &(usize, &str)| cells(line, delimiter).filter(|cell| !cell.is_empty()).count();
    let mut widest = 0;
    let is_header = |titles: &usize| {
        if *titles > comments {
            widest = widest.max(filled(&lines[titles - 1]));
        }
        2 * widest <= filled(&lines[*titles]) && names_columns(lines[*titles].1, below(*titles), delimiter)
    };
    let last = lines.len().min(MOST_TITLES + 1);
    (comments.max(1)..last).find(is_header).unwrap_or(0)
}

/// Whether a line can be nothing but the header of the rows below: it has several names and no number, most rows have as many
/// cells, and the numbers or dates of some column stand under a name.
fn names_columns(line: &str, rows: &[(usize, &str)], delimiter: u8) -> bool {
    let wanted = count(line, delimiter);
    let kinds = |line| cells(line, delimiter).map(Kind::of).collect::<Vec<_>>();
    let (names, rows): (_, Vec<_>) = (kinds(line), rows.iter().map(|(_, row)| kinds(row)).collect());
    let agree = rows.iter().filter(|row| row.len() == wanted + 1).count();
    let named = names.iter().filter(|kind| **kind != Kind::Blank).count();
    let differs = |(column, name): (usize, &Kind)| {
        let below = rows.iter().filter_map(|row| row.get(column));
        let filled: Vec<&Kind> = below.filter(|kind| **kind != Kind::Blank).collect();
        let is_usual = |wanted| 2 * filled.iter().filter(|kind| ***kind == wanted).count() > filled.len();
        *name != Kind::Blank
            && [Kind::Number, Kind::Date, Kind::Year]
                .into_iter()
                .any(|usual| *name != usual && is_usual(usual))
    };
    named > 1
        && 2 * named > names.len()
        && 2 * agree > rows.len()
        && !names.contains(&Kind::Number)
        && names.iter().enumerate().any(differs)
}

/// What a cell looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Number,
    /// A number that may be a year.
    Year,
    Date,
    Text,
}

impl Kind {
    fn of(cell: &[u8]) -> Self {
        let year = |text: &str| text.len() == 4 && text.parse().is_ok_and(|year| YEARS.contains(&year));
        let is_date =
            || date::read(cell, Order::MonthFirst).is_some_and(|found| found.form != Form::MonthLike);
        match () {
            () if cell.is_empty() => Self::Blank,
            () if std::str::from_utf8(cell).is_ok_and(year) => Self::Year,
            () if is_date() => Self::Date,
            () if number::read(cell, false).is_some() => Self::Number,
            () => Self::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_quote_does_not_make_it_look_at_everything() {
        let lone = |rows: usize| format!("a;\"b\n{}", "1;2\n".repeat(rows));
        assert!(!shows_its_dialect(&lone(40)));
        assert!(shows_its_dialect(&lone(BYTES_LOOKED_AT / 4)));
        assert!(shows_its_dialect(&"1;2\n".repeat(40)));
    }

    #[test]
    fn the_delimiter_is_what_header_and_rows_agree_on() {
        for (text, expected) in [
            ("a,b\n1,2\n", ','),
            ("Name, first;Amount, EUR\nx;1,5\ny;2\n", ';'),
            ("Datum;Umsatz, netto;Kosten, netto\n05.01.2024;1,5;2,5\n", ';'),
            ("a,b;c\n1,2\n3,4\n", ','),
            ("id,tags;labels,x\n1,a;b,2\n", ','),
            ("a;b\n\"1;2\n3;4\";5\n", ';'),
            ("a\tb, c\n1\t2,5\n", '\t'),
            ("a|b\r\n1|2,5\r\n", '|'),
            ("only\n1,5\n", ','),
            ("a;b", ';'),
            ("", ','),
        ] {
            assert_eq!(char::from(Dialect::of(text).delimiter), expected, "{text}");
        }
    }

    /// What stands above the header: the titles, and what the header begins with.
    fn beginning(text: &str) -> (u64, &str) {
        let dialect = Dialect::of(text);
        let header = text[dialect.skipped_bytes..].lines().next().unwrap_or_default();
        (dialect.titles, header)
    }

    #[test]
    fn titles_stand_above_the_header() {
        for (text, titles, header) in [
            (
                "Campaign report\n\"January 1, 2025 - January 31, 2025\"\nCampaign,Clicks,Cost\nBrand,\"1,204\",80.5\nShoes,77,9\n",
                2,
                "Campaign,Clicks,Cost",
            ),
            (
                "\"Konto\";\"DE12 3456 (Giro)\"\r\n\r\n\"Kontostand vom 31.01.2025:\";\"1.234,56 EUR\"\r\n\r\n\
                 Buchungstag;Valuta;Verwendungszweck;Betrag;Saldo\r\n31.01.2025;31.01.2025;Miete;-900,00;1234,56\r\n",
                2,
                "Buchungstag;Valuta;Verwendungszweck;Betrag;Saldo",
            ),
            (
                "# ---------\n# Traffic: Session, source, medium\n# ---------\nChannel,Users\nDirect,5\nSearch,6\n",
                3,
                "Channel,Users",
            ),
            (
                "# exported 2025-02-01, by sales, of all shops\nday,shop,units\n2025-01-01,a,5\n2025-01-02,b,6\n",
                1,
                "day,shop,units",
            ),
            (
                "#query: select a; b; c\nTag;Klicks\n01.02.2025;5\n02.02.2025;6\n",
                1,
                "Tag;Klicks",
            ),
            (
                "Stock by store,,,\n,,,\nstore,sku,units,value\nBerlin,A-1,5,10\n",
                2,
                "store,sku,units,value",
            ),
            (
                "Umsatzbericht, netto\nDatum;Betrag\n01.02.2025;1,5\n02.02.2025;2,5\n03.02.2025;4\n",
                1,
                "Datum;Betrag",
            ),
            (
                "sep=;\nLager\nArtikel;Bestand\nSchraube;5\n",
                1,
                "Artikel;Bestand",
            ),
            (
                "Sales by product\nproduct,2023,2024\nshoes,512,620\nboots,47,98\n",
                1,
                "product,2023,2024",
            ),
        ] {
            assert_eq!(beginning(text), (titles, header), "{text}");
        }
        let wide = "Report\r\n\r\nday,n\r\n2025-01-01,1\r\n";
        assert_eq!(Dialect::of(wide).skipped_lines, 2);
    }

    #[test]
    fn a_header_is_no_title() {
        for text in [
            // Rows with delimiters that nobody quoted are damaged, not below a title.
            "a,b\nx,y,z\nx,y,w\n",
            "name\nDoe, John\nRoe, Jane\n",
            "place\nParis, 75001\nLyon, 69001\n",
            "day,n\n2024-01-01,1,5\n2024-01-02,2,5\n",
            "event\nGold, 2012\nSilver, 2008\n",
            // A column of hash tags, and a header that begins with one.
            "#tag,n\n#a,5\n#b,6\n",
            "#,name,points\n1,x,5\n2,y,7\n",
            "#id,name,points\n1,x,5\n2,y,7\n",
            "#place,team\nfirst,x\nsecond,y\n",
            // Rows with few cells, and few names.
            "a,b,c,d\n1\n2,3\n4,5,6,7\n",
            "x,,,\n1,2,3,4\n5,6,7,8\n",
            "Report\nName,City\nDoe,Paris\nRoe,Lyon\n",
            "amount\n1,5\n2,5\n",
        ] {
            assert_eq!(beginning(text).0, 0, "{text}");
        }
    }
}
