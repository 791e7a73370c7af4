//! The cryptography behind SQLCipher's provider interface: RustCrypto's, on slices, without C and without `unsafe`.
//!
//! Every context wipes itself when it is dropped (the crates' `zeroize` features). What a context leaves on the stack
//! while it is made and moved is wiped by whoever calls, see `provider`.

use aes::cipher::array::Array;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use aes::{Aes256Dec, Aes256Enc};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// Bytes of a key: AES-256.
pub const KEY: usize = 32;
/// Bytes of a block and of an initialisation vector.
pub const BLOCK: usize = 16;

/// A length that does not fit, or a number that is out of range; nothing was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused;

/// The hash functions that SQLCipher 4 knows; it writes new files with SHA-512.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// Files of SQLCipher 3 and before.
    Sha1,
    /// By request only.
    Sha256,
    /// The default.
    Sha512,
}

impl Hash {
    /// By SQLCipher's number, the same for HMAC and PBKDF2.
    pub fn from_number(number: i32) -> Option<Hash> {
        [Hash::Sha1, Hash::Sha256, Hash::Sha512].into_iter().nth(usize::try_from(number).ok()?)
    }

    /// Bytes of its output.
    pub fn size(self) -> usize {
        match self {
            Hash::Sha1 => 20,
            Hash::Sha256 => 32,
            Hash::Sha512 => 64,
        }
    }
}

/// AES-256-CBC without padding, in place.
pub fn encrypt(key: &[u8], iv: &[u8], data: &mut [u8]) -> Result<(), Refused> {
    let mut mode = cbc::Encryptor::<Aes256Enc>::new_from_slices(key, iv).map_err(|_| Refused)?;
    mode.encrypt_blocks(blocks(data)?);
    Ok(())
}

/// Undoes [`encrypt`].
pub fn decrypt(key: &[u8], iv: &[u8], data: &mut [u8]) -> Result<(), Refused> {
    let mut mode = cbc::Decryptor::<Aes256Dec>::new_from_slices(key, iv).map_err(|_| Refused)?;
    mode.decrypt_blocks(blocks(data)?);
    Ok(())
}

fn blocks(data: &mut [u8]) -> Result<&mut [aes::Block], Refused> {
    match Array::slice_as_chunks_mut(data) {
        (blocks, []) => Ok(blocks),
        _ => Err(Refused),
    }
}

/// The HMAC of the parts one after the other; `out` has the hash's size.
pub fn hmac(hash: Hash, key: &[u8], parts: [&[u8]; 2], out: &mut [u8]) -> Result<(), Refused> {
    if out.len() != hash.size() {
        return Err(Refused);
    }
    match hash {
        Hash::Sha1 => mac::<Sha1>(key, parts, out),
        Hash::Sha256 => mac::<Sha256>(key, parts, out),
        Hash::Sha512 => mac::<Sha512>(key, parts, out),
    }
}

fn mac<D: EagerHash>(key: &[u8], parts: [&[u8]; 2], out: &mut [u8]) -> Result<(), Refused> {
    let mut mac = Hmac::<D>::new_from_slice(key).map_err(|_| Refused)?;
    for part in parts {
        mac.update(part);
    }
    out.copy_from_slice(&mac.finalize().into_bytes());
    Ok(())
}

/// PBKDF2 (RFC 8018) with HMAC; fills `out`. At least one round.
pub fn pbkdf2(hash: Hash, password: &[u8], salt: &[u8], rounds: i32, out: &mut [u8]) -> Result<(), Refused> {
    let rounds = u32::try_from(rounds).ok().filter(|rounds| *rounds > 0).ok_or(Refused)?;
    let derive = match hash {
        Hash::Sha1 => pbkdf2::pbkdf2::<Hmac<Sha1>>,
        Hash::Sha256 => pbkdf2::pbkdf2::<Hmac<Sha256>>,
        Hash::Sha512 => pbkdf2::pbkdf2::<Hmac<Sha512>>,
    };
    derive(password, salt, rounds, out).map_err(|_| Refused)
}

#[cfg(test)]
mod vectors;
