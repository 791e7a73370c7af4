//! A vendor that answers whatever a story wants: plain threads and sockets, so that it can also break the protocol. It
//! can also stand before one that does as it should, see all that it is sent, and lose what comes back.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::{Duration, Instant};

use cmr::wire::event::Event;
use cmr::wire::jose::SigningKey;
use cmr::wire::set::{Audience, Claims};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// What it answers.
#[derive(Debug, Clone)]
pub enum Say {
    /// Status, headers, body.
    Http(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// This status and body, after a while.
    Late(Duration, u16, Vec<u8>),
    /// This status, and the beginning of a body that breaks off.
    BrokenOff(u16, &'static str),
    /// Takes the whole request and drops the connection.
    Reset,
    /// Takes the whole request and says nothing.
    Silence,
    /// This status, and a body without end.
    Endless(u16),
    /// This status, a byte a second from its first one on.
    SlowHead(u16),
    /// This status, and a body without end, a byte a second.
    SlowBody(u16),
    /// Hands the request on to the vendor behind, and its answer back.
    Pass,
    /// Hands the request on to the vendor behind, and drops the connection.
    Lose,
    /// Hands the request on to the vendor behind, and the client is dead before it is answered.
    Kill(Victim),
}

/// The client that is to die: known once it was started.
pub type Victim = Arc<OnceLock<Pid>>;

impl Say {
    pub fn status(status: u16) -> Self {
        Say::Http(status, Vec::new(), Vec::new())
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Say::Http(status, vec![("Content-Type", "application/json".into())], body.to_string().into_bytes())
    }

    /// The answer to a poll that hands over these, by their `jti`s.
    pub fn sets(sets: impl IntoIterator<Item = (String, String)>) -> Self {
        let sets: serde_json::Map<String, Value> = sets.into_iter().map(|(jti, set)| (jti, json!(set))).collect();
        Self::json(200, &json!({"sets": sets}))
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
    /// Counts the connections: it came by the n-th.
    connection: usize,
}

struct Script {
    document: Say,
    jwks: Say,
    pushes: VecDeque<Say>,
    polls: VecDeque<Say>,
    at: BTreeMap<String, VecDeque<Say>>,
    other: Say,
    behind: Option<SocketAddr>,
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
            at: BTreeMap::new(),
            other: Say::status(404),
            behind: None,
            seen: Vec::new(),
        }));
        let stopping = Arc::new(AtomicBool::new(false));
        let liar = Self { address, key: Arc::new(key), script, stopping };
        liar.script().document = Say::json(200, &liar.document());
        let (script, stopping) = (Arc::clone(&liar.script), Arc::clone(&liar.stopping));
        std::thread::spawn(move || {
            for (connection, stream) in listener.incoming().enumerate() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                let (script, stopping) = (Arc::clone(&script), Arc::clone(&stopping));
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, connection, &script, &stopping)));
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
        let events: Vec<_> = events.iter().map(|(event, payload)| (event.uri(), payload.clone())).collect();
        self.says(customer, None, &events);
    }

    /// The same by the events' URIs, of a transaction.
    pub fn says(&self, customer: &str, txn: Option<&str>, events: &[(String, Value)]) {
        let sets = events.iter().map(|(uri, payload)| {
            let jti = uuid::Uuid::now_v7().to_string();
            let mut claims = self.claims(customer, &jti, Event::Verification, Value::Null);
            claims.txn = txn.map(str::to_owned);
            claims.events = [(uri.clone(), payload.clone())].into();
            (jti, claims.sign(&self.key, false))
        });
        self.answers_polls([Say::sets(sets)]);
    }

    /// Answers at this path with these, one after another; the last of them stays.
    pub fn answers_at(&self, path: &str, answers: impl IntoIterator<Item = Say>) {
        self.script().at.insert(path.to_owned(), answers.into_iter().collect());
    }

    /// Answers every other path with this.
    pub fn answers_elsewhere(&self, answer: Say) {
        self.script().other = answer;
    }

    /// From now on it hands on to this vendor whatever it has no answer of its own to.
    pub fn stands_before(&self, vendor: SocketAddr) {
        let mut script = self.script();
        script.behind = Some(vendor);
        (script.document, script.jwks, script.other) = (Say::Pass, Say::Pass, Say::Pass);
    }

    /// Signs an answer of the vendor's for this customer.
    pub fn sign(&self, customer: &str, event: Event, payload: Value) -> (String, String) {
        let jti = uuid::Uuid::now_v7().to_string();
        let token = self.claims(customer, &jti, event, payload).sign(&self.key, false);
        (jti, token)
    }

    /// The claims of such an answer.
    pub fn claims(&self, customer: &str, jti: &str, event: Event, payload: Value) -> Claims {
        Claims {
            iss: self.url(),
            aud: Audience::One(customer.to_owned()),
            jti: jti.to_owned(),
            iat: jiff::Timestamp::now().as_second(),
            toe: None,
            txn: None,
            sub_id: None,
            events: [(event.uri(), payload)].into(),
        }
    }

    /// The key that it signs with.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The requests so far whose path is this, in the order in which they were begun.
    pub fn seen(&self, path: &str) -> Vec<Request> {
        let mut seen: Vec<_> = self.script().seen.iter().filter(|request| request.path == path).cloned().collect();
        seen.sort_by_key(|request| request.connection);
        seen
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

fn serve(
    mut stream: TcpStream,
    connection: usize,
    script: &Mutex<Script>,
    stopping: &AtomicBool,
) -> std::io::Result<()> {
    let Some(request) = read(&stream, connection)? else { return Ok(()) };
    let (answer, behind) = {
        let mut script = script.lock().unwrap();
        let honest = |say: Say| if script.behind.is_some() { Say::Pass } else { say };
        let (taken, nothing_new) = (honest(Say::status(202)), honest(Say::sets([])));
        let answer = match request.path.as_str() {
            "/.well-known/oauth-protected-resource" => script.document.clone(),
            "/jwks" => script.jwks.clone(),
            "/set" => script.pushes.pop_front().unwrap_or(taken),
            "/poll" => script.polls.pop_front().unwrap_or(nothing_new),
            path => match script.at.get_mut(path) {
                Some(answers) if answers.len() > 1 => answers.pop_front().unwrap(),
                Some(answers) => answers.front().unwrap().clone(),
                None => script.other.clone(),
            },
        };
        script.seen.push(request.clone());
        (answer, script.behind)
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
        Say::BrokenOff(status, body) => {
            write!(stream, "HTTP/1.1 {status} Because\r\nConnection: close\r\nContent-Length: 4000\r\n\r\n{body}")
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
        Say::SlowHead(status) => {
            let head = format!("HTTP/1.1 {status} Because\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            slowly(&stream, head.bytes(), stopping)
        }
        Say::SlowBody(status) => {
            write!(stream, "HTTP/1.1 {status} Because\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n")?;
            slowly(&stream, std::iter::repeat(b' '), stopping)
        }
        Say::Pass => stream.write_all(&hand_on(&request, behind)?),
        Say::Lose => hand_on(&request, behind).map(|_| ()),
        Say::Kill(victim) => {
            hand_on(&request, behind)?;
            kill_process(*victim.wait(), Signal::KILL).map_err(Into::into)
        }
    }
}

/// Hands a request on as it came, and gives the answer as it comes.
fn hand_on(request: &Request, behind: Option<SocketAddr>) -> std::io::Result<Vec<u8>> {
    let mut vendor = TcpStream::connect(behind.expect("a vendor stands behind"))?;
    let Request { method, path, headers, body, .. } = request;
    write!(vendor, "{method} {path} HTTP/1.1\r\nConnection: close\r\n")?;
    for (name, value) in headers.iter().filter(|(name, _)| name != "connection") {
        write!(vendor, "{name}: {value}\r\n")?;
    }
    write!(vendor, "\r\n{body}")?;
    let mut answer = Vec::new();
    vendor.read_to_end(&mut answer)?;
    Ok(answer)
}

/// Writes a byte a second, for as long as anybody listens.
fn slowly(mut stream: &TcpStream, bytes: impl Iterator<Item = u8>, stopping: &AtomicBool) -> std::io::Result<()> {
    for byte in bytes {
        let next = Instant::now() + Duration::from_secs(1);
        stream.write_all(&[byte])?;
        while Instant::now() < next {
            if stopping.load(Ordering::SeqCst) || !still_there(stream) {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Waits a moment, and says whether the client still holds the connection.
fn still_there(mut stream: &TcpStream) -> bool {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(20)));
    !matches!(stream.read(&mut [0u8; 1]), Ok(0))
}

fn read(stream: &TcpStream, connection: usize) -> std::io::Result<Option<Request>> {
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
    Ok(Some(Request { method, path, headers, body: String::from_utf8_lossy(&body).into_owned(), connection }))
}
