//! `cmr persona`.

use super::super::args::persona::{PersonaArgs, PersonaVerb};
use super::super::output::profile::{PersonaView, Personas};
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::error::Error;
use crate::profile;

pub(in super::super) fn run(args: &PersonaArgs, session: &Session) -> Result<Outcome> {
    let mut vault = session.vault()?;
    match &args.verb {
        PersonaVerb::List => {}
        PersonaVerb::Add { name } => {
            if !vault.write(|tx| profile::add_persona(tx, name))? {
                return Err(Error::bad_input(format!("there is already a persona {name}")));
            }
        }
        PersonaVerb::Remove { name } => {
            session.require(&format!("Remove the persona {name} with its claims and their history?"), "--yes")?;
            vault.write(|tx| profile::remove_persona(tx, name))?;
        }
    }
    let personas = profile::personas(vault.connection())?;
    let view = |(name, claims)| PersonaView { name, claims };
    session.printer().show(&Personas { personas: personas.into_iter().map(view).collect() })?;
    Ok(Outcome::Done)
}
