//! The data key: 32 random bytes that encrypt the database.

use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The key of one vault. Wiped when dropped, never shown.
pub struct DataKey(SecretBox<[u8; 32]>);

impl DataKey {
    /// A new key.
    ///
    /// # Errors
    /// Where the system has no random numbers to give.
    pub fn generate() -> Result<Self> {
        let mut bytes = Zeroizing::new([0u8; 32]);
        getrandom::fill(bytes.as_mut())
            .map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// Written straight to its place: a key that is moved there would leave a copy on the stack.
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(SecretBox::init_with_mut(|place: &mut [u8; 32]| place.copy_from_slice(bytes)))
    }

    /// The key of 64 hexadecimal digits, as a slot holds it. White space around them is ignored.
    ///
    /// # Errors
    /// Kind damaged for anything else.
    pub fn from_hex(text: &[u8]) -> Result<Self> {
        let text = text.trim_ascii();
        let mut bytes = Zeroizing::new([0u8; 32]);
        if text.len() != 64 {
            return Err(not_a_key());
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |c: u8| char::from(c).to_digit(16).ok_or_else(not_a_key);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(Self::from_bytes(&bytes))
    }

    /// The 64 hexadecimal digits.
    pub fn to_hex(&self) -> Zeroizing<Vec<u8>> {
        let mut hex = Zeroizing::new(Vec::with_capacity(64));
        for byte in self.expose() {
            for digit in [byte >> 4, byte & 15] {
                hex.push(b"0123456789abcdef"[usize::from(digit)]);
            }
        }
        hex
    }

    /// What names the key without telling it: the first 8 bytes of a hash, hexadecimal.
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::new().chain_update(b"cmr data key fingerprint 1\0").chain_update(self.expose()).finalize();
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        self.0.expose_secret()
    }
}

fn not_a_key() -> Error {
    Error::damaged("what the slot holds is not a data key of 64 hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_hexadecimal_form() {
        let key = DataKey::generate().unwrap();
        let again = DataKey::from_hex(&key.to_hex()).unwrap();
        assert_eq!(key.expose(), again.expose());
        assert_eq!(key.fingerprint(), again.fingerprint());
        assert_ne!(key.fingerprint(), DataKey::generate().unwrap().fingerprint());
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for text in ["", "ab", &"g".repeat(64), &"a".repeat(66)] {
            assert!(DataKey::from_hex(text.as_bytes()).is_err(), "{text}");
        }
    }
}
