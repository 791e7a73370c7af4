//! Looking through another process's memory.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;

use super::needles::Needle;

/// The names of the needles that lie somewhere in what this process can write to.
pub fn find(process: u32, needles: &[Needle]) -> BTreeSet<&'static str> {
    let memory = fs::File::open(format!("/proc/{process}/mem")).expect("a parent may read its child's memory");
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let mut found = BTreeSet::new();
    let mut begins = vec![false; 1 << 16];
    needles.iter().for_each(|needle| begins[usize::from(start(&needle.bytes))] = true);
    let mut looked = 0;
    for (from, to) in maps.lines().filter_map(writable) {
        let mut bytes = vec![0; to - from];
        // A region may have gone since it was listed; those that matter are counted below.
        let Ok(read) = memory.read_at(&mut bytes, from as u64) else { continue };
        looked += read;
        for at in 0..read.saturating_sub(1) {
            if begins[usize::from(start(&bytes[at..]))] {
                let here = needles.iter().filter(|needle| bytes[at..read].starts_with(&needle.bytes));
                found.extend(here.map(|needle| needle.name));
            }
        }
    }
    assert!(looked > 100_000, "only {looked} bytes were looked at");
    found
}

fn start(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

/// The bounds of a region that can be written to: heap, stacks, and data of the program and its libraries.
fn writable(line: &str) -> Option<(usize, usize)> {
    let mut fields = line.split_whitespace();
    let (from, to) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    let bounds = (usize::from_str_radix(from, 16).ok()?, usize::from_str_radix(to, 16).ok()?);
    (rights.starts_with("rw") && !line.ends_with("[vvar]")).then_some(bounds)
}

/// How much of the process's memory is locked.
pub fn locked_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmLck:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
