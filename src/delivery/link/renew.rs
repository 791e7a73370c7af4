//! A linked account in a conversation: its token is fresh when it begins, and refreshed once if the vendor refuses it.
//! Whoever has a conversation has the turn to exchange messages: two processes never refresh the same token at once.

use std::sync::Arc;

use super::{Auth, Failure, Link, credential, metadata, register, store, tokens};
use crate::delivery::talk::Conversation;
use crate::error::{Error, Result};
use crate::vault::Tx;
use crate::vendor;
use crate::wire::jose::{Jwk, SigningKey};

/// What a conversation with a linked account goes by.
struct Known {
    link: Link,
    /// The key that the client has.
    key: SigningKey,
    /// The relationship's key now.
    now: Jwk,
}

impl Conversation {
    /// Sees to a linked account before anything is said: its client has the relationship's key of now, and its token has not
    /// expired. What fails here fails again, and is told, when the token is used.
    pub(in crate::delivery) async fn freshen(&mut self) -> Result<()> {
        if !self.is_linked {
            return Ok(());
        }
        let Some(known) = self.known().await? else { return Ok(()) };
        let known = match wants_new_key(&known) {
            true => self.change_key(known).await?,
            false => known,
        };
        let expired = known.link.tokens.as_ref().is_some_and(|held| held.is_expired(jiff::Timestamp::now()));
        if expired && let Err(failure) = self.refresh(known).await? {
            log::info!("the token of {} could not be refreshed: {failure:?}", self.vendor.name);
        }
        Ok(())
    }

    /// Refreshes the token that the vendor refused, once in a conversation.
    pub(in crate::delivery) async fn renew(&mut self) -> Result<Result<(), Failure>> {
        let refused = |code: &str| Ok(Err(Failure::Refused { code: code.into(), words: String::new() }));
        if self.is_refreshed {
            return refused("it is fresh, and refused all the same");
        }
        match self.known().await? {
            Some(known) => self.refresh(known).await,
            None => refused("no account is linked"),
        }
    }

    /// Whether the vendor's document names another authorization server than that of the linked account, in words: what is
    /// sent to such a vendor waits until the user looked at it.
    pub(in crate::delivery) async fn names_another_server(&mut self, listed: &[String]) -> Result<Option<String>> {
        if !self.is_linked {
            return Ok(None);
        }
        let id = self.vendor.id.clone();
        let link = self.clerk.write(move |tx| store::find(tx, &id)).await?;
        Ok(link.and_then(|link| metadata::names_another(listed, &link.server)))
    }

    async fn known(&mut self) -> Result<Option<Known>> {
        let id = self.vendor.id.clone();
        let load = move |tx: &Tx| {
            let Some(link) = store::find(tx, &id)?.filter(|link| link.tokens.is_some()) else { return Ok(None) };
            let key = store::key_of(tx, &id, &link.client_key)?;
            Ok(Some(Known { key, now: vendor::signing_key(tx, &id)?.public(), link }))
        };
        self.clerk.write(load).await
    }

    /// Gets the next tokens and keeps them. They are durable when they are first used; until then the old ones stay.
    async fn refresh(&mut self, known: Known) -> Result<Result<(), Failure>> {
        let Known { link, key, .. } = known;
        let asked = tokens::refresh(&self.http, self.vendor.allow_loopback, &link, &key);
        let new = match self.seat.wait(asked).await {
            Ok(new) => new,
            Err(failure) => return Ok(Err(failure)),
        };
        self.is_refreshed = true;
        let vendor = Arc::clone(&self.vendor);
        let keep = move |tx: &Tx| {
            if let Some(old) = &link.tokens
                && !store::keep_tokens(tx, &vendor, old, &new)?
            {
                log::info!("{} was linked anew or unlinked meanwhile", vendor.name);
            }
            credential(tx, &vendor.id)
        };
        self.access = self.clerk.write(keep).await?;
        Ok(Ok(()))
    }

    /// Puts the relationship's new key into the client's registration. While that does not work, the client goes on with the
    /// old one, which the server knows.
    async fn change_key(&mut self, known: Known) -> Result<Known> {
        let Known { link, now, .. } = &known;
        let approved = link.approval(&self.vendor.url);
        let asked = register::change_key(&self.http, self.vendor.allow_loopback, link, now.clone(), approved);
        let client = match self.seat.wait(asked).await {
            Ok(client) => client,
            Err(failure) => {
                log::info!("the registration at {} still has the old key: {failure:?}", self.vendor.name);
                return Ok(known);
            }
        };
        let (vendor, thumbprint) = (Arc::clone(&self.vendor), now.thumbprint());
        let thumbprint = thumbprint.map_err(|e| Error::failed(e.to_string()))?;
        self.clerk.write(move |tx| store::keep_new_key(tx, &vendor, &client, &thumbprint)).await?;
        Ok(self.known().await?.unwrap_or(known))
    }
}

/// Whether the client's registration is to get the relationship's key of now: where the client proves itself by it. What is
/// bound to the old key and could not be got anew would be lost: a token without a refresh token, and the refresh token of a
/// public client (RFC 9449, section 5).
fn wants_new_key(known: &Known) -> bool {
    let link = &known.link;
    let differs = known.now.thumbprint().is_ok_and(|now| now != link.client_key);
    let keeps = link.tokens.as_ref().is_some_and(|tokens| !tokens.dpop || tokens.refresh.is_some());
    differs && keeps && link.client.auth == Auth::PrivateKeyJwt && link.client.registration.is_some()
}

impl Link {
    /// Whether the tokens of the registration may go to a URL: it lies where the user said.
    pub fn approval(&self, vendor: &url::Url) -> impl Fn(&url::Url) -> bool {
        let own = vendor.origin().ascii_serialization();
        let approved = self.approved_origins.clone();
        move |url| {
            let origin = url.origin().ascii_serialization();
            origin == own || approved.contains(&origin)
        }
    }
}
