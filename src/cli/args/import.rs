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

/// Whose mail it is, and where it lies.
#[derive(Debug, Clone, Default, Args)]
pub struct MailboxArgs {
    /// An address of yours beside those of your profile: it tells which of several recipients you are
    #[arg(long, value_name = "ADDRESS")]
    pub mine: Vec<String>,
    /// For imap: the server
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
    /// For imap: its port, 993 if not said otherwise; always TLS
    #[arg(long, value_name = "N")]
    pub port: Option<u16>,
    /// For imap: your name there
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// For imap: read the password from this file; asked otherwise
    #[arg(long, value_name = "FILE", conflicts_with = "password_fd", add = candidates::files())]
    pub password_file: Option<PathBuf>,
    /// For imap: read it from this open file descriptor
    #[arg(long, value_name = "N")]
    pub password_fd: Option<u32>,
    /// For imap: only this folder, or several; all with vendors' mail otherwise
    #[arg(long, value_name = "FOLDER")]
    pub folder: Vec<String>,
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
    /// Take who writes to you, and to which address: mbox, Maildir, .eml, or a mailbox on its server. Bodies are not read
    #[command(after_help = examples::help(&examples::IMPORT_MAIL))]
    Mail {
        /// A file or folder of mail; - reads standard input; imap a mailbox on its server
        #[arg(value_name = "PATH|imap", add = candidates::files())]
        path: PathBuf,
        /// Whose mail it is, and where.
        #[command(flatten)]
        mailbox: MailboxArgs,
        /// How it is taken.
        #[command(flatten)]
        take: TakeArgs,
    },
    /// Take whom you pay from statements of your bank: OFX, CAMT.053, CSV
    #[command(after_help = examples::help(&examples::IMPORT_BANK))]
    Bank {
        /// The statements; - reads standard input
        #[arg(required = true, value_name = "FILE", add = candidates::files())]
        files: Vec<PathBuf>,
        /// What a column of a CSV holds, where that is not certain: date, payee, amount (or debit and credit; flag),
        /// each with the column's header or number; order=day or month, direction=out or in. Kept for the next file
        #[arg(long, value_name = "WHAT=COLUMN", value_delimiter = ',', value_parser = pair)]
        columns: Vec<(String, String)>,
        /// How they are taken.
        #[command(flatten)]
        take: TakeArgs,
    },
    /// Take a public directory of companies from a checkout of datenanfragen/data or JustDeleteMe
    #[command(after_help = examples::help(&examples::IMPORT_DIRECTORY))]
    Directory {
        /// Where it lies
        #[arg(value_name = "PATH", add = candidates::directories())]
        path: PathBuf,
        /// How it is taken.
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
