//! Passphrases: how strong one is, and a strong one to offer.

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// The weakest passphrase that a vault takes, as zxcvbn's score from 0 to 4: "safely unguessable, moderate protection
/// from an offline attack on a slow hash".
const LEAST_SCORE: u8 = 3;

/// How many words an offered passphrase has; each of BIP 39's 2048 words is worth 11 bits.
const WORDS: usize = 7;

/// Refuses a passphrase that a vault should not have.
///
/// # Errors
/// Kind bad input, with an estimate of how long guessing takes, and why.
pub fn check(passphrase: &str) -> Result<()> {
    let estimate = zxcvbn::zxcvbn(passphrase, &["cmr", "vault"]);
    if u8::from(estimate.score()) >= LEAST_SCORE {
        return Ok(());
    }
    let time = estimate.crack_times().offline_slow_hashing_1e4_per_second();
    let why = estimate.feedback().and_then(|feedback| feedback.warning()).map(|w| format!(" {w}")).unwrap_or_default();
    Err(Error::bad_input(format!("this passphrase is weak: guessing it takes about {time}.{why}"))
        .hint("take several unrelated words; cmr init on a terminal offers some"))
}

/// A passphrase of seven random words, about 77 bits.
///
/// # Errors
/// Where the system has no random numbers to give.
pub fn offer() -> Result<Zeroizing<String>> {
    let list = bip39::Language::English.word_list();
    let mut random = Zeroizing::new([0u8; 2 * WORDS]);
    getrandom::fill(random.as_mut()).map_err(|e| Error::failed(format!("the system gave no random numbers: {e}")))?;
    let words = random.chunks_exact(2).map(|pair| {
        // 2048 divides 65536, so the remainder is even over the list.
        list[usize::from(u16::from_le_bytes([pair[0], pair[1]])) % list.len()]
    });
    Ok(Zeroizing::new(words.collect::<Vec<_>>().join("-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_ones_are_refused_with_an_estimate() {
        for weak in ["", "iloveyou", "azerty123", "cmrvault", "letmein2024"] {
            let message = check(weak).unwrap_err().to_string();
            assert!(message.contains("guessing it takes about"), "{message}");
            assert!(weak.is_empty() || !message.contains(weak), "{message}");
        }
    }

    #[test]
    fn an_offered_one_is_strong_and_new_each_time() {
        let one = offer().unwrap();
        assert!(check(&one).is_ok());
        assert_eq!(one.split('-').count(), WORDS);
        assert_ne!(*one, *offer().unwrap());
    }
}
