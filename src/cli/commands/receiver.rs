//! `cmr receiver`.

use super::super::args::receiver::{CustomerVerb, ReceiverArgs, ReceiverVerb};
use super::super::output::receiver::{Added, Arrived, Customers, Serving};
use super::super::session::Session;
use super::super::{Outcome, Result};
use crate::receiver::{self, Config, Server, Signals};

pub(in super::super) fn run(args: &ReceiverArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        ReceiverVerb::Serve { listen, data, public_url, name, claims } => {
            let config = Config {
                listen: *listen,
                data_dir: data.clone(),
                public_url: public_url.clone(),
                name: name.clone(),
                claims_supported: claims.clone(),
            };
            serve(session, config)?;
        }
        ReceiverVerb::Customer { verb: CustomerVerb::Add { name, data } } => {
            let added = Added::from(receiver::add_customer(data, name)?);
            session.printer().show(&added)?;
            session.printer().remark("This token is shown only now. Hand it to the customer.");
        }
        ReceiverVerb::Customer { verb: CustomerVerb::List { data } } => {
            session.printer().show(&Customers { customers: receiver::customers(data)? })?;
        }
        ReceiverVerb::Show { customer, data } => {
            session.printer().show(&Arrived { customers: receiver::show(data, customer.as_deref())? })?;
        }
    }
    Ok(Outcome::Done)
}

fn serve(session: &Session, config: Config) -> Result<()> {
    for claim in &config.claims_supported {
        crate::profile::model::claim_kind(claim)?;
    }
    let signals = Signals::catch()?;
    let server = Server::start(config)?;
    let serving = Serving { listen: server.address().to_string(), resource: server.resource().to_owned() };
    session.printer().show(&serving)?;
    server.wait(signals);
    Ok(())
}
