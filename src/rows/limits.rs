//! How much a result may hold before it is refused.

/// Caps on one result; going past one is an error that names it, never a cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes after decompression, and bytes of the columns once they are unpacked.
    pub bytes: u64,
    /// Bytes after decompression for each compressed byte, judged beyond the first mebibyte.
    pub ratio: u64,
    /// Rows.
    pub rows: u64,
    /// Columns.
    pub columns: usize,
    /// Bytes of one cell's text or of one label.
    pub string_len: usize,
    /// How deep JSON values may nest, the row itself being 1.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            ratio: 1_000,
            rows: 10_000_000,
            columns: 1_000,
            string_len: 64 << 10,
            depth: 32,
        }
    }
}
