use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::*;

fn read(input: impl Read) -> Result<Vec<(String, bool)>> {
    let mut mbox = Mbox::new(input, "box".to_owned());
    let mut total = 0;
    let mut at = |read| {
        assert!(read >= total);
        total = read;
        Ok(())
    };
    let mut heads = Vec::new();
    while let Some(message) = mbox.next(&mut at)? {
        assert!(message.from_line.starts_with(b"From "));
        heads.push((String::from_utf8_lossy(message.head).into_owned(), message.cut));
    }
    Ok(heads)
}

fn heads(text: &str) -> Vec<String> {
    read(text.as_bytes()).expect("an mbox").into_iter().map(|(head, _)| head).collect()
}

const LINE: &str = "From a@b.example Tue Mar 04 03:33:20 2003\n";

#[test]
fn messages_are_parted() {
    let text = format!("{LINE}Subject: 1\n\nbody\n\n{LINE}Subject: 2\n\n{LINE}Subject: 3\n\n");
    assert_eq!(heads(&text), ["Subject: 1\n\n", "Subject: 2\n\n", "Subject: 3\n\n"]);
    assert_eq!(heads(&text.replace('\n', "\r\n")).len(), 3);
    assert_eq!(heads(&format!("\r\n\n{text}")).len(), 3);
    assert!(heads("").is_empty() && heads("\n\n").is_empty());
}

#[test]
fn words_of_a_body_part_nothing() {
    let body = ">From the start\nFrom 10:30 on 4 May 2024 we\nmet\n\nFrom here on\nwe go: on\nFrom a: b\n\nFrom me at 10:30\n\n>From x Tue Mar 04 03:33:20 2003\n";
    assert_eq!(heads(&format!("{LINE}Subject: 1\n\n{body}\n{LINE}Subject: 2\n\n")).len(), 2);
}

#[test]
fn lines_without_a_date_or_a_blank_line_part_too() {
    assert_eq!(heads(&format!("{LINE}Subject: 1\n\nbody\n{LINE}Subject: 2\n\n")).len(), 2);
    assert_eq!(heads("From me\nSubject: 1\n\nbody\n\nFrom you\nSubject: 2\n\n").len(), 2);
    assert_eq!(heads(&format!("{LINE}Subject: 1\n{LINE}Subject: 2\n")), ["Subject: 1\n", "Subject: 2\n"]);
}

#[test]
fn a_length_is_believed_where_a_message_follows() {
    let inner = format!("hello\n\n{LINE}Subject: inner\n\nbye\n");
    let length = inner.len();
    let two = format!("{LINE}Content-Length: {length}\n\n{inner}\n{LINE}Subject: 2\n\n");
    assert_eq!(heads(&two), [format!("Content-Length: {length}\n\n"), "Subject: 2\n\n".to_owned()]);
    let last = format!("{LINE}Content-Length: {length}\n\n{inner}");
    assert_eq!(heads(&last).len(), 1, "the file may end there as well");
    assert_eq!(heads(&format!("{last}\n")).len(), 1);
    for wrong in [length - 9, length + 9, 0, usize::MAX] {
        let text = two.replace(&format!("Length: {length}"), &format!("Length: {wrong}"));
        assert_eq!(heads(&text).len(), 3, "{wrong}");
    }
}

#[test]
fn what_is_no_mbox_is_refused() {
    let error = read(&b"Subject: x\n\n"[..]).expect_err("no mbox");
    assert!(error.to_string().contains("no mbox"), "{error}");
}

#[test]
fn a_line_of_any_length_needs_no_more_memory() {
    let long = std::io::repeat(b'x').take(64 * 1024 * 1024);
    let text = format!("{LINE}Subject: 1\nX: ");
    let after = format!("\n\n{LINE}Subject: 2\n\n");
    let found = read(Cursor::new(text).chain(long).chain(Cursor::new(after))).expect("an mbox");
    let cut: Vec<_> = found.iter().map(|(head, cut)| (head.len(), *cut)).collect();
    assert_eq!(cut, [(MAX_HEAD, true), ("Subject: 2\n\n".len(), false)]);
}

/// Reads a few bytes at a time.
struct Slow<'s>(&'s [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.1.min(into.len()).min(self.0.len());
        into[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn where_a_block_ends_makes_no_difference() {
    // The third message begins around the end of the first block.
    for shift in 0..64 {
        let filler = "y".repeat(BLOCK - 200 + shift);
        let text = format!("{LINE}Subject: 1\n\n{filler}\n\n{LINE}Subject: 2\n\nz\n\n{LINE}Subject: 3\n\n");
        assert_eq!(read(Slow(text.as_bytes(), 65_537)).expect("an mbox").len(), 3, "{shift}");
    }
}

proptest! {
    #[test]
    fn any_bytes_come_to_an_end(bytes: Vec<u8>, step in 1usize..9) {
        _ = read(Slow(&bytes, step));
        let text = [b"From \n".as_slice(), &bytes].concat();
        prop_assert!(!read(Slow(&text, step)).expect("an mbox").is_empty());
    }

    #[test]
    fn as_many_come_out_as_go_in(bodies in proptest::collection::vec("([a-zA-Z: ]{0,20}\n){0,4}", 1..20), crlf: bool) {
        let quote = |body: &String| body.lines().map(|line| match line.starts_with("From ") {
            true => format!(">{line}\n"),
            false => format!("{line}\n"),
        }).collect::<String>();
        let text: String = bodies.iter().map(|body| format!("{LINE}Subject: x\n\n{}\n", quote(body))).collect();
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        prop_assert_eq!(read(text.as_bytes()).expect("an mbox").len(), bodies.len());
    }
}
