//! The CSV of Chrome, Edge, Brave, Opera and Vivaldi: Chromium, `components/password_manager/core/browser/export`.
//!
//! Android apps stand in it by their signature and package, `android://hash@com.example.app/`.

use super::format::Format;
use super::layout::Layout;

/// `name,url,username,password,note`; older ones without the note.
pub(super) static LAYOUT: Layout =
    Layout { most: 6, ..Layout::plain(Format::Chromium, &["name", "url", "username", "password"]) };
