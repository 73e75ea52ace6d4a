//! The public address of the dashboards.

use std::net::SocketAddr;

use super::reader::Reader;
use super::setting::{Kind, Setting, setting};

pub(super) const SETTINGS: &[Setting] = &[
    setting(
        "http.listen",
        Kind::Address,
        "127.0.0.1:8080",
        "Where the API and the page listen.",
    ),
    setting(
        "http.public_url",
        Kind::Text,
        "",
        "The address under which people reach the page; events link their view below it. Unset means events carry no link.",
    ),
];

/// The API and the page.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where the API and the page listen.
    pub listen: SocketAddr,
    /// The address under which people reach the page, without a slash at its end.
    pub public_url: Option<String>,
}

impl HttpConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let public_url = reader.optional_text("http.public_url");
        if let Some(url) = public_url
            .as_deref()
            .filter(|url| !url.starts_with("http://") && !url.starts_with("https://"))
        {
            reader.reject(
                "http.public_url",
                format_args!("`{url}` does not begin with `http://` or `https://`"),
            );
        }
        Self {
            listen: reader.address("http.listen"),
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
        }
    }
}
