//! The CSV of Apple's Passwords and of Safari.

use super::format::Format;
use super::layout::Layout;

/// `Title,URL,Username,Password,Notes,OTPAuth`; older ones without the last two.
pub(super) static LAYOUT: Layout =
    Layout { most: 8, ..Layout::plain(Format::Apple, &["title", "url", "username", "password"]) };
