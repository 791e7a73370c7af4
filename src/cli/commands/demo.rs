//! `cmr demo`.
use super::super::args::demo::DemoArgs;
use super::super::session::Session;
use super::super::{Outcome, Result};
pub(in super::super) fn run(_args: &DemoArgs, _session: &Session) -> Result<Outcome> {
    Ok(Outcome::Done)
}
