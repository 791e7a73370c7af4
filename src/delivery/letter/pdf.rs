//! Pages as a PDF (ISO 32000-2): one font, of which only what is used is embedded, with the characters that its glyphs stand
//! for, so that the text can be searched and read aloud.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, TextRenderingMode, UnicodeCmap};
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use super::Paper;
use super::font::Font;
use super::layout::{Page, Placed};
use crate::error::{Error, Result};

const MM: f32 = 72.0 / 25.4;
const FONT: Name = Name(b"F");
const FONT_NAME: Name = Name(b"CMRAAA+OpenSans");
const SYSTEM: SystemInfo = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// How thick the outline is that makes bold of regular, in parts of the size.
const BOLD: f32 = 0.035;

/// The objects of the document, by their numbers.
mod refs {
    use pdf_writer::Ref;

    pub(super) const CATALOG: Ref = Ref::new(1);
    pub(super) const PAGES: Ref = Ref::new(2);
    pub(super) const INFO: Ref = Ref::new(3);
    pub(super) const FONT: Ref = Ref::new(4);
    pub(super) const CID_FONT: Ref = Ref::new(5);
    pub(super) const DESCRIPTOR: Ref = Ref::new(6);
    pub(super) const FONT_FILE: Ref = Ref::new(7);
    pub(super) const CHARACTERS: Ref = Ref::new(8);
    /// The first page; after each stands what is on it.
    pub(super) const FIRST: i32 = 9;
}

/// The glyphs that are used, under the numbers that they have in the document.
struct Glyphs<'a> {
    font: &'a Font,
    numbers: GlyphRemapper,
    characters: BTreeMap<u16, char>,
}

impl Glyphs<'_> {
    /// A text as the numbers of its glyphs.
    fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * text.len());
        for c in text.chars() {
            // What has no glyph was refused before.
            let Some(glyph) = self.font.glyph(c) else { continue };
            let number = self.numbers.remap(glyph);
            self.characters.entry(number).or_insert(c);
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }
}

/// Writes the pages.
pub(super) fn write(font: &Font, paper: Paper, pages: &[Page], title: &str) -> Result<Vec<u8>> {
    let mut glyphs = Glyphs { font, numbers: GlyphRemapper::new(), characters: BTreeMap::new() };
    let mut pdf = Pdf::new();
    pdf.catalog(refs::CATALOG).pages(refs::PAGES);
    // No date: the same letter is the same file.
    pdf.document_info(refs::INFO).title(TextStr(title));
    let page_ref = |n: usize| Ref::new(refs::FIRST + 2 * i32::try_from(n).unwrap_or(0));
    pdf.pages(refs::PAGES).kids((0..pages.len()).map(page_ref)).count(i32::try_from(pages.len()).unwrap_or(0));
    for (n, page) in pages.iter().enumerate() {
        let (id, content) = (page_ref(n), Ref::new(page_ref(n).get() + 1));
        let mut written = pdf.page(id);
        written
            .media_box(Rect::new(0.0, 0.0, paper.width * MM, paper.height * MM))
            .parent(refs::PAGES)
            .contents(content);
        written.resources().fonts().pair(FONT, refs::FONT);
        written.finish();
        pdf.stream(content, &draw(&mut glyphs, page));
    }
    write_font(&mut pdf, &glyphs)?;
    Ok(pdf.finish())
}

fn draw(glyphs: &mut Glyphs, page: &Page) -> Vec<u8> {
    let mut content = Content::new();
    for fold in &page.folds {
        content.set_line_width(0.3).move_to(4.0 * MM, *fold).line_to(8.0 * MM, *fold).stroke();
    }
    for Placed { x, y, size, bold, text } in &page.lines {
        content.begin_text().set_font(FONT, *size);
        match bold {
            true => content.set_line_width(size * BOLD).set_text_rendering_mode(TextRenderingMode::FillStroke),
            false => content.set_text_rendering_mode(TextRenderingMode::Fill),
        };
        content.next_line(*x, *y).show(Str(&glyphs.encode(text))).end_text();
    }
    content.finish().into_vec()
}

fn write_font(pdf: &mut Pdf, glyphs: &Glyphs) -> Result<()> {
    let font = glyphs.font;
    let unusable = |what: &dyn std::fmt::Display| Error::failed(format!("cannot embed the font of letters: {what}"));
    let subset = subsetter::subset(font.file(), 0, &glyphs.numbers).map_err(|e| unusable(&e))?;
    pdf.type0_font(refs::FONT)
        .base_font(FONT_NAME)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(refs::CID_FONT)
        .to_unicode(refs::CHARACTERS);
    let mut cid = pdf.cid_font(refs::CID_FONT);
    cid.subtype(CidFontType::Type2).base_font(FONT_NAME).system_info(SYSTEM).font_descriptor(refs::DESCRIPTOR);
    cid.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
    cid.widths().consecutive(0, glyphs.numbers.remapped_gids().map(|glyph| font.advance(glyph)));
    cid.finish();
    let face = font.face();
    let scale = |units: i16| font.scale(f32::from(units));
    let bounds = face.global_bounding_box();
    pdf.font_descriptor(refs::DESCRIPTOR)
        .name(FONT_NAME)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(scale(bounds.x_min), scale(bounds.y_min), scale(bounds.x_max), scale(bounds.y_max)))
        .italic_angle(face.italic_angle())
        .ascent(scale(face.ascender()))
        .descent(scale(face.descender()))
        .cap_height(scale(face.capital_height().unwrap_or_else(|| face.ascender())))
        .stem_v(80.0)
        .font_file2(refs::FONT_FILE);
    pdf.stream(refs::FONT_FILE, &subset).pair(Name(b"Length1"), i32::try_from(subset.len()).unwrap_or(0));
    let mut characters = UnicodeCmap::new(Name(b"CMR"), SYSTEM);
    glyphs.characters.iter().for_each(|(number, c)| characters.pair(*number, *c));
    pdf.cmap(refs::CHARACTERS, &characters.finish());
    Ok(())
}
