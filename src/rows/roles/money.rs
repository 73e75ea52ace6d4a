//! Which numbers are money, and which column says in what currency: those that must never be added up over several.

use super::mean_words::MEANS;
use super::names::Name;
use super::shares::are_shares;
use crate::rows::evidence::{Evidence, Values};
use crate::rows::value::{Word, currency, trim, word};

/// Whether a column's numbers are amounts of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Money {
    /// Its name or its values say so.
    Yes,
    /// Nothing says so, and nothing else is said either.
    Unclear,
    /// They count or measure something else, or their currency is told.
    No,
}

/// Words of amounts of money.
const AMOUNTS: &[&str] = &[
    "revenue",
    "revenues",
    "sales",
    "turnover",
    "gmv",
    "arr",
    "mrr",
    "spend",
    "spent",
    "spending",
    "cost",
    "costs",
    "price",
    "prices",
    "amount",
    "amounts",
    "amt",
    "profit",
    "profits",
    "loss",
    "losses",
    "income",
    "budget",
    "fee",
    "fees",
    "tax",
    "taxes",
    "vat",
    "discount",
    "discounts",
    "refund",
    "refunds",
    "balance",
    "payment",
    "payments",
    "payout",
    "payouts",
    "margin",
    "subtotal",
    "charge",
    "charges",
    "shipping",
    "salary",
    "salaries",
    "wage",
    "wages",
    "earnings",
    "proceeds",
    "expense",
    "expenses",
    "savings",
    "debit",
    "credit",
    "bid",
    "tip",
    "tips",
    "commission",
    "commissions",
    "royalties",
    "cpc",
    "cpm",
    "cpa",
    "cpl",
    "aov",
    "arpu",
    "ltv",
    "donations",
    "deposits",
    "withdrawals",
    "premiums",
    "dividends",
    "assets",
    "loans",
    "bonus",
    "umsatz",
    "erlös",
    "erlöse",
    "kosten",
    "betrag",
    "gewinn",
    "ausgaben",
    "einnahmen",
    "preis",
    "gebühr",
    "steuer",
    "rabatt",
    "gehalt",
    "ventas",
    "ingresos",
    "importe",
    "costo",
    "coste",
    "gasto",
    "precio",
    "montant",
    "prix",
    "coût",
    "dépense",
    "recettes",
    "ricavi",
    "vendite",
    "costi",
    "importo",
    "prezzo",
    "receita",
    "custo",
    "preço",
    "vendas",
    "omzet",
    "bedrag",
    "prijs",
];

/// Words of amounts of money, unless what follows is counted (`total users`).
const LIKELY_AMOUNTS: &[&str] = &[
    "total", "value", "gross", "net", "gesamt", "totale", "valeur", "wert",
];

/// Words of what amounts are added up to.
const TOTALS: &[&str] = &[
    "total", "totals", "sum", "subtotal", "gesamt", "summe", "totale", "suma", "somme", "soma",
];

/// Words of how many of something there are.
const COUNTS: &[&str] = &[
    "count",
    "counts",
    "quantity",
    "quantities",
    "qty",
    "number",
    "num",
    "nbr",
    "cnt",
    "n",
    "anzahl",
    "menge",
    "cantidad",
    "quantité",
    "quantite",
    "nombre",
    "quantità",
    "quantita",
    "quantidade",
    "aantal",
];

/// Words of what is counted, unless amounts behind them say how much money that makes (`items revenue`).
const COUNTED: &[&str] = &["units", "stück", "unidades", "items", "rows", "headcount"];

/// Words of other things that are measured than money.
const OTHER_THINGS: &[&str] = &[
    "second", "seconds", "sec", "minute", "minutes", "min", "hour", "hours", "day", "days", "ms", "duration",
    "time", "distance", "km", "miles", "weight", "kg", "grams", "tons", "bytes", "kb", "mb", "gb", "kwh",
    "rainfall", "rank",
];

/// Words of a name that tell the currency its numbers are in.
const TOLD: &[&str] = &[
    "usd", "eur", "gbp", "jpy", "chf", "cny", "inr", "aud", "cad", "nok", "dkk", "pln", "czk", "huf", "brl",
    "mxn", "zar", "sgd", "hkd", "nzd", "krw", "ils", "aed", "thb",
];

/// Words of columns that name currencies.
const CURRENCIES: &[&str] = &[
    "currency",
    "currencies",
    "ccy",
    "curr",
    "währung",
    "waehrung",
    "devise",
    "moneda",
    "divisa",
    "valuta",
    "moeda",
    "waluta",
];

