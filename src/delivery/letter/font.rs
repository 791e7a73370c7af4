//! The font that letters are set in: Open Sans (`assets/`), of which a letter embeds what it uses.

use std::collections::BTreeSet;

use ttf_parser::Face;

use super::Letter;
use crate::error::{Error, Result};

/// The font's file.
static FILE: &[u8] = include_bytes!("../../../assets/OpenSans-Regular.ttf");

/// How many missing characters an error names.
const NAMED: usize = 10;

/// The font.
pub(super) struct Font {
    face: Face<'static>,
}

impl Font {
    pub(super) fn new() -> Result<Self> {
        let face = Face::parse(FILE, 0).map_err(|e| Error::failed(format!("cannot read the font of letters: {e}")))?;
        Ok(Self { face })
    }

    pub(super) fn face(&self) -> &Face<'static> {
        &self.face
    }

    /// The font's file.
    pub(super) fn file(&self) -> &'static [u8] {
        FILE
    }

    /// Which glyph shows a character. Blanks that must not break look like others.
    pub(super) fn glyph(&self, c: char) -> Option<u16> {
        let c = if matches!(c, '\u{a0}' | '\u{202f}' | '\t') { ' ' } else { c };
        self.face.glyph_index(c).map(|glyph| glyph.0).filter(|glyph| *glyph != 0)
    }

    /// How wide a glyph is, in thousandths of the font's size.
    pub(super) fn advance(&self, glyph: u16) -> f32 {
        let units = self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or(0);
        self.scale(f32::from(units))
    }

    /// Units of the font in thousandths of its size.
    pub(super) fn scale(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.face.units_per_em())
    }

    /// How wide a text is at a size in points.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let thousandths: f32 = text.chars().filter_map(|c| self.glyph(c)).map(|glyph| self.advance(glyph)).sum();
        thousandths * size / 1000.0
    }

    /// Checks that every character of a letter can be shown.
    pub(super) fn require(&self, letter: &Letter) -> Result<()> {
        let texts = letter.from.iter().chain(letter.to).map(String::as_str);
        let texts = texts.chain([letter.date, &letter.text.subject, &letter.text.body]);
        let mut seen = BTreeSet::new();
        let missing: Vec<char> = texts
            .flat_map(str::chars)
            .filter(|c| !matches!(c, '\n' | '\r') && self.glyph(*c).is_none() && seen.insert(*c))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let mut named: Vec<String> =
            missing.iter().take(NAMED).map(|c| format!("{c} (U+{:04X})", u32::from(*c))).collect();
        if missing.len() > NAMED {
            named.push(format!("and {} more", missing.len() - NAMED));
        }
        Err(Error::bad_input(format!("the font of letters does not have: {}", named.join(", ")))
            .hint("write the text otherwise (cmr outbox edit MESSAGE), or print it from a file: --output FILE.eml"))
    }
}
