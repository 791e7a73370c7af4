//! The customer: claims, personas, and every version of them; vCard in and out.

pub mod model;
pub mod vcard;
