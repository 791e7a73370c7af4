//! The law that a user may call upon, as data. Where none is known that applies, none is named.

use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// The law that gives a user the rights that a text calls upon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Law {
    /// Regulation (EU) 2016/679, in the Union and in the EEA (EEA Joint Committee Decision 154/2018).
    Gdpr,
    /// The same as it is part of the law of the United Kingdom (Data Protection Act 2018, section 3(10)).
    UkGdpr,
    /// The Swiss Federal Act on Data Protection of 25 September 2020 (SR 235.1), in force since 1 September 2023.
    Swiss,
    /// California Consumer Privacy Act of 2018, as amended by the Privacy Rights Act of 2020: Cal. Civ. Code § 1798.100 ff.
    California,
    /// None that is known here.
    None,
}

/// The Union's members, and those of the European Economic Area: by ISO 3166-1, and as people write them in an address.
const EEA: [(&str, &[&str]); 30] = [
    ("AT", &["Austria", "Österreich", "Autriche"]),
    ("BE", &["Belgium", "België", "Belgique", "Belgien", "Bélgica"]),
    ("BG", &["Bulgaria", "България", "Bulgarie", "Bulgarien"]),
    ("CY", &["Cyprus", "Κύπρος", "Chypre", "Zypern", "Chipre"]),
    ("CZ", &["Czechia", "Czech Republic", "Česko", "Česká republika", "Tchéquie", "Tschechien", "Chequia"]),
    ("DE", &["Germany", "Deutschland", "Allemagne", "Alemania"]),
    ("DK", &["Denmark", "Danmark", "Danemark", "Dänemark", "Dinamarca"]),
    ("EE", &["Estonia", "Eesti", "Estonie", "Estland"]),
    ("ES", &["Spain", "España", "Espagne", "Spanien"]),
    ("FI", &["Finland", "Suomi", "Finlande", "Finnland", "Finlandia"]),
    ("FR", &["France", "Frankreich", "Francia"]),
    ("GR", &["Greece", "Ελλάδα", "Grèce", "Griechenland", "Grecia", "EL"]),
    ("HR", &["Croatia", "Hrvatska", "Croatie", "Kroatien", "Croacia"]),
    ("HU", &["Hungary", "Magyarország", "Hongrie", "Ungarn", "Hungría"]),
    ("IE", &["Ireland", "Éire", "Irlande", "Irland", "Irlanda"]),
    ("IS", &["Iceland", "Ísland", "Islande", "Island", "Islandia"]),
    ("IT", &["Italy", "Italia", "Italie", "Italien"]),
    ("LI", &["Liechtenstein"]),
    ("LT", &["Lithuania", "Lietuva", "Lituanie", "Litauen", "Lituania"]),
    ("LU", &["Luxembourg", "Luxemburg", "Lëtzebuerg", "Luxemburgo"]),
    ("LV", &["Latvia", "Latvija", "Lettonie", "Lettland", "Letonia"]),
    ("MT", &["Malta", "Malte"]),
    ("NL", &["Netherlands", "The Netherlands", "Nederland", "Pays-Bas", "Niederlande", "Países Bajos"]),
    ("NO", &["Norway", "Norge", "Norvège", "Norwegen", "Noruega"]),
    ("PL", &["Poland", "Polska", "Pologne", "Polen", "Polonia"]),
    ("PT", &["Portugal"]),
    ("RO", &["Romania", "România", "Roumanie", "Rumänien", "Rumanía"]),
    ("SE", &["Sweden", "Sverige", "Suède", "Schweden", "Suecia"]),
    ("SI", &["Slovenia", "Slovenija", "Slovénie", "Slowenien", "Eslovenia"]),
    ("SK", &["Slovakia", "Slovensko", "Slovaquie", "Slowakei", "Eslovaquia"]),
];