/// Words behind those that leave the meaning (`currency code`).
const CURRENCY_FORMS: &[&str] = &["code", "iso", "key", "id", "symbol", "name", "sign"];

/// Whether a column's numbers are money, by its name and its values.
pub fn money(label: &str, evidence: &Evidence) -> Money {
    let name = Name::of(label);
    if name.word_of(TOLD).or(name.word_of(COUNTS)).is_some() || is_counted(&name) {
        return Money::No;
    }
    // A discount of 0.2 is one of 20% in every currency.
    if are_shares(&name, evidence) {
        return Money::No;
    }
    if name.word_of(AMOUNTS).is_some() || !evidence.currencies().is_empty() {
        return Money::Yes;
    }
    // Whole numbers under a plural count something: `clicks`, `new users`.
    let other = name.word_of(OTHER_THINGS).is_some()
        // Statistics may be of money.
        || name.word_of(MEANS).is_some()
        || name.has_level_unit()
        || (name.is_plural() && evidence.all_integers());
    match (other, name.word_of(LIKELY_AMOUNTS)) {
        (true, _) => Money::No,
        (false, Some(_)) => Money::Yes,
        (false, None) => Money::Unclear,
    }
}

/// Whether a column's numbers are amounts of money, by a word of its name or by its values.
pub fn is_amount_of_money(label: &str, evidence: &Evidence) -> bool {
    amount_word(&Name::of(label)).is_some() || !evidence.currencies().is_empty()
}

/// The word of a name for an amount of money.
pub(super) fn amount_word(name: &Name) -> Option<&str> {
    name.word_of(AMOUNTS)
}

/// Whether a word is one of amounts of money, or of what is added up to one.
pub(super) fn is_amount(word: &str) -> bool {
    AMOUNTS.contains(&word) || TOTALS.contains(&word)
}

/// Whether a name says in what its numbers are counted or measured, or in what currency they are.
pub(super) fn is_told_amount(name: &Name) -> bool {
    // One `day` is no unit, several are.
    let measures = |word: &String| word != "day" && OTHER_THINGS.contains(&word.as_str());
    is_told_count(name) || name.words().iter().any(measures)
}

/// Whether a name says that its numbers count, or in what currency they are.
pub(super) fn is_told_count(name: &Name) -> bool {
    name.word_of(TOLD).is_some() || is_count(name)
}

/// Whether a name says that its numbers count.
pub(super) fn is_count(name: &Name) -> bool {
    [COUNTS, COUNTED]
        .iter()
        .any(|words| name.word_of(words).is_some())
}

/// Whether a name is that of things counted, not of the money they make.
fn is_counted(name: &Name) -> bool {
    let is_one = |word: &String| COUNTED.contains(&word.as_str());
    let Some(place) = name.words().iter().rposition(is_one) else {
        return false;
    };
    // `units total` may be either, `items total` is what orders call their sum.
    let likely = if name.words()[place] == "items" {
        LIKELY_AMOUNTS
    } else {
        &[]
    };
    let is_amount = |word: &String| [AMOUNTS, likely].iter().any(|list| list.contains(&word.as_str()));
    !name.words()[place + 1..].iter().any(is_amount)
}

/// Whether a name's words say that there is an amount of money.
pub fn names_amount_of_money(label: &str) -> bool {
    let name = Name::of(label);
    let amounts = [AMOUNTS, LIKELY_AMOUNTS, TOLD];
    amounts.iter().any(|words| name.word_of(words).is_some())
}

/// Whether a column of texts is named after currencies, whatever they are called in it.
pub(super) fn is_named_currency(name: &Name, evidence: &Evidence) -> bool {
    let mut words = name.words().iter().rev().map(String::as_str);
    let last = words.find(|word| !CURRENCY_FORMS.contains(word));
    last.is_some_and(|last| CURRENCIES.contains(&last)) && evidence.values() == Values::Texts
}

/// Whether a column with these values, among others, may name currencies.
pub fn may_name_currencies<'v>(
    label: &str,
    evidence: &Evidence,
    mut values: impl Iterator<Item = &'v str>,
) -> bool {
    is_named_currency(&Name::of(label), evidence) || values.any(currency::is_written_as_code)
}

