//! Character sets of files that do not say theirs.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// UTF-16 without a byte order mark: every second byte of what is mostly ASCII is zero.
pub(super) fn wide_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(256)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    match half >= 4 {
        true if odd * 4 >= half * 3 && even * 4 < half => Some(UTF_16LE),
        true if even * 4 >= half * 3 && odd * 4 < half => Some(UTF_16BE),
        _ => None,
    }
}

/// The character set that bytes look like, of those that browsers know.
pub(super) fn guess(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Deny)
}
