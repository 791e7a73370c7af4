//! A vendor that answers whatever a story wants: plain threads and sockets, so that it can also break the protocol.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cmr::wire::event::Event;
use cmr::wire::jose::SigningKey;
use cmr::wire::set::{Audience, Claims};
use serde_json::{Value, json};

/// What it answers.
#[derive(Debug, Clone)]
pub enum Say {
    /// Status, headers, body.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// This status and body, after a while.
    Late(Duration, u16, Vec<u8>),
    /// Takes the whole request and drops the connection.
    Reset,
    /// Takes the whole request and says nothing.
    Silence,
    /// This status, and a body without end.
    Endless(u16),
}

impl Say {
    pub fn status(status: u16) -> Self {
        Say::Http(status, Vec::new(), Vec::new())
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Say::Http(status, vec![("Content-Type", "application/json".into())], body.to_string().into_bytes())
    }

    /// An error of RFC 8935.
    pub fn err(code: &str, description: &str) -> Self {
        Self::json(400, &json!({"err": code, "description": description}))
    }

    pub fn with(status: u16, header: &'static str, value: impl Into<String>) -> Self {
        Say::Http(status, vec![(header, value.into())], Vec::new())
    }
}

/// What it was sent.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

struct Script {
    document: Say,
    jwks: Say,
    pushes: VecDeque<Say>,
    polls: VecDeque<Say>,
    other: Say,
    seen: Vec<Request>,
}

/// The server. It stops when dropped.
pub struct Liar {
    address: SocketAddr,
    key: Arc<SigningKey>,
    script: Arc<Mutex<Script>>,
    stopping: Arc<AtomicBool>,
}

impl Liar {
    /// One that is honest until it is told otherwise.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let key = SigningKey::generate().unwrap();
        let mut jwk = serde_json::to_value(key.public()).unwrap();
        jwk["kid"] = json!(key.thumbprint());
        let script = Arc::new(Mutex::new(Script {
            document: Say::status(404),
            jwks: Say::json(200, &json!({"keys": [jwk]})),
            pushes: VecDeque::new(),
            polls: VecDeque::new(),
            other: Say::status(404),
            seen: Vec::new(),
        }));
        let stopping = Arc::new(AtomicBool::new(false));
        let liar = Self { address, key: Arc::new(key), script, stopping };
        liar.script().document = Say::json(200, &liar.document());
        let (script, stopping) = (Arc::clone(&liar.script), Arc::clone(&liar.stopping));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                let (script, stopping) = (Arc::clone(&script), Arc::clone(&stopping));
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, &script, &stopping)));
            }
        });
        liar
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The honest document.
    pub fn document(&self) -> Value {
        let url = self.url();
        json!({
            "resource": url, "jwks_uri": format!("{url}/jwks"),
            "cmr": {"version": 1, "push_endpoint": format!("{url}/set"), "poll_endpoint": format!("{url}/poll")},
        })
    }

    /// The honest document with some members replaced.
    pub fn document_with(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut document = self.document();
        change(&mut document);
        document
    }

    pub fn publishes(&self, document: Say) {
        self.script().document = document;
    }

    /// Answers at its `jwks_uri` with this.
    pub fn publishes_keys(&self, keys: Say) {
        self.script().jwks = keys;
    }

    /// Answers the next pushes with these; after them with 202.
    pub fn answers_pushes(&self, answers: impl IntoIterator<Item = Say>) {
        self.script().pushes = answers.into_iter().collect();
    }

    /// Answers the next polls with these; after them with nothing new.
    pub fn answers_polls(&self, answers: impl IntoIterator<Item = Say>) {
        self.script().polls = answers.into_iter().collect();
    }

    /// Answers the next poll with these events and payloads, each signed for this customer as it should be.
    pub fn states(&self, customer: &str, events: &[(Event, Value)]) {
        let sets = events.iter().map(|(event, payload)| {
            let jti = uuid::Uuid::now_v7().to_string();
            let claims = Claims {
                iss: self.url(),
                aud: Audience::One(customer.to_owned()),
                jti: jti.clone(),
                iat: jiff::Timestamp::now().as_second(),
                toe: None,
                txn: None,
                sub_id: None,
                events: [(event.uri(), payload.clone())].into(),
            };
            (jti, json!(claims.sign(&self.key, false)))
        });
        let sets: serde_json::Map<String, Value> = sets.collect();
        self.answers_polls([Say::json(200, &json!({"sets": sets}))]);
    }

    /// Answers every other path with this.
    pub fn answers_elsewhere(&self, answer: Say) {
        self.script().other = answer;
    }

    /// The requests so far whose path is this.
    pub fn seen(&self, path: &str) -> Vec<Request> {
        self.script().seen.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// The bodies that were pushed so far.
    pub fn pushed(&self) -> Vec<String> {
        self.seen("/set").into_iter().map(|request| request.body).collect()
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>, stopping: &AtomicBool) -> std::io::Result<()> {
    let Some(request) = read(&stream)? else { return Ok(()) };
    let answer = {
        let mut script = script.lock().unwrap();
        let nothing_new = Say::json(200, &json!({"sets": {}}));
        let answer = match request.path.as_str() {
            "/.well-known/oauth-protected-resource" => script.document.clone(),
            "/jwks" => script.jwks.clone(),
            "/set" => script.pushes.pop_front().unwrap_or(Say::status(202)),
            "/poll" => script.polls.pop_front().unwrap_or(nothing_new),
            _ => script.other.clone(),
        };
        script.seen.push(request);
        answer
    };
    match answer {
        Say::Http(status, headers, body) => {
            write!(stream, "HTTP/1.1 {status} Because\r\nConnection: close\r\nContent-Length: {}\r\n", body.len())?;
            for (name, value) in headers {
                write!(stream, "{name}: {value}\r\n")?;
            }
            stream.write_all(b"\r\n")?;
            stream.write_all(&body)
        }
        Say::Late(wait, status, body) => {
            std::thread::sleep(wait);
            write!(stream, "HTTP/1.1 {status} Because\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len())?;
            stream.write_all(&body)
        }
        Say::Reset => Ok(()),
        Say::Silence => {
            while !stopping.load(Ordering::SeqCst) && still_there(&stream) {}
            Ok(())
        }
        Say::Endless(status) => {
            write!(stream, "HTTP/1.1 {status} Because\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let chunk = [b"1000\r\n".as_slice(), &[b'x'; 0x1000], b"\r\n"].concat();
            while !stopping.load(Ordering::SeqCst) {
                stream.write_all(&chunk)?;
            }
            Ok(())
        }
    }
}

/// Waits a moment, and says whether the client still holds the connection.
fn still_there(mut stream: &TcpStream) -> bool {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
    !matches!(stream.read(&mut [0u8; 1]), Ok(0))
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace().map(str::to_owned);
    let (method, path) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0)];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned() }))
}
