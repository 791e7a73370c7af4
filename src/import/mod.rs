//! Filling: other people's files. One reader a file, one common result: what each line, entry or message says about a vendor.

pub mod evidence;
pub mod passwords;
