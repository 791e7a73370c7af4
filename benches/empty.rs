//! What starting any program costs: the unit of `cmr --version`.

fn main() {}
