//! `cmr key`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::super::candidates;
use super::examples;

/// The ways to open the vault.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: KeyVerb,
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyVerb {
    /// List the key slots, when each was last used, and whether its file is whole
    List,
    /// Add a way to open the vault, or put a new one in the place of an old one
    #[command(after_help = examples::help(&examples::KEY_ADD))]
    Add {
        /// What opens it.
        #[command(subcommand)]
        kind: AddKind,
    },
    /// Remove a way to open the vault; the last one that works stays
    #[command(after_help = examples::help(&examples::KEY_REMOVE))]
    #[command(long_about = "Remove a way to open the vault; the last one that works stays\n\n\
        Whoever has read the data key before keeps it. Only a new data key ends that: cmr key rotate")]
    Remove {
        /// The slot's name
        #[arg(add = candidates::slots())]
        name: String,
    },
    /// Make a new data key: write the database anew, and every slot
    #[command(
        after_help = "Do this after removing the slot of a device that is lost. Every other slot stays as it is:\n\
        the same passphrase, recovery key, devices and ssh keys open the vault. It may be cut off\n\
        at any moment; the next command finishes it or takes it back."
    )]
    Rotate,
}

/// What opens a slot.
#[derive(Debug, Subcommand)]
pub enum AddKind {
    /// A passphrase; to change it: cmr key add passphrase --replace
    Passphrase(PassphraseArgs),
    /// A recovery key: shown once, to be kept away from this computer
    Recovery(RecoveryArgs),
    /// An age identity in a file on a device
    Device(DeviceArgs),
    /// An ssh key: ssh-ed25519 or ssh-rsa
    Ssh(RecipientArgs),
    /// A hardware key, through its age plugin: YubiKey, Secure Enclave, TPM
    Plugin(RecipientArgs),
    /// An identity in the system's keyring, where cmr was built with it
    Keyring(SlotArgs),
}

/// Which slot.
#[derive(Debug, Args)]
pub struct SlotArgs {
    /// The slot's name [default: its kind]
    pub name: Option<String>,
    /// Put it in the place of the slot that has this name
    #[arg(long)]
    pub replace: bool,
}

/// `cmr key add passphrase`.
#[derive(Debug, Args)]
pub struct PassphraseArgs {
    /// Which slot.
    #[command(flatten)]
    pub slot: SlotArgs,
    /// Read the new passphrase from this open file descriptor
    #[arg(long, value_name = "N", conflicts_with = "new_passphrase_file")]
    pub new_passphrase_fd: Option<u32>,
    /// Read the new passphrase from this file
    #[arg(long, value_name = "FILE")]
    pub new_passphrase_file: Option<PathBuf>,
}

/// `cmr key add recovery`.
#[derive(Debug, Args)]
pub struct RecoveryArgs {
    /// Which slot.
    #[command(flatten)]
    pub slot: SlotArgs,
    /// Write the recovery key to this new file, readable by you alone, instead of showing it
    #[arg(long, value_name = "FILE")]
    pub recovery_file: Option<PathBuf>,
}

/// `cmr key add device`.
#[derive(Debug, Args)]
#[group(id = "identity", args = ["recipient", "new_identity"], required = true)]
pub struct DeviceArgs {
    /// Which slot.
    #[command(flatten)]
    pub slot: SlotArgs,
    /// The device's recipient, age1…, or a file with it
    #[arg(long, value_name = "AGE1|FILE", conflicts_with = "new_identity")]
    pub recipient: Option<String>,
    /// Make an identity, and write it to this new file, readable by you alone
    #[arg(long, value_name = "FILE")]
    pub new_identity: Option<PathBuf>,
}

/// `cmr key add ssh`, `cmr key add plugin`.
#[derive(Debug, Args)]
pub struct RecipientArgs {
    /// Which slot.
    #[command(flatten)]
    pub slot: SlotArgs,
    /// The public half of the key, or a file with it, such as ~/.ssh/id_ed25519.pub
    #[arg(long, value_name = "KEY|FILE")]
    pub recipient: String,
}
