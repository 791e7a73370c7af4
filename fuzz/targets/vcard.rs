//! The reader of vCards, given any bytes: what it reads, it reads again from what it writes.

#![no_main]

use cmr::profile::vcard;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(file) = vcard::read(bytes) else { return };
    for card in file.cards.iter().filter(|card| !card.claims.is_empty()) {
        vcard::read(vcard::write(&card.claims).as_bytes()).expect("our own card");
    }
});
