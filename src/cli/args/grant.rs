//! `cmr grant`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

use super::{candidates, examples};
use crate::grant::vocabulary::{LAWFUL_BASES, PURPOSES, TERMS};

/// What you lend.
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: GrantVerb,
}

/// What a grant is made of.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// To whom
    #[arg(add = candidates::vendors())]
    pub vendor: String,
    /// The claims, such as email,address.home; pd:Name for all of a category
    #[arg(long, value_delimiter = ',', required = true, add = candidates::claims_to_lend())]
    pub claims: Vec<String>,
    /// What for: a purpose of DPV 2.2, such as DeliveryOfGoods
    #[arg(long, value_delimiter = ',', required = true, add = candidates::terms(&PURPOSES))]
    pub purpose: Vec<String>,
    /// What for, in your own words
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// When it ends: 90d, 6mo, 1y, or a date
    #[arg(long, add = candidates::spans())]
    pub expires: String,
    /// How long the vendor may keep the claims
    #[arg(long, default_value = "1y", value_name = "SPAN", add = candidates::spans())]
    pub data_life: String,
    /// Consent or Contract
    #[arg(long, default_value = "Consent", value_name = "BASIS", add = candidates::terms(&LAWFUL_BASES))]
    pub lawful_basis: String,
    /// Tell no later changes: the values of today only
    #[arg(long)]
    pub once: bool,
    /// An agreement of IEEE 7012, such as SD-BASE
    #[arg(long, value_name = "ID", add = candidates::terms(&TERMS))]
    pub terms: Option<String>,
    /// Who else may have the claims
    #[arg(long, value_name = "WHO")]
    pub recipient: Vec<String>,
    /// Why a claim is needed
    #[arg(long, value_name = "CLAIM=WHY", add = candidates::claims_named_with_why())]
    pub why: Vec<String>,
    /// A claim that the purpose can do without
    #[arg(long, value_name = "CLAIM", value_delimiter = ',', add = candidates::claims_named())]
    pub optional: Vec<String>,
    /// Whose values
    #[arg(long, default_value = "default", value_name = "NAME", add = candidates::personas())]
    pub persona: String,
    /// Keep it as a draft: the vendor is not told
    #[arg(long)]
    pub draft: bool,
}

/// What changes in a grant.
#[derive(Debug, Args)]
pub struct AmendArgs {
    /// The grant: its id, or the vendor if it has only one
    #[arg(add = candidates::open_grants())]
    pub grant: String,
    /// Lend these claims too
    #[arg(long, value_delimiter = ',', value_name = "CLAIMS", add = candidates::claims_to_lend())]
    pub add: Vec<String>,
    /// Lend these claims no more
    #[arg(long, value_delimiter = ',', value_name = "CLAIMS", add = candidates::claims_of_grant())]
    pub drop: Vec<String>,
    /// The purposes from now on
    #[arg(long, value_delimiter = ',', add = candidates::terms(&PURPOSES))]
    pub purpose: Vec<String>,
    /// What for, in your own words
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// How long the vendor may keep the claims
    #[arg(long, value_name = "SPAN", add = candidates::spans())]
    pub data_life: Option<String>,
    /// An agreement of IEEE 7012
    #[arg(long, value_name = "ID", add = candidates::terms(&TERMS))]
    pub terms: Option<String>,
    /// Who else may have the claims, from now on
    #[arg(long, value_name = "WHO")]
    pub recipient: Vec<String>,
    /// Offer a draft to the vendor
    #[arg(long)]
    pub offer: bool,
    /// With --yes: also where the vendor gets or may do more than before
    #[arg(long)]
    pub widen: bool,
}

/// How grants last longer.
#[derive(Debug, Args)]
#[command(override_usage = "cmr grant renew <GRANT> --expires <END>\n       \
    cmr grant renew <GRANT> --rule <SPAN> --until <END>\n       \
    cmr grant renew <GRANT> --no-rule\n       \
    cmr grant renew --due <SPAN>")]
#[command(group(ArgGroup::new("how").required(true).args(["expires", "rule", "no_rule", "due"])))]
pub struct RenewArgs {
    /// The grant: its id, or the vendor if it has only one
    #[arg(required_unless_present = "due", conflicts_with = "due", add = candidates::open_grants())]
    pub grant: Option<String>,
    /// The new end: 90d, 6mo, 1y, or a date
    #[arg(long, value_name = "END", add = candidates::spans())]
    pub expires: Option<String>,
    /// Let --due renew it, by so much each time
    #[arg(long, value_name = "SPAN", requires = "until", add = candidates::spans())]
    pub rule: Option<String>,
    /// The end of the rule, which no renewal goes past: 1y, or a date
    #[arg(long, value_name = "END", requires = "rule", add = candidates::spans())]
    pub until: Option<String>,
    /// Take the rule away
    #[arg(long)]
    pub no_rule: bool,
    /// Renew every grant that ends within this time and has a rule
    #[arg(long, value_name = "SPAN", add = candidates::windows())]
    pub due: Option<String>,
}

/// What to do with grants.
#[derive(Debug, Subcommand)]
pub enum GrantVerb {
    /// Lend claims to a vendor, after a preview
    #[command(after_help = examples::help(&examples::GRANT_CREATE))]
    Create(CreateArgs),
    /// List the current grants
    List {
        /// Only of this vendor
        #[arg(long, add = candidates::vendors())]
        vendor: Option<String>,
        /// Ended ones too
        #[arg(long)]
        all: bool,
    },
    /// Show a grant: scope, states, messages and answers
    Show {
        /// The grant: its id, or the vendor if it has only one
        #[arg(add = candidates::grants())]
        grant: String,
    },
    /// What the vendor has, what would be new to it, what is blocked
    Preview {
        /// The grant: its id, or the vendor if it has only one
        #[arg(add = candidates::grants())]
        grant: String,
    },
    /// Change what a grant lends
    #[command(after_help = examples::help(&examples::GRANT_AMEND))]
    Amend(AmendArgs),
    /// Let grants last longer, by hand or by a rule; no data is sent again
    #[command(after_help = examples::help(&examples::GRANT_RENEW))]
    Renew(RenewArgs),
    /// Show what you sent and what the vendor answered, signed, and whether both verify now
    #[command(after_help = examples::help(&examples::GRANT_RECEIPT))]
    Receipt {
        /// The grant: its id, or the vendor if it has only one
        #[arg(add = candidates::grants())]
        grant: String,
        /// Of this message, yours or the vendor's, and not of the latest answer
        #[arg(long, value_name = "ID")]
        message: Option<String>,
        /// Write it to a new file too, as JSON that anybody can verify
        #[arg(long, short, value_name = "FILE", add = candidates::files())]
        output: Option<PathBuf>,
    },
    /// Take a grant back; its consequences are shown first
    #[command(after_help = examples::help(&examples::GRANT_REVOKE))]
    Revoke {
        /// The grant: its id, or the vendor if it has only one
        #[arg(add = candidates::revocable_grants())]
        grant: String,
        /// Why, for your own ledger; the vendor is not told
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
        /// Stop waiting for the vendor to confirm an end; nothing is unsent by it
        #[arg(long)]
        close: bool,
    },
}