/// The currencies that a column's values name, each under its code where it has one, in the values' order; none where they
/// name none: neither is the column called so nor are all values codes, one of a much traded currency among them, or
/// words for none.
pub fn currencies(label: &str, evidence: &Evidence, values: &[&str]) -> Option<Vec<String>> {
    let codes: Vec<Option<&'static str>> = values.iter().map(|value| currency::code(value)).collect();
    let is_code = |(value, code): (&&str, &Option<_>)| {
        (code.is_some() && currency::is_written_as_code(value)) || says_nothing(value)
    };
    let are_codes = || values.iter().zip(&codes).all(is_code);
    let is_common = || codes.iter().flatten().any(|code| currency::COMMON.contains(code));
    let is_one = is_named_currency(&Name::of(label), evidence) || (are_codes() && is_common());
    (is_one && !values.is_empty()).then(|| values.iter().map(|value| currency_name(value)).collect())
}

/// Whether a text says that there is no value, or that nobody knows it.
fn says_nothing(text: &str) -> bool {
    let text = trim(text.as_bytes());
    let unknown = ["unknown", "undefined", "unspecified", "unbekannt"];
    let is_unknown = || {
        unknown
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word.as_bytes()))
    };
    text.is_empty() || matches!(word(text), Word::NotAvailable) || is_unknown()
}

/// What a currency is called that a text names: its code where it has one, else the text in capitals.
pub fn currency_name(text: &str) -> String {
    currency::code(text).map_or_else(|| text.trim().to_uppercase(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::tests::evidence;
    use super::*;

    fn column(csv: &str) -> (String, Evidence) {
        evidence(csv).remove(0)
    }

    #[test]
    fn money_is_told_from_counts_and_measurements() {
        for (label, values, expected) in [
            ("Amount", "5\n7", Money::Yes),
            ("net_revenue", "5\n7", Money::Yes),
            ("total", "5\n7", Money::Yes),
            ("total users", "5\n7", Money::No),
            ("Items Total", "5\n7", Money::Yes),
            ("items_revenue", "5\n7", Money::Yes),
            ("total units sold", "5\n7", Money::No),
            ("sales count", "5\n7", Money::No),
            ("number of refunds", "5\n7", Money::No),
            ("Donations", "5\n7", Money::Yes),
            ("Umsatz", "5.5\n7", Money::Yes),
            ("unit price", "5\n7", Money::Yes),
            ("x", "$5\n$7", Money::Yes),
            ("x", "5\n7", Money::Unclear),
            ("bookings", "5.5\n7", Money::Unclear),
            ("bookings", "5\n7", Money::No),
            ("Quantity", "5.5\n7", Money::No),
            ("weight_kg", "5.5\n7", Money::No),
            ("rating", "5.5\n7", Money::No),
            ("Discount", &"0\n0.2\n".repeat(5), Money::No),
            ("Discount", "0\n0.2", Money::Yes),
            ("discount amount", &"0\n0.2\n".repeat(5), Money::Yes),
            ("Discount", "0\n2.5", Money::Yes),
            ("Discount", "$0.10\n$0.20", Money::Yes),
            ("average", "5.5\n7", Money::Unclear),
            ("Amount Spent (USD)", "5\n7", Money::No),
        ] {
            let (label, evidence) = column(&format!("{label}\n{values}\n"));
            assert_eq!(money(&label, &evidence), expected, "{label} {values}");
        }
    }

    #[test]
    fn currencies_are_known_by_the_columns_name_or_by_all_of_its_values() {
        let found = |label: &str, values: &[&str]| {
            let (label, evidence) = column(&format!("{label}\n{}\n", values.join("\n")));
            currencies(&label, &evidence, values).map(|found| found.join(" "))
        };
        for (label, values, expected) in [
            ("currency", &["EUR", "USD"][..], Some("EUR USD")),
            (
                "Payment Currency",
                &["eur", "€", "Credits"],
                Some("EUR EUR CREDITS"),
            ),
            ("ccy", &["XAF"], Some("XAF")),
            ("currency_code", &["GBP", "usd"], Some("GBP USD")),
            ("market", &["EUR", "USD"], Some("EUR USD")),
            ("CurrencyIsoCode", &["XAF"], Some("XAF")),
            ("Currency Key", &["XAF"], Some("XAF")),
            ("currency_id", &["XAF"], Some("XAF")),
            (
                "market",
                &["n/a", "EUR", "unknown", "USD"],
                Some("N/A EUR UNKNOWN USD"),
            ),
            ("market", &["n/a", "unknown"], None),
            ("market", &["EUR", "DE"], None),
            ("item", &["PEN", "CUP", "TOP"], None),
            ("item", &["eur", "usd"], None),
            ("currency", &["1.5", "2"], None),
            ("currency risk", &["low", "high"], None),
        ] {
            assert_eq!(found(label, values).as_deref(), expected, "{label} {values:?}");
        }
    }
}
