//! Currency signs and codes around a number.

/// Signs and ISO codes. The place in the list is the bit in the evidence: append, never reorder.
const SIGNS: [&str; 59] = [
    "US$", "R$", "$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₫", "₪", "₴", "₦", "฿", "₱", "zł", "Kč", "kr",
    "USD", "EUR", "GBP", "JPY", "CHF", "CNY", "INR", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF",
    "BRL", "MXN", "ZAR", "SGD", "HKD", "NZD", "KRW", "TRY", "RUB", "ILS", "AED", "THB", "HK$", "A$", "C$",
    "NZ$", "S$", "NT$", "MX$", "CN¥", "Rs", "Fr", "Ft", "RM", "Rp",
];

/// The places of those that are letters only and no codes, which codes of other things begin with.
const LETTERS: std::ops::RangeInclusive<u8> = 54..=58;

/// How signs are written besides, and their place in the list.
const SPELLINGS: [(&str, u8); 8] = [
    ("AU$", 47),
    ("CA$", 48),
    ("Rs.", 54),
    ("Rp.", 58),
    ("Fr.", 55),
    ("SFr.", 55),
    ("sFr.", 55),
    ("kr.", 18),
];

/// The codes of ISO 4217 in use, three letters each.
const CODES: &str = "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLFCLPCNYCOPCRCCUPCVECZKDJFDKKDOPDZD\
EGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHRKHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYD\
MADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRD\
SSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVEDVESVNDVUVWSTXAFXCDXCGXOFXPFYERZARZMWZWG";

/// Currencies so much traded that a column of codes holds one of them.
pub(in crate::rows) const COMMON: &[&str] = &["USD", "EUR", "GBP", "JPY", "CHF", "CNY"];

/// Signs that stand for one currency alone, and its code.
const SIGN_CODES: [(&str, &str); 27] = [
    ("US$", "USD"),
    ("R$", "BRL"),
    ("HK$", "HKD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("₫", "VND"),
    ("₪", "ILS"),
    ("₴", "UAH"),
    ("₦", "NGN"),
    ("zł", "PLN"),
    ("Kč", "CZK"),
    ("NZ$", "NZD"),
    ("S$", "SGD"),
    ("NT$", "TWD"),
    ("MX$", "MXN"),
    ("CN¥", "CNY"),
    ("฿", "THB"),
    ("₱", "PHP"),
    ("Ft", "HUF"),
    ("RM", "MYR"),
    ("Rp", "IDR"),
];

/// Signs that several currencies share beside those of dollars, and their codes.
const SHARED_SIGNS: [(&str, &[&str]); 4] = [
    ("¥", &["JPY", "CNY"]),
    ("kr", &["SEK", "NOK", "DKK", "ISK"]),
    ("Rs", &["INR", "PKR", "LKR", "NPR", "MUR"]),
    ("Fr", &["CHF"]),
];

/// The code of the currency that a text names by its code, in any case, or by its sign.
pub(in crate::rows) fn code(text: &str) -> Option<&'static str> {
    let text = text.trim();
    let by_sign = SIGN_CODES
        .iter()
        .find(|(sign, _)| *sign == text)
        .map(|(_, code)| *code);
    by_sign.or_else(|| {
        let starts = (0..CODES.len()).step_by(3);
        let mut codes = starts.filter_map(|start| CODES.get(start..start + 3));
        codes.find(|code| code.eq_ignore_ascii_case(text))
    })
}

/// Whether a text is three capital letters, as codes are written.
pub(in crate::rows) fn is_written_as_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A currency sign, as its place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rows) struct Currency(u8);

impl Currency {
    /// The currency that this sign and another one beside the same number name: a sign says less than the code.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        let text = |currency: Self| SIGNS[usize::from(currency.0)];
        let (sign, named) = match is_written_as_code(text(self)) {
            true => (other, self),
            false => (self, other),
        };
        let may_be = |code: &str| match text(sign) {
            "$" => code.ends_with('D') || code == "MXN",
            sign => (SHARED_SIGNS.iter()).any(|(shared, codes)| *shared == sign && codes.contains(&code)),
        };
        let agree = match code(text(sign)) {
            Some(same) => code(text(named)) == Some(same),
            None => code(text(named)).is_some_and(may_be),
        };
        agree.then_some(named)
    }

    /// Its bit in a set of signs.
    pub(in crate::rows) fn bit(self) -> u64 {
        1 << self.0
    }
}

/// The signs of a set, in a fixed order.
pub(in crate::rows) fn signs(bits: u64) -> Vec<&'static str> {
    let indexed = SIGNS.iter().enumerate();
    indexed
        .filter(|(index, _)| bits >> index & 1 == 1)
        .map(|(_, sign)| *sign)
        .collect()
}

/// The sign a text starts with, and what follows it.
pub(super) fn strip_front(text: &[u8]) -> Option<(Currency, &[u8])> {
    // Most signs differ in their first byte, which is quick to see.
    let (sign, rest) = find(|sign| (sign.first() == text.first()).then(|| text.strip_prefix(sign))?)?;
    // `Rs 5` and `Rs.5` are money, `RM101` is a room.
    let is_apart = || text[..text.len() - rest.len()].ends_with(b".") || !matches!(rest, [b'!'..=b'~', ..]);
    (!LETTERS.contains(&sign.0) || is_apart()).then_some((sign, rest))
}

/// The sign a text ends with, and what precedes it.
pub(super) fn strip_back(text: &[u8]) -> Option<(Currency, &[u8])> {
    find(|sign| (sign.last() == text.last()).then(|| text.strip_suffix(sign))?)
}

/// The longest sign that can be taken off.
fn find<'a>(strip: impl Fn(&[u8]) -> Option<&'a [u8]>) -> Option<(Currency, &'a [u8])> {
    let listed = SIGNS.iter().enumerate().map(|(index, sign)| (*sign, index as u8));
    let found = listed
        .chain(SPELLINGS)
        .filter_map(|(sign, index)| Some((Currency(index), strip(sign.as_bytes())?)));
    found.min_by_key(|(_, rest)| rest.len())
}
