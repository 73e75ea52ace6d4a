//! What the headers of a record say.

use super::Header;

/// The header that marks events of a replay.
pub(super) const REPLAY: &str = "replay";
/// The header of W3C trace context.
pub(super) const TRACEPARENT: &str = "traceparent";

/// The text of the last header with this name (letter case aside); `None` without one or when it is no UTF-8.
pub(super) fn text<'a>(headers: &'a [Header], name: &str) -> Option<&'a str> {
    let header = headers
        .iter()
        .rfind(|header| header.name.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(header.value.as_ref()?).ok().map(str::trim)
}

/// The record's trace context, in its own header or as the CloudEvents extension; `None` unless well-formed.
pub(super) fn traceparent(headers: &[Header]) -> Option<String> {
    [TRACEPARENT, "ce_traceparent"]
        .into_iter()
        .filter_map(|name| text(headers, name))
        .find(|value| is_traceparent(value))
        .map(str::to_owned)
}

/// Whether the record says it comes from a replay.
pub(super) fn is_replay(headers: &[Header]) -> bool {
    text(headers, REPLAY).is_some_and(|value| !value.eq_ignore_ascii_case("false"))
}

/// Whether `value` is a W3C `traceparent`: version, trace id, parent id and flags in lower-case hexadecimal, neither
/// id all zero. Later versions may append fields; version `ff` is forbidden.
pub(super) fn is_traceparent(value: &str) -> bool {
    let mut parts = value.splitn(5, '-');
    let mut hex = |digits: usize| {
        parts
            .next()
            .filter(|part| part.len() == digits && part.bytes().all(is_lower_hex))
    };
    let (Some(version), Some(trace), Some(parent), Some(_flags)) = (hex(2), hex(32), hex(16), hex(2)) else {
        return false;
    };
    let is_zero = |id: &str| id.bytes().all(|byte| byte == b'0');
    let extended = parts.next().is_some();
    let known_form = version != "ff" && (version != "00" || !extended);
    known_form && !is_zero(trace) && !is_zero(parent)
}

fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_w3c_allows_and_nothing_else() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_traceparent(good));
        assert!(is_traceparent(&format!("cc{}-what-comes-later", &good[2..])));
        for bad in [
            "",
            "00",
            &format!("{good}-more"),
            &good.to_uppercase(),
            &good.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &good.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &format!("ff{}", &good[2..]),
            &good[..54],
        ] {
            assert!(!is_traceparent(bad), "{bad}");
        }
    }

    #[test]
    fn the_last_of_repeated_headers_counts_whatever_its_case() {
        let header = |name: &str, value: &'static str| Header {
            name: name.to_owned(),
            value: Some(value.into()),
        };
        let headers = [header("content-type", "a/b"), header("Content-Type", " c/d ")];
        assert_eq!(text(&headers, "content-type"), Some("c/d"));
        assert!(is_replay(&[header("replay", "true")]));
        assert!(!is_replay(&[header("replay", "false")]));
        assert!(!is_replay(&[]));
    }
}
