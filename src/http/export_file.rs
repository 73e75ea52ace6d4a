//! The file of an export, as it is downloaded.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use utoipa::ToSchema;
use uuid::Uuid;

use super::api::Api;
use super::deposit::DepositError;
use super::etag::{is_known, not_modified};
use super::exports::{deposit, format_of, found, hexadecimal, name};
use super::extract::Named;
use super::login::Caller;
use super::problem::{Problem, Refusal};
use crate::objects::DepotError;
use crate::store::{self, Role, report_exports};

const GONE: &str = "the file has expired; export the dashboard again";

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it only describes the answer")]
pub struct File(Vec<u8>);

/// An export's file.
#[utoipa::path(
    get,
    path = "/exports/{id}/file",
    operation_id = "downloadExport",
    tag = "exports",
    params(
        ("id" = Uuid, Path, description = "The export's id."),
        ("if-none-match" = Option<String>, Header, description = "The `etag` of the file you have."),
    ),
    responses(
        (status = 200, description = "The file.", headers(
            ("content-disposition" = String, description = "What it is called."),
            ("etag" = String, description = "The SHA-256 of its bytes."),
        ), content(
            (File = "application/pdf"),
            (File = "image/png"),
            (File = "text/csv"),
            (File = "text/html"),
            (File = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        )),
        (status = 304, description = "You have it."),
        (status = 404, description = "There is none, or it is not yours to see.", body = Problem, content_type = "application/problem+json"),
        (status = 410, description = "It has expired.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub async fn download(
    State(api): State<Api>,
    caller: Caller,
    Named(id): Named<Uuid>,
    sent: HeaderMap,
) -> Result<Response, Refusal> {
    let row = found(&api, &caller, id).await?;
    let deposit = deposit(&api)?;
    if row.expired || row.file_url != deposit.address(row.view_id, row.id, &row.format) {
        return Err(Refusal::Gone(GONE));
    }
    let etag = row
        .file_sha256
        .as_deref()
        .map(|sha256| format!("\"{}\"", hexadecimal(sha256)));
    if let Some(etag) = etag.as_deref().filter(|etag| is_known(&sent, etag)) {
        return Ok(not_modified(value(etag.to_owned())?));
    }
    let file = match deposit.depot.get(&row.file_url).await {
        Ok(file) => file,
        Err(DepotError::Missing) => {
            lose(&api, &row.file_url).await?;
            return Err(Refusal::Gone(GONE));
        }
        Err(error) => return Err(DepositError::from(error).into()),
    };
    let size_bytes = file.size_bytes;
    let mut response = Body::from_stream(file.stream).into_response();
    let (disposition, media_type) = (disposition(&name(&row)), format_of(&row.format)?.media_type());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_LENGTH, size_bytes.into());
    headers.insert(header::CONTENT_DISPOSITION, value(disposition)?);
    if let Some(etag) = etag {
        headers.insert(header::ETAG, value(etag)?);
    }
    Ok(response)
}

/// Notes that a file is gone before its time, so that it is made anew when it is asked for again.
async fn lose(api: &Api, url: &str) -> Result<(), Refusal> {
    tracing::warn!(url, "an exported file is not where it was kept");
    let mut client = api.client().await?;
    let tx = store::begin(&mut client, &api.roles, Role::Operator).await?;
    report_exports::removed(&tx, &[url.to_owned()]).await?;
    Ok(store::commit(tx).await?)
}

/// `content-disposition` (RFC 6266): the name in ASCII, and in full for whoever reads that.
fn disposition(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let plain: String = name
        .chars()
        .map(|letter| {
            if is_plain(letter) || letter == ' ' {
                letter
            } else {
                '_'
            }
        })
        .collect();
    let full: String = name
        .bytes()
        .map(|byte| match char::from(byte) {
            letter if is_plain(letter) => letter.to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

fn value(text: String) -> Result<HeaderValue, Refusal> {
    HeaderValue::try_from(text).map_err(|error| Refusal::Internal(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_told_in_ascii_and_in_full() {
        let plain = disposition("Zażółć 1.pdf");
        assert_eq!(
            plain,
            "attachment; filename=\"Za____ 1.pdf\"; filename*=UTF-8''Za%C5%BC%C3%B3%C5%82%C4%87%201.pdf"
        );
        assert!(!disposition("a\"\r\nx: y").contains(['\r', '\n']));
    }
}
