//! Pages: opaque tokens, and the limit that a caller asked for.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pilothouse_api::Fault;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The cursor in a token that an earlier page gave out, if one was sent.
pub(crate) fn cursor<C: DeserializeOwned>(token: Option<&str>) -> Result<Option<C>, Fault> {
    let Some(token) = token.filter(|t| !t.is_empty()) else { return Ok(None) };
    let invalid = || Fault::caller("InvalidNextToken", "The specified token isn't valid.");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| invalid())?;
    serde_json::from_slice(&bytes).map(Some).map_err(|_| invalid())
}

/// Cuts `rows`, which were fetched with one more than `limit`, to the page, and gives the token for the next page if there is
/// one.
pub(crate) fn cut<R, C: Serialize>(
    mut rows: Vec<R>,
    limit: usize,
    cursor_of: impl Fn(&R) -> C,
) -> (Vec<R>, Option<String>) {
    if rows.len() <= limit {
        return (rows, None);
    }
    rows.truncate(limit);
    let token = rows.last().and_then(|row| token(&cursor_of(row)));
    (rows, token)
}

/// The token that leads to this cursor.
pub(crate) fn token<C: Serialize>(cursor: &C) -> Option<String> {
    serde_json::to_vec(cursor).ok().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

/// The page size: what was asked for (its range was validated), or `default`.
pub(crate) fn limit(asked: Option<i64>, default: usize) -> usize {
    asked.and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_to_where_the_page_ended_and_the_last_page_has_none() {
        let (page, token) = cut(vec![1, 2, 3], 2, |n| *n);
        assert_eq!(page, [1, 2]);
        assert_eq!(cursor::<i32>(token.as_deref()).unwrap(), Some(2));
        assert_eq!(cut(vec![1, 2], 2, |n| *n).1, None);
    }

    #[test]
    fn a_token_that_nobody_gave_out_is_invalid() {
        assert_eq!(cursor::<i32>(Some("bm9wZQ")).unwrap_err().code, "InvalidNextToken");
    }
}
