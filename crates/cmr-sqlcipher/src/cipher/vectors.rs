//! Published vectors, and what no vector says: lengths that do not fit.

use super::*;

fn hex(text: &str) -> Vec<u8> {
    assert_eq!(text.len() % 2, 0, "{text}");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// NIST SP 800-38A, F.2.5 and F.2.6: CBC-AES256.
const KEY_F25: &str = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4";
const IV_F25: &str = "000102030405060708090a0b0c0d0e0f";
const PLAIN_F25: &str = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51\
                         30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
const CIPHER_F25: &str = "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d\
                          39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b";

#[test]
fn aes_256_cbc_of_sp_800_38a() {
    let mut data = hex(PLAIN_F25);
    encrypt(&hex(KEY_F25), &hex(IV_F25), &mut data).unwrap();
    assert_eq!(data, hex(CIPHER_F25));
    decrypt(&hex(KEY_F25), &hex(IV_F25), &mut data).unwrap();
    assert_eq!(data, hex(PLAIN_F25));
}

/// Several blocks are decrypted at a time; each must be as if it came alone.
#[test]
fn a_page_is_what_its_blocks_are_one_by_one() {
    let (key, mut iv) = (hex(KEY_F25), hex(IV_F25));
    let page: Vec<u8> = (0..4016u32).map(|i| (i.wrapping_mul(2654435761) >> 24) as u8).collect();
    let mut sealed = page.clone();
    encrypt(&key, &iv, &mut sealed).unwrap();
    let mut opened = sealed.clone();
    decrypt(&key, &iv, &mut opened).unwrap();
    assert_eq!(opened, page);
    for (block, plain) in sealed.chunks(BLOCK).zip(page.chunks(BLOCK)) {
        let mut alone = block.to_vec();
        decrypt(&key, &iv, &mut alone).unwrap();
        assert_eq!(alone, plain);
        iv = block.to_vec();
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused_and_nothing_is_written() {
    for (key, iv, len) in [(31, 16, 16), (33, 16, 16), (16, 16, 16), (32, 15, 16), (32, 17, 16), (32, 16, 15)] {
        let mut data = vec![7; len];
        assert_eq!(encrypt(&vec![1; key], &vec![2; iv], &mut data), Err(Refused), "{key} {iv} {len}");
        assert_eq!(decrypt(&vec![1; key], &vec![2; iv], &mut data), Err(Refused), "{key} {iv} {len}");
        assert_eq!(data, vec![7; len]);
    }
    assert_eq!(hmac(Hash::Sha512, b"key", [b"", b""], &mut [0; 63]), Err(Refused));
    assert_eq!(pbkdf2(Hash::Sha512, b"password", b"salt", 0, &mut [0; 32]), Err(Refused));
    assert_eq!(pbkdf2(Hash::Sha512, b"password", b"salt", -1, &mut [0; 32]), Err(Refused));
}

#[test]
fn sqlcipher_numbers_three_hashes() {
    let all = [-1, 0, 1, 2, 3].map(Hash::from_number);
    assert_eq!(all, [None, Some(Hash::Sha1), Some(Hash::Sha256), Some(Hash::Sha512), None]);
}

/// Checks it in one piece, and cut in two everywhere.
fn check_hmac(hash: Hash, key: &[u8], data: &[u8], expected: &str) {
    for cut in 0..=data.len() {
        let mut out = vec![0; hash.size()];
        let (first, second) = data.split_at(cut);
        hmac(hash, key, [first, second], &mut out).unwrap();
        assert_eq!(out, hex(expected), "{hash:?}, cut at {cut}");
    }
}

const LONG_KEY: &[u8] = b"Test Using Larger Than Block-Size Key - Hash Key First";
const LONG_BOTH: &[u8] =
    b"This is a test using a larger than block-size key and a larger than block-size data. The key \
                           needs to be hashed before being used by the HMAC algorithm.";

/// RFC 4231, 4.2 to 4.8 without the truncated one.
#[test]
fn hmac_sha_512_of_rfc_4231() {
    let counting: Vec<u8> = (1..=25).collect();
    let cases: [(&[u8], &[u8], &str); 6] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
             daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
             9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
        (
            &[0xaa; 20],
            &[0xdd; 50],
            "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39\
             bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb",
        ),
        (
            &counting,
            &[0xcd; 50],
            "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db\
             a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd",
        ),
        (
            &[0xaa; 131],
            LONG_KEY,
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
             6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        ),
        (
            &[0xaa; 131],
            LONG_BOTH,
            "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944\
             b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
        ),
    ];
    for (key, data, expected) in cases {
        check_hmac(Hash::Sha512, key, data, expected);
    }
}

/// RFC 4231 again, and RFC 2202.
#[test]
fn hmac_of_the_other_hashes() {
    let sha256 = |key: &[u8], data: &[u8], expected| check_hmac(Hash::Sha256, key, data, expected);
    sha256(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    sha256(&[0xaa; 131], LONG_BOTH, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
    let sha1 = |key: &[u8], data: &[u8], expected| check_hmac(Hash::Sha1, key, data, expected);
    sha1(&[0x0b; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00");
    sha1(&[0xaa; 80], LONG_KEY, "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

fn check_pbkdf2(hash: Hash, password: &[u8], salt: &[u8], rounds: i32, expected: &str) {
    let expected = hex(expected);
    let mut out = vec![0; expected.len()];
    pbkdf2(hash, password, salt, rounds, &mut out).unwrap();
    assert_eq!(out, expected, "{hash:?}");
}

/// Wycheproof's `pbkdf2_hmacsha512_test.json`: tests 1, 3, 12, 24, 27 and 33, all of 4096 rounds.
#[test]
fn pbkdf2_hmac_sha_512_of_wycheproof() {
    for (password, salt, expected) in [
        ("7130577430643470", "798acc7c76739d75", "4935390897319c3efc15d19304109c79"),
        (
            "7439315572766f47",
            "5d76db9ca0f0bae2",
            "a5d7f0fe4adc54e2ac5edc54e005827a90cbd46c00b72be68f8fbd1da98c079b\
             98622a69b1ea44c0d94cdae03c339b742d047ac63cac0d9af59786baee4a158080",
        ),
        (
            "6f39505350597a445349783365374d7063",
            "1569909588ec25a3afa147cb7fff9fb1",
            "b8b2e382821089b02c972c1ca1495bc8d021fabe77733335555c6b27c4a6e730\
             98e8385055891e8a55c05be3d20279bb168b8011f60705928dd05d1451775b62f1",
        ),
        (
            "5177161d237c1b64426353434113015665344a6c",
            "596dbf5830aa8b00682429883e0b1ed0",
            "a4647786a04fa4129f5c4c43ff7ca48362b9e25bc962345355f01036c5df2962\
             fab2906218267bd04b11a1834abb965e861e2fa3d721e4dded92ed7eefed058609",
        ),
        (
            "c4bddd8f4ad69d",
            "775bde4bd6e40ddd",
            "4bb5ebbe99297ac9a3e3b14ad1a5b52307fbdb991e9bae74561a93e7165086f4\
             a198ad515be73ccda118168150ece8627199ff267c3132e3a556ba3d8d812d8392",
        ),
        (
            "de89d193d18c75c2b8c6bcd190d198c3a2",
            "c69c3b58917e0975",
            "e44c3d06dc5128edd230cd9bfcbd204fde2369fb39d6370cbb0021ce1610003d\
             7d1789e83f3fa9ed5842f1a5afde4609b3b09ef6595b7f8647c26c6ae87f4b776f",
        ),
    ] {
        check_pbkdf2(Hash::Sha512, &hex(password), &hex(salt), 4096, expected);
    }
}

/// RFC 6070 without the one of 16 million rounds, and RFC 7914, 11.
#[test]
fn pbkdf2_of_the_other_hashes() {
    let sha1 = |password, salt, rounds, expected| check_pbkdf2(Hash::Sha1, password, salt, rounds, expected);
    sha1(b"password", b"salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    sha1(b"password", b"salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    sha1(b"password", b"salt", 4096, "4b007901b765489abead49d926f721d065a429c1");
    let (password, salt) = (b"passwordPASSWORDpassword", b"saltSALTsaltSALTsaltSALTsaltSALTsalt");
    sha1(password, salt, 4096, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    sha1(b"pass\0word", b"sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3");
    check_pbkdf2(
        Hash::Sha256,
        b"passwd",
        b"salt",
        1,
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
         49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
    );
}
