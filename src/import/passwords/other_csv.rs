//! Any table with a header that names an address, a user name and a password, in the languages of [`super::layout`].

use super::format::Format;
use super::layout::Layout;

/// It has no marks: it is tried last, and by what its columns mean.
pub(super) static LAYOUT: Layout = Layout::plain(Format::OtherCsv, &[]);
