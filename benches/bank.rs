//! What it costs to read a statement of 100,000 bookings, in each format, and all records of a directory of companies:
//! time and peak memory, each in a process of its own. `cargo bench --bench bank` prints the table.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use cmr::error::Result as CmrResult;
use cmr::import::bank::{self, Found};
use cmr::import::directory::{self, DirectoryRecord, DirectorySink, Pack};
use cmr::import::evidence::{Evidence, Place, Secret, Sink};
use nix::sys::resource::{UsageWho, getrusage};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const BOOKINGS: usize = 100_000;
const PAYEES: usize = 300;
const ROUNDS: usize = 5;

/// Counts, and keeps nothing.
#[derive(Default)]
struct Count {
    found: u64,
    skipped: u64,
}

impl Sink for Count {
    fn found(&mut self, _evidence: Evidence) -> CmrResult<()> {
        self.found += 1;
        Ok(())
    }

    fn skipped(&mut self, _place: Place, _why: &str) -> CmrResult<()> {
        self.skipped += 1;
        Ok(())
    }

    fn dropped(&mut self, _secret: Secret) {}

    fn at(&mut self, _bytes: u64) -> CmrResult<()> {
        Ok(())
    }
}

impl DirectorySink for Count {
    fn record(&mut self, _record: DirectoryRecord) -> CmrResult<()> {
        self.found += 1;
        Ok(())
    }

    fn pack(&mut self, _pack: Pack) -> CmrResult<()> {
        Ok(())
    }

    fn skipped(&mut self, _file: &str, _why: &str) -> CmrResult<()> {
        self.skipped += 1;
        Ok(())
    }

    fn at(&mut self, _records: u64) -> CmrResult<()> {
        Ok(())
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, path] = words.as_slice()
        && word == "--read"
    {
        return one(Path::new(path));
    }
    let folder = tempfile::tempdir()?;
    println!("| {BOOKINGS} bookings | MB | seconds | peak MB |\n| --- | ---: | ---: | ---: |");
    for (name, write) in FORMATS {
        let path = folder.path().join(name);
        let mut file = BufWriter::new(File::create(&path)?);
        write(&mut file)?;
        file.flush()?;
        drop(file);
        row(name, &path, fs::metadata(&path)?.len())?;
    }
    match std::env::var_os("CMR_CORPUS") {
        Some(corpus) => row("datenanfragen and JustDeleteMe", &Path::new(&corpus).join("directory"), 0)?,
        None => eprintln!("CMR_CORPUS is not set: no directory was read"),
    }
    Ok(())
}

/// One row of the table: the median of some processes.
fn row(name: &str, path: &Path, bytes: u64) -> Result<()> {
    let mut runs = Vec::new();
    for _ in 0..ROUNDS {
        let output = Command::new(std::env::current_exe()?).arg("--read").arg(path).output()?;
        let text = String::from_utf8(output.stdout)?;
        let (seconds, peak) = text.trim().split_once(' ').ok_or(format!("{name}: {text}"))?;
        runs.push((seconds.parse::<f64>()?, peak.parse::<f64>()?));
    }
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, peak) = runs[ROUNDS / 2];
    println!("| {name} | {:.1} | {seconds:.3} | {peak:.1} |", bytes as f64 / 1e6);
    Ok(())
}

/// Reads one file or folder in this process, and says how long it took and how much memory.
fn one(path: &Path) -> Result<()> {
    let mut count = Count::default();
    let start = Instant::now();
    if path.is_dir() {
        directory::read(path, &mut count)?;
    } else {
        match bank::read(&mut File::open(path)?, None, &|_| None, &[], &mut count)? {
            Found::Read(summary) if summary.payments == BOOKINGS as u64 => {}
            other => return Err(format!("{other:?}").into()),
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let peak = getrusage(UsageWho::RUSAGE_SELF)?.max_rss() as f64 / 1e3;
    println!("{seconds} {peak}");
    Ok(())
}

type Writer = fn(&mut dyn Write) -> Result<()>;

const FORMATS: [(&str, Writer); 4] =
    [("CSV", csv), ("OFX 1", ofx), ("CAMT.053", camt), ("CSV, all payees differ", many)];

fn day(index: usize) -> (usize, usize, usize) {
    (2014 + index * 10 / BOOKINGS, index % 12 + 1, index % 28 + 1)
}

fn csv(file: &mut dyn Write) -> Result<()> {
    writeln!(
        file,
        "Buchungstag;Valuta;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung"
    )?;
    for index in 0..BOOKINGS {
        let (y, m, d) = day(index);
        let payee = index % PAYEES;
        writeln!(
            file,
            "{d:02}.{m:02}.{y};{d:02}.{m:02}.{y};Händler {payee} GmbH;Lastschrift;\"Rechnung {index}; danke\";1.000,00;EUR;-{},99;EUR",
            index % 200
        )?;
    }
    Ok(())
}

fn many(file: &mut dyn Write) -> Result<()> {
    writeln!(file, "Date,Description,Amount")?;
    for index in 0..BOOKINGS {
        let (y, m, d) = day(index);
        writeln!(file, "{y}-{m:02}-{d:02},Shop number a{index}b,-{}.99", index % 200)?;
    }
    Ok(())
}

fn ofx(file: &mut dyn Write) -> Result<()> {
    writeln!(
        file,
        "OFXHEADER:100\nDATA:OFXSGML\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKTRANLIST>"
    )?;
    for index in 0..BOOKINGS {
        let (y, m, d) = day(index);
        let payee = index % PAYEES;
        writeln!(
            file,
            "<STMTTRN>\n<TRNTYPE>POS\n<DTPOSTED>{y}{m:02}{d:02}120000\n<TRNAMT>-{}.99\n<FITID>{index}\n<NAME>Store {payee} Inc\n<MEMO>purchase {index}\n</STMTTRN>",
            index % 200
        )?;
    }
    writeln!(file, "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>")?;
    Ok(())
}

fn camt(file: &mut dyn Write) -> Result<()> {
    writeln!(
        file,
        "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt><Stmt>"
    )?;
    for index in 0..BOOKINGS {
        let (y, m, d) = day(index);
        let payee = index % PAYEES;
        writeln!(
            file,
            "<Ntry><Amt Ccy=\"EUR\">{}.99</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{y}-{m:02}-{d:02}</Dt></BookgDt><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RDDT</Cd>\
             <SubFmlyCd>ESDD</SubFmlyCd></Fmly></Domn></BkTxCd><NtryDtls><TxDtls><Refs><MndtId>M{payee}</MndtId></Refs>\
             <RltdPties><Cdtr><Pty><Nm>Trader {payee} Ltd</Nm><Id><PrvtId><Othr><Id>DE98ZZZ{payee:011}</Id></Othr></PrvtId></Id>\
             </Pty></Cdtr><CdtrAcct><Id><IBAN>NL56AGDH96190{payee:05}</IBAN></Id></CdtrAcct></RltdPties>\
             <RmtInf><Ustrd>invoice {index}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
            index % 200
        )?;
    }
    writeln!(file, "</Stmt></BkToCstmrStmt></Document>")?;
    Ok(())
}