const UNITED_KINGDOM: [&str; 9] =
    ["GB", "UK", "United Kingdom", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland", "Royaume-Uni"];
const SWITZERLAND: [&str; 6] = ["CH", "Switzerland", "Schweiz", "Suisse", "Svizzera", "Suiza"];
const UNITED_STATES: [&str; 5] = ["US", "USA", "United States", "United States of America", "U.S.A."];
const CALIFORNIA: [&str; 3] = ["CA", "US-CA", "California"];

fn is_among(name: &str, names: &[&str]) -> bool {
    let name = name.trim().to_lowercase();
    names.iter().any(|known| known.to_lowercase() == name)
}

impl Law {
    /// The law where somebody lives: a country and a part of it, by ISO 3166 or as they stand in an address. A name that is
    /// not known is no country: none is guessed.
    pub fn of(country: &str, part: Option<&str>) -> Self {
        if EEA.iter().any(|(code, names)| is_among(country, &[code]) || is_among(country, names)) {
            Law::Gdpr
        } else if is_among(country, &UNITED_KINGDOM) {
            Law::UkGdpr
        } else if is_among(country, &SWITZERLAND) {
            Law::Swiss
        } else if is_among(country, &UNITED_STATES) && part.is_some_and(|part| is_among(part, &CALIFORNIA)) {
            Law::California
        } else {
            Law::None
        }
    }

    /// Until when an answer is due that is asked for on a day.
    ///
    /// A month: GDPR, Art. 12(3), and the same of the UK GDPR. 45 days: § 1798.130(a)(2)(A). The Swiss act sets no time for
    /// a correction or a deletion: 30 days are asked for, as its ordinance has it for access (DSV, Art. 18), and where no law
    /// is named too.
    pub fn answer_by(self, asked: Date) -> Date {
        let time: Span = match self {
            Law::Gdpr | Law::UkGdpr => 1.month(),
            Law::California => 45.days(),
            Law::Swiss | Law::None => 30.days(),
        };
        asked.saturating_add(time)
    }

    /// Where its provisions stand among those of a language.
    pub(super) fn cites(self, all: &[Cites; 4]) -> Option<&Cites> {
        match self {
            Law::Gdpr => Some(&all[0]),
            Law::UkGdpr => Some(&all[1]),
            Law::Swiss => Some(&all[2]),
            Law::California => Some(&all[3]),
            Law::None => None,
        }
    }
}

/// The provisions of a law as a language cites them, each fit to stand in brackets. None where the law has none.
///
/// | what | GDPR and UK GDPR | Switzerland | California |
/// |---|---|---|---|
/// | correct | Art. 16 | Art. 32(1) | § 1798.106 |
/// | withdraw consent | Art. 7(3) | Art. 30(2)(b), by an express declaration | |
/// | erase after a withdrawal | Art. 17(1)(b) | Art. 32(2)(c) | § 1798.105 |
/// | erase what is not needed any more | Art. 17(1)(a) | Art. 32(2)(c) | § 1798.105 |
/// | tell those who have it | Art. 19 | Art. 32(4) | § 1798.105(c)(1), of a deletion alone |
/// | answer in time | Art. 12(3) | | § 1798.130(a)(2) |
#[derive(Debug)]
pub(super) struct Cites {
    pub(super) correct: Option<&'static str>,
    pub(super) withdraw: Option<&'static str>,
    pub(super) erase_withdrawn: Option<&'static str>,
    pub(super) erase_unneeded: Option<&'static str>,
    pub(super) tell_correction: Option<&'static str>,
    pub(super) tell_erasure: Option<&'static str>,
    pub(super) answer: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_law_is_named_where_it_holds_and_nowhere_else() {
        for (country, part, law) in [
            ("FR", None, Law::Gdpr),
            ("no", None, Law::Gdpr),
            ("ελλάδα", None, Law::Gdpr),
            ("Deutschland", None, Law::Gdpr),
            ("GB", Some("England"), Law::UkGdpr),
            ("CH", Some("ZH"), Law::Swiss),
            ("US", Some("ca"), Law::California),
            ("US", Some("California"), Law::California),
            ("US", Some("NY"), Law::None),
            ("US", None, Law::None),
            ("CA", Some("CA"), Law::None),
            ("JE", None, Law::None),
            ("", None, Law::None),
        ] {
            assert_eq!(Law::of(country, part), law, "{country} {part:?}");
        }
    }

    #[test]
    fn a_month_is_a_month_and_never_goes_past_the_end_of_one() {
        assert_eq!(Law::Gdpr.answer_by(date(2026, 1, 31)), date(2026, 2, 28));
        assert_eq!(Law::UkGdpr.answer_by(date(2026, 11, 25)), date(2026, 12, 25));
        assert_eq!(Law::California.answer_by(date(2026, 11, 25)), date(2027, 1, 9));
        assert_eq!(Law::None.answer_by(date(2026, 11, 25)), date(2026, 12, 25));
    }
}
