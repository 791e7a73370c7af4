//! What it costs that a change goes to 500 vendors by four channels: the whole push beside a push to one vendor of each
//! channel, in one run. `cargo bench --bench channels` prints the table of docs/performance.md.
#![allow(clippy::print_stdout)]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use cmr::delivery::channel::{Given, settings};
use cmr::delivery::exchange::AT_ONCE;
use cmr::delivery::http::Http;
use cmr::delivery::mail::{self, Account, Tls};
use cmr::delivery::talk::{self, Plan, Send};
use cmr::delivery::{self, MessageState};
use cmr::vault::Vault;
use cmr::vault::key::DataKey;
use cmr::vault::slot::{NewSlot, new_recovery};
use cmr::vendor::{self, Channel, ChannelKind, FoundBy, NewVendor, Vendor};
use secrecy::SecretString;
use url::Url;

#[path = "push/mailbag.rs"]
#[allow(dead_code, reason = "of the other bench's vaults this one needs the messages")]
mod mailbag;
use mailbag::Result;

/// How long a vendor may take, for the shared part.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long every server takes to answer a request: what a network and a vendor take.
const LATENCY: Duration = Duration::from_millis(40);

/// Rounds of each row.
const ROUNDS: usize = 5;

/// Vendors in all, in equal parts of each channel.
const VENDORS: usize = 500;

const KINDS: [ChannelKind; 4] = [ChannelKind::Set, ChannelKind::Scim, ChannelKind::Connector, ChannelKind::Mail];

fn main() -> Result<()> {
    let (web, smtp) = (serve(web)?, serve(smtp)?);
    let work = tempfile::Builder::new().prefix("channels-").tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("\n| | seconds |\n| --- | ---: |");
    let (mut slowest, mut sum) = (0.0_f64, 0.0);
    for kind in KINDS {
        let one = median(|round| push(&work.path().join(format!("{}-{round}", kind.name())), &[kind], 1, web, smtp))?;
        println!("| one vendor by {} | {one:.3} |", kind.name());
        slowest = slowest.max(one);
        sum += one * (VENDORS / KINDS.len()) as f64;
    }
    let all = median(|round| push(&work.path().join(format!("all-{round}")), &KINDS, VENDORS, web, smtp))?;
    let bound = slowest + sum / AT_ONCE as f64;
    println!("| {VENDORS} vendors by four channels | {all:.3} |");
    println!("| the slowest one, and the sum of all by {AT_ONCE} connections | {bound:.3} |");
    println!("| ratio | {:.2} |", all / bound);
    Ok(())
}

fn median(mut measure: impl FnMut(usize) -> Result<f64>) -> Result<f64> {
    let mut rounds = (0..ROUNDS).map(&mut measure).collect::<Result<Vec<_>>>()?;
    rounds.sort_by(f64::total_cmp);
    Ok(rounds[ROUNDS / 2])
}

/// Makes a vault with so many vendors, by these channels in turn, and times one push of one message to each.
fn push(dir: &Path, kinds: &[ChannelKind], vendors: usize, web: u16, smtp: u16) -> Result<f64> {
    let (identity, _) = new_recovery();
    let mut vault = Vault::create(dir, &DataKey::generate()?, &[NewSlot::Recovery(&identity)], mailbag::profile)?;
    vault.write(|tx| {
        mail::put_account(
            tx,
            &Account {
                from: "ada@example.org".into(),
                name: None,
                host: "127.0.0.1".into(),
                port: smtp,
                tls: Tls::None,
                user: None,
                password: None,
            },
        )?;
        for number in 0..vendors {
            let vendor = vendor(number, kinds[number % kinds.len()], web)
                .map_err(|e| cmr::error::Error::failed(e.to_string()))?;
            let vendor: Vendor = vendor::add(tx, vendor)?;
            vendor::mark_introduced(tx, &vendor.id)?;
            mailbag::message(tx, &vendor)?;
        }
        Ok(())
    })?;
    let _turn = talk::turn(&vault, || {})?;
    let start = Instant::now();
    talk::talk(&mut vault, Http::new(PATIENCE)?, &Plan { send: Send::All, ..Plan::default() }, |_| {})?;
    let seconds = start.elapsed().as_secs_f64();
    let all = delivery::list(vault.connection(), true)?;
    match all.iter().find(|message| message.state != MessageState::Delivered) {
        Some(message) => Err(format!("{:?} by {:?}: {:?}", message.state, message.channel, message.reason).into()),
        None => Ok(seconds),
    }
}

fn vendor(number: usize, kind: ChannelKind, web: u16) -> Result<NewVendor> {
    let url = Url::parse(&format!("http://127.0.0.1:{web}/v{number}"))?;
    let given = Given {
        url: Some(match kind {
            ChannelKind::Connector => Url::parse(&format!("http://127.0.0.1:{web}"))?,
            _ => url.clone(),
        }),
        connector: Some("wordpress".into()),
        with: match kind {
            ChannelKind::Connector => [("username".to_owned(), "ada".to_owned())].into(),
            _ => [].into(),
        },
        mail_to: Some(format!("privacy@v{number}.example")),
        language: Some("en".into()),
        allow_loopback: true,
        ..Given::default()
    };
    let document = serde_json::json!({
        "resource": url, "jwks_uri": format!("{url}/jwks"),
        "cmr": {"version": 1, "push_endpoint": format!("{url}/set"), "poll_endpoint": format!("{url}/poll")},
    });
    let metadata = match kind {
        ChannelKind::Set => Some(serde_json::from_value(document)?),
        _ => None,
    };
    let channel = Channel { kind, settings: settings(kind, &given)?, found_by: FoundBy::User };
    Ok(NewVendor {
        name: format!("vendor-{number:06}"),
        url,
        metadata,
        channels: vec![channel],
        keys: Vec::new(),
        allow_loopback: true,
        approved_origins: Vec::new(),
        token: Some(SecretString::from(format!("token-{number}"))),
    })
}

/// Serves connections, a thread each, for as long as the process lasts.
fn serve(talk: fn(TcpStream) -> std::io::Result<()>) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || talk(stream));
        }
    });
    Ok(port)
}

/// A server of everything but mail: it takes whatever comes, and shows one user.
fn web(stream: TcpStream) -> std::io::Result<()> {
    const USER: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"1","userName":"ada"}"#;
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone()?), stream);
    writer.set_nodelay(true)?;
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        std::io::copy(&mut std::io::Read::take(&mut reader, length), &mut std::io::sink())?;
        thread::sleep(LATENCY);
        let (status, body) = if first.contains("/set ") { ("202 Accepted", "") } else { ("200 OK", USER) };
        let head = "Content-Type: application/json\r\nETag: W/\"1\"";
        write!(writer, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    }
}

/// A mail server that takes everything.
fn smtp(stream: TcpStream) -> std::io::Result<()> {
    let (mut reader, mut writer) = (BufReader::new(stream.try_clone()?), stream);
    writer.set_nodelay(true)?;
    writer.write_all(b"220 here\r\n")?;
    let (mut line, mut data) = (String::new(), false);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let word = line.trim_end().to_ascii_uppercase();
        let answer: &[u8] = match (data, word.as_str()) {
            (true, ".") => {
                data = false;
                thread::sleep(LATENCY);
                b"250 taken\r\n"
            }
            (true, _) => continue,
            (_, "DATA") => {
                data = true;
                b"354 go on\r\n"
            }
            (_, "QUIT") => return writer.write_all(b"221 bye\r\n"),
            _ => b"250 fine\r\n",
        };
        writer.write_all(answer)?;
    }
}
