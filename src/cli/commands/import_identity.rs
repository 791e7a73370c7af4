//! Identities that an export holds: who the user is. They fill the profile where it has gaps, after asking.

use super::super::Result;
use super::super::output::profile::{ChangeView, Changed, FollowView};
use super::super::session::Session;
use crate::delivery::lend;
use crate::error::Error;
use crate::import::passwords::Identity;
use crate::profile::model::ClaimName;
use crate::profile::{self, Change, DEFAULT_PERSONA};
use crate::vault::Vault;

/// Where claims are from that an identity filled.
const SOURCE: &str = "import passwords";

/// Says which claims stay when an import is taken back: they are the user's own since they said yes to them.
pub(super) fn tell_what_stays(session: &Session, vault: &Vault) -> Result<()> {
    let claims = profile::taken_from(vault.connection(), SOURCE)?;
    if !claims.is_empty() {
        let claims = claims.join(", ");
        session.printer().remark(&format!("Your profile keeps what you let it take from identities: {claims}"));
    }
    Ok(())
}

/// Offers what the profile lacks of each identity. Nothing that it has is written over.
pub(super) fn offer(session: &Session, vault: &mut Vault, identities: &[Identity]) -> Result<()> {
    for identity in identities {
        let current = profile::current(vault.connection(), DEFAULT_PERSONA)?;
        let title = crate::text::printable(&identity.title);
        let (differs, changes): (Vec<Change>, Vec<Change>) =
            profile::diff(&current, &identity.claims, false).into_iter().partition(|change| change.old.is_some());
        if !differs.is_empty() {
            let names: Vec<String> = differs.iter().map(|change| change.name.to_string()).collect();
            session.printer().remark(&format!(
                "The identity {title:?} says something else than your profile, which stays as it is: {}",
                names.join(", ")
            ));
        }
        if changes.is_empty() {
            continue;
        }
        if !agreed(session, &title, &changes)? {
            session.printer().remark(&format!(
                "The identity {title:?} could fill {} of your profile: import again, with --yes.",
                super::super::output::text::count(changes.len(), "claim")
            ));
            continue;
        }
        set(session, vault, &changes)?;
    }
    Ok(())
}

fn agreed(session: &Session, title: &str, changes: &[Change]) -> Result<bool> {
    if session.globals().dry_run {
        return Ok(false);
    }
    if session.globals().yes {
        return Ok(true);
    }
    if !session.prompt().is_interactive() {
        return Ok(false);
    }
    session.preview(&view(changes, Vec::new(), false))?;
    let question = format!("Fill your profile with these, from the identity {title:?}?");
    // The import is done by now.
    session.confirm(&question, "--yes").map_err(|error| match session.prompt().is_interactive() {
        true => Error::new(error.kind(), "stopped: the import is done, and your profile is as it was"),
        false => error,
    })
}

fn set(session: &Session, vault: &mut Vault, changes: &[Change]) -> Result<()> {
    let followed = vault.write(|tx| {
        let names: Vec<ClaimName> = changes.iter().map(|change| change.name.clone()).collect();
        profile::apply(tx, DEFAULT_PERSONA, changes, SOURCE)?;
        lend::follow(tx, DEFAULT_PERSONA, &names)
    })?;
    // The one document of this command is that of the import.
    if !session.printer().is_json() {
        session.printer().show(&view(changes, followed.iter().map(FollowView::of).collect(), false))?;
    }
    Ok(())
}

fn view(changes: &[Change], follows: Vec<FollowView>, dry_run: bool) -> Changed {
    Changed {
        persona: DEFAULT_PERSONA.to_owned(),
        changes: changes.iter().map(ChangeView::of).collect(),
        follows,
        dry_run,
    }
}
