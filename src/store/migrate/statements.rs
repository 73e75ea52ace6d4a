//! Cuts a migration file into its statements, for those that cannot run in one transaction.

/// The first line of a file whose statements run one a call.
pub(super) const NO_TRANSACTION: &str = "-- dashloom: no-transaction";

/// The statements of `sql`, without the comments before each. Knows quotes, dollar quotes and comments; not `E''` escapes.
pub(super) fn split(sql: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let mut start = skip_blank(sql, 0);
    let mut at = start;
    while at < sql.len() {
        if sql[at..].starts_with(';') {
            statements.push(sql[start..at].trim_end());
            start = skip_blank(sql, at + 1);
            at = start;
        } else {
            at = skip_token(sql, at);
        }
    }
    if start < sql.len() {
        statements.push(sql[start..].trim_end());
    }
    statements
}

/// The statement's first line, to tell it by.
pub(super) fn first_line(statement: &str) -> String {
    let line = statement.lines().next().unwrap_or_default().trim_end();
    match line {
        "do $$" | "begin" => statement
            .lines()
            .find(|line| {
                ["alter table", "perform", "grant"]
                    .iter()
                    .any(|verb| line.trim_start().starts_with(verb))
            })
            .map_or(line, str::trim)
            .to_owned(),
        line => line.to_owned(),
    }
}

/// The index that `statement` builds concurrently, if it does.
pub(super) fn concurrent_index(statement: &str) -> Option<&str> {
    statement
        .strip_prefix("create index concurrently if not exists ")?
        .split_whitespace()
        .next()
}

/// The place of the next statement: after blanks and comments.
fn skip_blank(sql: &str, mut at: usize) -> usize {
    loop {
        let rest = &sql[at..];
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
        } else if rest.starts_with("--") || rest.starts_with("/*") {
            at = skip_token(sql, at);
        } else {
            return at;
        }
    }
}

/// The place after the token at `at`: a comment, a quoted text, or one character.
fn skip_token(sql: &str, at: usize) -> usize {
    let rest = &sql[at..];
    let length = if rest.starts_with("--") {
        rest.find('\n').unwrap_or(rest.len())
    } else if rest.starts_with("/*") {
        rest.find("*/").map_or(rest.len(), |end| end + 2)
    } else if let Some(quote) = quote(rest) {
        rest[quote.len()..]
            .find(quote)
            .map_or(rest.len(), |end| end + 2 * quote.len())
    } else {
        rest.chars().next().map_or(1, char::len_utf8)
    };
    at + length
}

/// The mark that opens a quoted text here and closes it: `'`, `"`, `$$` or `$tag$`.
fn quote(rest: &str) -> Option<&str> {
    if rest.starts_with(['\'', '"']) {
        return rest.get(..1);
    }
    let tag = rest.strip_prefix('$')?.find('$')?;
    let inner = &rest[1..=tag];
    inner
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '_')
        .then(|| &rest[..tag + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_only_between_statements() {
        let sql = "-- a; b\nselect 'x;''y';\n\n/* c; */ do $$ begin; end $$ ;\n-- d\nselect \"e;f\", $t$ ; $$ ; $t$";
        assert_eq!(
            split(sql),
            [
                "select 'x;''y'",
                "do $$ begin; end $$",
                "select \"e;f\", $t$ ; $$ ; $t$"
            ]
        );
        assert!(split("-- nothing\n").is_empty());
    }

    #[test]
    fn finds_concurrent_indexes() {
        assert_eq!(
            concurrent_index("create index concurrently if not exists a on b (c)"),
            Some("a")
        );
        assert_eq!(concurrent_index("create index a on b (c)"), None);
    }
}
