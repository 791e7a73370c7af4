//! What must not be found: the keys, and every form from which they follow.

use std::io::Read;
use std::path::Path;

use hmac::Hmac;
use sha2::Sha512;
use sha2::block_api::compress512;

/// Bytes to look for. Sixteen are enough not to be met by chance, and are one AES round key.
pub struct Needle {
    pub name: &'static str,
    pub bytes: Vec<u8>,
}

/// What is seen while pages are read and written: if one of these never is, the search is broken.
pub const FOUND_AT_WORK: [&str; 6] = [
    "data key, first half",
    "data key, second half",
    "AES round key",
    "AES round key for decryption",
    "HMAC key, first half",
    "HMAC key's inner state",
];

/// The data key, as bytes and as SQLCipher takes it.
pub fn of_key(key: &[u8; 32]) -> Vec<Needle> {
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    vec![
        needle("data key, first half", &key[..16]),
        needle("data key, second half", &key[16..]),
        needle("data key's digits, first half", &digits.as_bytes()[..32]),
        needle("data key's digits, second half", &digits.as_bytes()[32..]),
    ]
}

/// All that follows from a data key and the database's salt, or from which the two keys follow.
pub fn all(key: &[u8; 32], database: &Path) -> Vec<Needle> {
    let mut needles = of_key(key);
    let schedule = expand(key);
    // The first two round keys are the key itself.
    needles.extend(schedule[2..].iter().map(|round| needle("AES round key", round)));
    let inverse = schedule[1..14].iter().map(inverse_mix_columns);
    needles.extend(inverse.map(|round| needle("AES round key for decryption", &round)));
    let hmac_key = hmac_key(key, database);
    needles.push(needle("HMAC key, first half", &hmac_key[..16]));
    needles.push(needle("HMAC key, second half", &hmac_key[16..]));
    needles
        .extend(of_hmac(&hmac_key, ["HMAC key in a padded block", "HMAC key's inner state", "HMAC key's outer state"]));
    needles.extend(of_hmac(key, ["data key in a padded block", "PBKDF2's inner state", "PBKDF2's outer state"]));
    needles
}

fn needle(name: &'static str, bytes: &[u8]) -> Needle {
    assert!(bytes.len() >= 16, "{name}");
    Needle { name, bytes: bytes.to_vec() }
}

/// SQLCipher's: two rounds of PBKDF2 over the data key, with the file's salt masked.
fn hmac_key(key: &[u8; 32], database: &Path) -> [u8; 32] {
    let mut salt = [0; 16];
    std::fs::File::open(database).unwrap().read_exact(&mut salt).unwrap();
    pbkdf2::pbkdf2_array::<Hmac<Sha512>, 32>(key, &salt.map(|byte| byte ^ 0x3a), 2).unwrap()
}

/// What HMAC-SHA512 makes of a key: padded blocks, also as the words that are hashed, and the states after them.
fn of_hmac(key: &[u8; 32], [padded, inner, outer]: [&'static str; 3]) -> Vec<Needle> {
    let mut needles = Vec::new();
    for (mask, state) in [(0x36, inner), (0x5c, outer)] {
        let mut block = [mask; 128];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        let words: Vec<u8> = block[..32].chunks(8).flat_map(|word| word.iter().rev().copied()).collect();
        for half in [&block[..16], &block[16..32], &words[..16], &words[16..]] {
            needles.push(needle(padded, half));
        }
        let hashed = hashed(&block);
        needles.extend(hashed.chunks(16).map(|part| needle(state, part)));
    }
    needles
}

/// SHA-512's state after one block, as it lies in memory.
fn hashed(block: &[u8; 128]) -> Vec<u8> {
    // FIPS 180-4, 5.3.5.
    let mut state = [
        0x6a09e667f3bcc908,
        0xbb67ae8584caa73b,
        0x3c6ef372fe94f82b,
        0xa54ff53a5f1d36f1,
        0x510e527fade682d1,
        0x9b05688c2b3e6c1f,
        0x1f83d9abfb41bd6b,
        0x5be0cd19137e2179,
    ];
    compress512(&mut state, &[*block]);
    state.iter().flat_map(|word: &u64| word.to_ne_bytes()).collect()
}

/// AES-256's key expansion, FIPS 197, 5.2: fifteen round keys.
fn expand(key: &[u8; 32]) -> Vec<[u8; 16]> {
    let mut words: Vec<[u8; 4]> = key.chunks(4).map(|word| word.try_into().unwrap()).collect();
    let mut constant = 1;
    for i in 8..60 {
        let mut word = words[i - 1];
        if i % 8 == 0 {
            word.rotate_left(1);
            word = word.map(substitute);
            word[0] ^= constant;
            constant = multiply(constant, 2);
        } else if i % 8 == 4 {
            word = word.map(substitute);
        }
        words.push(std::array::from_fn(|at| word[at] ^ words[i - 8][at]));
    }
    words.chunks(4).map(|round| round.concat().try_into().unwrap()).collect()
}

/// What decryption's round keys are made with, FIPS 197, 5.3.3.
fn inverse_mix_columns(round: &[u8; 16]) -> [u8; 16] {
    const ROW: [u8; 4] = [14, 11, 13, 9];
    std::array::from_fn(|at| {
        let column = &round[at / 4 * 4..][..4];
        (0..4).fold(0, |sum, i| sum ^ multiply(ROW[(i + 4 - at % 4) % 4], column[i]))
    })
}

/// The S-box, FIPS 197, 5.1.1.
fn substitute(byte: u8) -> u8 {
    let inverse = (0..254).fold(1, |power, _| multiply(power, byte));
    (0..5).fold(0x63, |sum, turn| sum ^ inverse.rotate_left(turn))
}

/// In GF(2⁸), FIPS 197, 4.2.
fn multiply(a: u8, b: u8) -> u8 {
    let (mut a, mut product) = (a, 0);
    for bit in 0..8 {
        if b >> bit & 1 == 1 {
            product ^= a;
        }
        a = a << 1 ^ if a & 0x80 != 0 { 0x1b } else { 0 };
    }
    product
}

/// The key expansion of FIPS 197, A.3: a needle that is wrong would never be found.
pub fn check_against_fips_197() {
    let text = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
    let key: [u8; 32] = std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap());
    let rounds = expand(&key);
    assert_eq!(rounds.len(), 15);
    assert_eq!(u128::from_be_bytes(rounds[2]), 0x9ba3_5411_8e69_25af_a51a_8b5f_2067_fcde);
    assert_eq!(u128::from_be_bytes(rounds[14]), 0xfe48_90d1_e618_8d0b_046d_f344_706c_631e);
}
