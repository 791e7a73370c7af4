//! The CSV of Firefox and Thunderbird: `toolkit/components/passwordmgr/LoginExport.sys.mjs`.
//!
//! Its `guid` is no key: programs that convert to this format write the same one into every row.

use super::format::Format;
use super::layout::Layout;

/// `url,username,password,httpRealm,formActionOrigin,guid,timeCreated,timeLastUsed,timePasswordChanged`.
pub(super) static LAYOUT: Layout = Layout::plain(Format::Firefox, &["url", "username", "password", "httprealm"]);
