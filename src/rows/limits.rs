//! How much a result may hold before it is refused.

/// The most bytes of one row of text.
pub(super) const MOST_ROW_BYTES: u64 = 16 << 20;
/// The most bytes of one Arrow record batch, before and after its buffers are decompressed.
pub(super) const MOST_BATCH_BYTES: u64 = 128 << 20;
/// The most bytes of one page of a Parquet file, packed or not.
pub(super) const MOST_PAGE_BYTES: u64 = 128 << 20;
/// The most bytes of the pages that are held at a time: of each column its dictionary and a page. Writers make both of a
/// mebibyte at most, so that 200 columns stay well below.
pub(super) const MOST_PAGES_BYTES: u64 = 512 << 20;

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
            bytes: 4 << 30,
            ratio: 1_000,
            rows: 50_000_000,
            columns: 1_000,
            string_len: 64 << 10,
            depth: 32,
        }
    }
}
