//! `cmr grant`.

use clap::{Args, Subcommand};

use super::examples;

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
    pub vendor: String,
    /// The claims, such as email,address.home; pd:Name for all of a category
    #[arg(long, value_delimiter = ',', required = true)]
    pub claims: Vec<String>,
    /// What for: a purpose of DPV 2.2, such as DeliveryOfGoods
    #[arg(long, value_delimiter = ',', required = true)]
    pub purpose: Vec<String>,
    /// What for, in your own words
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// When it ends: 90d, 6mo, 1y, or a date
    #[arg(long)]
    pub expires: String,
    /// How long the vendor may keep the claims
    #[arg(long, default_value = "1y", value_name = "SPAN")]
    pub data_life: String,
    /// Consent or Contract
    #[arg(long, default_value = "Consent", value_name = "BASIS")]
    pub lawful_basis: String,
    /// Tell no later changes: the values of today only
    #[arg(long)]
    pub once: bool,
    /// An agreement of IEEE 7012, such as SD-BASE
    #[arg(long, value_name = "ID")]
    pub terms: Option<String>,
    /// Who else may have the claims
    #[arg(long, value_name = "WHO")]
    pub recipient: Vec<String>,
    /// Why a claim is needed
    #[arg(long, value_name = "CLAIM=WHY")]
    pub why: Vec<String>,
    /// A claim that the purpose can do without
    #[arg(long, value_name = "CLAIM", value_delimiter = ',')]
    pub optional: Vec<String>,
    /// Whose values
    #[arg(long, default_value = "default", value_name = "NAME")]
    pub persona: String,
    /// Keep it as a draft: the vendor is not told
    #[arg(long)]
    pub draft: bool,
}

/// What changes in a grant.
#[derive(Debug, Args)]
pub struct AmendArgs {
    /// The grant: its id, or the vendor if it has only one
    pub grant: String,
    /// Lend these claims too
    #[arg(long, value_delimiter = ',', value_name = "CLAIMS")]
    pub add: Vec<String>,
    /// Lend these claims no more
    #[arg(long, value_delimiter = ',', value_name = "CLAIMS")]
    pub drop: Vec<String>,
    /// The purposes from now on
    #[arg(long, value_delimiter = ',')]
    pub purpose: Vec<String>,
    /// What for, in your own words
    #[arg(long, value_name = "TEXT")]
    pub words: Option<String>,
    /// How long the vendor may keep the claims
    #[arg(long, value_name = "SPAN")]
    pub data_life: Option<String>,
    /// An agreement of IEEE 7012
    #[arg(long, value_name = "ID")]
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

/// What to do with grants.
#[derive(Debug, Subcommand)]
pub enum GrantVerb {
    /// Lend claims to a vendor, after a preview
    #[command(after_help = examples::help(&examples::GRANT_CREATE))]
    Create(CreateArgs),
    /// List the current grants
    List {
        /// Only of this vendor
        #[arg(long)]
        vendor: Option<String>,
        /// Ended ones too
        #[arg(long)]
        all: bool,
    },
    /// Show a grant: scope, states, messages and answers
    Show {
        /// The grant: its id, or the vendor if it has only one
        grant: String,
    },
    /// What the vendor has, what would be new to it, what is blocked
    Preview {
        /// The grant: its id, or the vendor if it has only one
        grant: String,
    },
    /// Change what a grant lends
    #[command(after_help = examples::help(&examples::GRANT_AMEND))]
    Amend(AmendArgs),
    /// Let a grant last longer; no data is sent again
    #[command(after_help = examples::help(&examples::GRANT_RENEW))]
    Renew {
        /// The grant: its id, or the vendor if it has only one
        grant: String,
        /// The new end: 90d, 6mo, 1y, or a date
        #[arg(long)]
        expires: String,
    },
    /// Take a grant back; its consequences are shown first
    #[command(after_help = examples::help(&examples::GRANT_REVOKE))]
    Revoke {
        /// The grant: its id, or the vendor if it has only one
        grant: String,
        /// Why, for your own ledger; the vendor is not told
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
}
