//! `cmr import`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{candidates, examples};

/// Other people's files.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: ImportVerb,
}

/// How a file is taken.
#[derive(Debug, Clone, Default, Args)]
pub struct TakeArgs {
    /// What the file is, where that is not recognised or recognised wrongly
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// All or nothing: one thing that cannot be read, and nothing is kept
    #[arg(long)]
    pub strict: bool,
    /// Which vendor a host, a name or a payee stands for, where that is not certain
    #[arg(long = "match", value_name = "TEXT=VENDOR", value_parser = pair)]
    pub matches: Vec<(String, String)>,
}

fn pair(typed: &str) -> Result<(String, String), String> {
    let (text, vendor) = typed.rsplit_once('=').ok_or("it has the form TEXT=VENDOR")?;
    Ok((text.trim().to_owned(), vendor.trim().to_owned()))
}

/// What to do with imports.
#[derive(Debug, Subcommand)]
pub enum ImportVerb {
    /// Take your accounts from exports of password managers and browsers. Passwords are not taken
    #[command(after_help = examples::help(&examples::IMPORT_PASSWORDS))]
    Passwords {
        /// The exports, not encrypted; - reads standard input
        #[arg(required = true, value_name = "FILE", add = candidates::files())]
        files: Vec<PathBuf>,
        /// How they are taken.
        #[command(flatten)]
        take: TakeArgs,
    },
    /// Take the companies of your contacts (vCard 2.1, 3.0 or 4.0)
    #[command(after_help = examples::help(&examples::IMPORT_VCARD))]
    Vcard {
        /// The contacts; - reads standard input
        #[arg(required = true, value_name = "FILE", add = candidates::files())]
        files: Vec<PathBuf>,
        /// How they are taken.
        #[command(flatten)]
        take: TakeArgs,
    },
    /// List the imports that were made
    List {
        /// List what was found and is of no vendor that is known
        #[arg(long)]
        unmatched: bool,
    },
    /// Take an import back: what it brought, and nothing that you changed or used since
    Undo {
        /// Its number or its id
        import: String,
    },
}
