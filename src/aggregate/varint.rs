//! LEB128 varints, zigzag where numbers may be negative, and texts and lists preceded by their length.

/// Appends an unsigned varint.
pub(super) fn put(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a zigzag varint of up to 128 bits.
pub(super) fn put_signed(out: &mut Vec<u8>, value: i128) {
    let zigzag = ((value << 1) ^ (value >> 127)) as u128;
    if let Ok(small) = u64::try_from(zigzag) {
        return put(out, small);
    }
    let mut rest = zigzag;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn take_byte(input: &mut &[u8]) -> Option<u8> {
    let (first, rest) = input.split_first()?;
    *input = rest;
    Some(*first)
}

pub(super) fn take(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(input)?;
        let part = u64::from(byte & 0x7f);
        if shift == 63 && part > 1 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

pub(super) fn take_index(input: &mut &[u8]) -> Option<usize> {
    usize::try_from(take(input)?).ok()
}

pub(super) fn take_signed(input: &mut &[u8]) -> Option<i128> {
    let mut value = 0u128;
    for shift in (0..128).step_by(7) {
        let byte = take_byte(input)?;
        let part = u128::from(byte & 0x7f);
        if shift == 126 && part > 3 {
            return None;
        }
        value |= part << shift;
        if byte & 0x80 == 0 {
            return Some((value >> 1) as i128 ^ -((value & 1) as i128));
        }
    }
    None
}

pub(super) fn take_text(input: &mut &[u8]) -> Option<String> {
    let len = take_index(input)?;
    let (text, rest) = input.split_at_checked(len)?;
    *input = rest;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

/// A count, then so many items; the count is checked against the bytes left before anything is reserved.
pub(super) fn take_many<T>(
    input: &mut &[u8],
    mut item: impl FnMut(&mut &[u8]) -> Option<T>,
) -> Option<Vec<T>> {
    let len = take_index(input)?;
    if len > input.len() {
        return None;
    }
    (0..len).map(|_| item(input)).collect()
}
