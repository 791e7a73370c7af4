//! `cmr vendor connector`.

use super::super::args::connector::ConnectorVerb;
use super::super::output::connector::{Checked, ConnectorLine, Connectors};
use super::super::session::Session;
use super::super::{Outcome, Result, config};
use crate::delivery::channel::connector;
use crate::text::printable;

pub(super) fn run(verb: &ConnectorVerb, session: &Session) -> Result<Outcome> {
    match verb {
        ConnectorVerb::List => {
            let folder = config::connectors();
            let all = connector::list(folder.as_deref())?;
            let folder = folder.map(|folder| printable(&folder.display().to_string()));
            session.printer().show(&Connectors { folder, connectors: all.iter().map(ConnectorLine::of).collect() })?;
        }
        ConnectorVerb::Check { file } => {
            let connector = connector::read_file(file)?;
            let file = printable(&file.display().to_string());
            session.printer().show(&Checked { file, connector: (&connector).into() })?;
        }
    }
    Ok(Outcome::Done)
}
