//! Where everything stands on the pages. Sizes on paper are in millimetres from the top left, as DIN 5008 has them; what is
//! laid out is in points from the bottom left, as PDF has them.

use super::font::Font;
use super::{Letter, Paper};
use crate::error::{Error, Result};

/// Points in a millimetre.
const MM: f32 = 72.0 / 25.4;

/// The margins (DIN 5008, section 5).
const LEFT: f32 = 25.0;
const RIGHT: f32 = 20.0;
const BOTTOM: f32 = 25.0;
const TOP_OF_NEXT: f32 = 27.0;

/// From where the zone for the address begins: to the line that says who sends it, and to the address itself.
const TO_SENDER: f32 = 15.5;
const TO_ADDRESS: f32 = 22.0;
const ADDRESS_WIDTH: f32 = 80.0;

/// From the end of the zone for the address, 45 mm high, to the subject.
const TO_SUBJECT: f32 = 45.0 + 16.0;

/// Sizes of type and lines, in points.
const SIZE: f32 = 10.5;
const LINE: f32 = 14.0;
const ADDRESS_SIZE: f32 = 10.5;
const SMALLEST_ADDRESS: f32 = 7.5;
const ADDRESS_LINE: f32 = 12.0;
const SMALL: f32 = 7.0;

/// A line of text in its place.
#[derive(Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) text: String,
}

/// A page: its lines, and where marks for folding stand at its left edge.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) lines: Vec<Placed>,
    pub(super) folds: Vec<f32>,
}

/// Lays a letter out.
pub(super) struct Layout<'a> {
    font: &'a Font,
    paper: Paper,
}

impl<'a> Layout<'a> {
    pub(super) fn new(font: &'a Font, paper: Paper) -> Self {
        Self { font, paper }
    }

    pub(super) fn pages(&self, letter: &Letter) -> Result<Vec<Page>> {
        let mut first = Page { folds: self.paper.folds.iter().map(|fold| self.y(*fold)).collect(), ..Page::default() };
        self.head(letter, &mut first)?;
        let mut y = self.subject(letter, &mut first);
        let mut pages = vec![first];
        for line in letter.text.body.lines().flat_map(|line| self.wrapped(line)) {
            if y < BOTTOM * MM && !line.text.is_empty() {
                pages.push(Page::default());
                y = self.y(TOP_OF_NEXT);
            }
            if let Some(page) = pages.last_mut().filter(|_| !line.text.is_empty()) {
                page.lines.push(Placed { y, ..line });
            }
            y -= LINE;
        }
        self.number(&mut pages);
        Ok(pages)
    }

    /// Who sends it and to whom, where a window shows it; and the day.
    fn head(&self, letter: &Letter, page: &mut Page) -> Result<()> {
        let at = |y: f32, size: f32, text: &str| Placed { x: LEFT * MM, y, size, bold: false, text: text.to_owned() };
        let sender = letter.from.join(" · ");
        // It stands whole above too: where it is too long for the window, nothing is lost.
        if let Ok(size) = self.fitting(&sender, SMALL, SMALL / 2.0) {
            page.lines.push(at(self.y(self.paper.address + TO_SENDER), size, &sender));
        }
        let mut y = self.y(self.paper.address + TO_ADDRESS);
        for line in letter.to {
            page.lines.push(at(y, self.fitting(line, ADDRESS_SIZE, SMALLEST_ADDRESS)?, line));
            y -= ADDRESS_LINE;
        }
        let x = (self.paper.width - RIGHT) * MM - self.font.width(letter.date, SIZE);
        page.lines.push(Placed { x, ..at(self.y(self.paper.address + 5.0), SIZE, letter.date) });
        // Who writes stands whole above, where there is room for it.
        let mut y = self.y(self.paper.address - 18.0);
        for line in letter.from {
            page.lines.push(at(y, SIZE, line));
            y -= LINE;
        }
        Ok(())
    }

    /// The size at which a line fits the window.
    fn fitting(&self, line: &str, size: f32, smallest: f32) -> Result<f32> {
        let size = size.min(size * ADDRESS_WIDTH * MM / self.font.width(line, size).max(1.0));
        match size >= smallest {
            true => Ok(size),
            false => Err(Error::bad_input(format!("a line of the address is too wide for a window: {line}"))),
        }
    }

    /// Returns where the body begins.
    fn subject(&self, letter: &Letter, page: &mut Page) -> f32 {
        let mut y = self.y(self.paper.address + TO_SUBJECT);
        for line in self.wrapped(&letter.text.subject) {
            page.lines.push(Placed { y, bold: true, ..line });
            y -= LINE;
        }
        y - LINE
    }

    /// Which page it is of how many, where there are several.
    fn number(&self, pages: &mut [Page]) {
        let count = pages.len();
        if count == 1 {
            return;
        }
        for (n, page) in pages.iter_mut().enumerate() {
            let text = format!("{} / {count}", n + 1);
            let x = (self.paper.width - RIGHT) * MM - self.font.width(&text, SIZE);
            page.lines.push(Placed { x, y: 14.0 * MM, size: SIZE, bold: false, text });
        }
    }

    /// From the top in millimetres to the bottom in points.
    fn y(&self, from_top: f32) -> f32 {
        (self.paper.height - from_top) * MM
    }

    /// A line as several that are no wider than the page. What is set in stays so.
    fn wrapped(&self, line: &str) -> Vec<Placed> {
        let text = line.trim_start_matches(' ');
        let indent = self.font.width(" ", SIZE) * (line.len() - text.len()) as f32;
        let room = (self.paper.width - LEFT - RIGHT) * MM - indent;
        let placed =
            |text: &str| Placed { x: LEFT * MM + indent, y: 0.0, size: SIZE, bold: false, text: text.to_owned() };
        let mut lines = Vec::new();
        let mut current = String::new();
        // At blanks; not at those that must not break.
        for word in text.split(' ').flat_map(|word| self.pieces(word, room)) {
            let longer = if current.is_empty() { word.clone() } else { format!("{current} {word}") };
            if current.is_empty() || self.font.width(&longer, SIZE) <= room {
                current = longer;
            } else {
                lines.push(placed(&current));
                current = word;
            }
        }
        lines.push(placed(&current));
        lines
    }

    /// A word, in pieces where it is wider than a line.
    fn pieces(&self, word: &str, room: f32) -> Vec<String> {
        let mut pieces = vec![String::new()];
        let mut width = 0.0;
        for c in word.chars() {
            let wide = self.font.glyph(c).map_or(0.0, |glyph| self.font.advance(glyph)) * SIZE / 1000.0;
            if width + wide > room {
                pieces.push(String::new());
                width = 0.0;
            }
            width += wide;
            if let Some(piece) = pieces.last_mut() {
                piece.push(c);
            }
        }
        pieces
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_page_and_no_word_is_lost(line in "[ -~à-öŁ-ž]{0,400}") {
            let font = Font::new().unwrap();
            let layout = Layout::new(&font, Paper::A4);
            let lines = layout.wrapped(&line);
            for placed in &lines {
                prop_assert!(placed.x + font.width(&placed.text, placed.size) <= (210.0 - RIGHT) * MM + 0.5 || placed.x > 180.0 * MM);
            }
            let bare = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(lines.iter().map(|line| bare(&line.text)).collect::<String>(), bare(&line));
        }
    }
}
