//! The bodies of push (RFC 8935) and poll (RFC 8936).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Content type of a pushed SET (RFC 8935, section 2.1).
pub const SET_CONTENT_TYPE: &str = "application/secevent+jwt";

/// The error codes of RFC 8935, section 2.4, which RFC 8936 shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request or the SET cannot be read.
    InvalidRequest,
    /// A key is unknown, revoked, of a wrong sort, or did not sign this.
    InvalidKey,
    /// The issuer is not one that the recipient takes SETs from.
    InvalidIssuer,
    /// The audience is not the recipient.
    InvalidAudience,
    /// The transmitter could not be authenticated.
    AuthenticationFailed,
    /// The transmitter may not send this.
    AccessDenied,
    /// A code that the standard does not have.
    #[serde(untagged)]
    Other(String),
}

impl ErrorCode {
    /// The code as it stands on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            ErrorCode::InvalidRequest => "invalid_request",
            ErrorCode::InvalidKey => "invalid_key",
            ErrorCode::InvalidIssuer => "invalid_issuer",
            ErrorCode::InvalidAudience => "invalid_audience",
            ErrorCode::AuthenticationFailed => "authentication_failed",
            ErrorCode::AccessDenied => "access_denied",
            ErrorCode::Other(code) => code,
        }
    }
}

/// What a recipient answers with 400 (RFC 8935, section 2.3), and the value of a poll's `setErrs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The standard code.
    pub err: ErrorCode,
    /// Words for the transmitter's engineer.
    #[serde(default)]
    pub description: String,
}

/// A poll request (RFC 8936, section 2.4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollRequest {
    /// At most this many SETs; 0 acknowledges only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_events: Option<u32>,
    /// Whether to answer at once even with nothing to hand over.
    #[serde(default)]
    pub return_immediately: bool,
    /// `jti`s that are durable here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ack: Vec<String>,
    /// `jti`s that were refused, and why. An object, not an array.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set_errs: BTreeMap<String, ErrorBody>,
}

/// A poll response (RFC 8936, section 2.4.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PollResponse {
    /// `jti` to compact SET.
    #[serde(default)]
    pub sets: BTreeMap<String, String>,
    /// Whether more are waiting.
    #[serde(default)]
    pub more_available: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_request_is_written_as_rfc_8936_shows_it() {
        let request = PollRequest {
            max_events: Some(10),
            return_immediately: true,
            ack: vec!["4d3559ec67504aaba65d40b0363faad8".into()],
            set_errs: [(
                "4d3559ec".to_owned(),
                ErrorBody { err: ErrorCode::AuthenticationFailed, description: "no".into() },
            )]
            .into(),
        };
        assert_eq!(
            serde_json::to_value(&request).unwrap(),
            serde_json::json!({
                "maxEvents": 10, "returnImmediately": true, "ack": ["4d3559ec67504aaba65d40b0363faad8"],
                "setErrs": {"4d3559ec": {"err": "authentication_failed", "description": "no"}},
            })
        );
    }

    #[test]
    fn a_code_that_the_standard_lacks_is_kept() {
        let body: ErrorBody = serde_json::from_str(r#"{"err":"teapot"}"#).unwrap();
        assert_eq!(body.err, ErrorCode::Other("teapot".into()));
        assert_eq!(body.err.as_str(), "teapot");
    }
}
