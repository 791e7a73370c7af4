//! What lets in at a vendor: the token of a linked account, else the one that the vendor gave.

use std::cell::RefCell;

use jiff::Timestamp;
use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::caller::{DPOP, DPOP_NONCE};
use super::{proof, store};
use crate::delivery::http::{self, AUTHORIZATION, HeaderValue, Reply, Request};
use crate::error::{Error, Result};
use crate::vendor;
use crate::wire::jose::SigningKey;

/// What lets in.
pub enum Credential {
    /// Whoever has it is let in (RFC 6750).
    Bearer(SecretString),
    /// Whoever has it and the key is let in (RFC 9449).
    Dpop {
        /// The token.
        token: SecretString,
        /// The key that it is bound to.
        key: Box<SigningKey>,
        /// The nonce that the vendor gave last.
        nonce: RefCell<Option<String>>,
    },
}

/// What lets in at a vendor. The token of a linked account comes first.
///
/// # Errors
/// Kind damaged for a link that is not readable.
pub fn credential(connection: &Connection, vendor_id: &str) -> Result<Option<Credential>> {
    let Some((tokens, key)) = store::tokens(connection, vendor_id)? else {
        let own = vendor::relationship(connection, vendor_id)?.token;
        return Ok(own.map(Credential::Bearer));
    };
    Ok(Some(match tokens.dpop {
        true => Credential::Dpop {
            token: tokens.access,
            key: Box::new(store::key_of(connection, vendor_id, &key)?),
            nonce: RefCell::default(),
        },
        false => Credential::Bearer(tokens.access),
    }))
}

impl Credential {
    /// The token. One that is bound to a key lets in only what went through [`Credential::proven`].
    pub fn token(&self) -> &SecretString {
        match self {
            Credential::Bearer(token) | Credential::Dpop { token, .. } => token,
        }
    }

    /// The request with the proof that its token needs. A request that carries another token, or none, is as it was: where
    /// the token goes is for each way to say.
    ///
    /// # Errors
    /// Kind bad input for a token or a nonce that cannot stand in a header.
    pub fn proven(&self, mut request: Request) -> Result<Request> {
        let Credential::Dpop { token, key, nonce } = self else { return Ok(request) };
        if request.headers.get(AUTHORIZATION) != Some(&http::bearer(token)?) {
            return Ok(request);
        }
        let (token, nonce) = (token.expose_secret(), nonce.borrow());
        let now = Timestamp::now();
        let proof = proof::dpop(key, request.method.as_str(), &request.url, Some(token), nonce.as_deref(), now);
        let proof = HeaderValue::try_from(proof).map_err(|_| Error::bad_input("the vendor's nonce is no nonce"))?;
        request.headers.insert(DPOP, proof);
        let line = Zeroizing::new(format!("DPoP {token}"));
        let mut value = HeaderValue::try_from(line.as_str())
            .map_err(|_| Error::bad_input("the vendor's token holds characters that no token has"))?;
        value.set_sensitive(true);
        Ok(request.authorized(Some(value)))
    }

    /// Takes note of an answer. True if the vendor wants the same again with the nonce that it just gave
    /// (RFC 9449, section 9).
    pub fn wants_again(&self, reply: &Reply) -> bool {
        let Credential::Dpop { nonce, .. } = self else { return false };
        let Some(given) = reply.header(DPOP_NONCE).filter(|nonce| nonce.len() <= 1024) else { return false };
        let new = nonce.borrow().as_deref() != Some(given);
        *nonce.borrow_mut() = Some(given.to_owned());
        new && reply.status == 401 && reply.header("www-authenticate").is_some_and(|why| why.contains("use_dpop_nonce"))
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            Credential::Bearer(_) => "Bearer([REDACTED])",
            Credential::Dpop { .. } => "Dpop([REDACTED])",
        })
    }
}
