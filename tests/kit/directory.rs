//! A directory that answers whatever a story wants, by method and path.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// An answer: status, headers, body.
#[derive(Debug, Clone)]
pub struct Reply(pub u16, pub Vec<(&'static str, String)>, pub String);

impl Reply {
    pub fn status(status: u16) -> Self {
        Self(status, Vec::new(), String::new())
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self(status, Vec::new(), body.to_string())
    }

    /// An entry at this version.
    pub fn entry(body: &Value, etag: &str) -> Self {
        Self(200, vec![("ETag", etag.to_owned())], body.to_string())
    }

    /// An error of RFC 7644, section 3.12.
    pub fn error(status: u16, scim_type: &str, detail: &str) -> Self {
        Self::json(status, &json!({"status": status.to_string(), "scimType": scim_type, "detail": detail}))
    }

    /// What was found by a question.
    pub fn found(entries: &[Value]) -> Self {
        Self::json(200, &json!({"totalResults": entries.len(), "Resources": entries}))
    }
}

/// What it was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub line: String,
    pub if_match: Option<String>,
    pub body: Value,
}

#[derive(Default)]
struct Script {
    answers: HashMap<String, VecDeque<Reply>>,
    asked: Vec<Asked>,
}

/// The server. It stops when dropped.
pub struct Directory {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    stopping: Arc<AtomicBool>,
}

impl Directory {
    /// One that knows nothing.
    pub fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (script, stopping) = (Arc::new(Mutex::new(Script::default())), Arc::new(AtomicBool::new(false)));
        let directory = Self { address, script: Arc::clone(&script), stopping: Arc::clone(&stopping) };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                let script = Arc::clone(&script);
                std::thread::spawn(move || stream.and_then(|stream| serve(stream, &script)));
            }
        });
        directory
    }

    pub fn url(&self) -> String {
        format!("http://{}/scim", self.address)
    }

    /// Answers `GET /Me` and the like with these, one after the other, and the last again and again.
    pub fn answers(&self, line: &str, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().answers.insert(line.to_owned(), replies.into_iter().collect());
    }

    /// What it was asked so far, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.script.lock().unwrap().asked.clone()
    }

    /// The same as methods and paths.
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>) -> std::io::Result<()> {
    let mut reader = BufReader::new(&stream);
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(());
    }
    let mut words = first.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let path = target.split('?').next().unwrap_or_default();
    let line = format!("{method} {}", path.strip_prefix("/scim").unwrap_or(path));
    let (mut length, mut if_match) = (0, None);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim_end().split_once(':').map(|(name, value)| (name.to_ascii_lowercase(), value.trim())) {
            Some((name, value)) if name == "content-length" => length = value.parse().unwrap_or(0),
            Some((name, value)) if name == "if-match" => if_match = Some(value.to_owned()),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let Reply(status, headers, text) = {
        let mut script = script.lock().unwrap();
        script.asked.push(Asked { line: line.clone(), if_match, body });
        match script.answers.get_mut(&line) {
            Some(replies) if replies.len() > 1 => replies.pop_front(),
            Some(replies) => replies.front().cloned(),
            None => None,
        }
        .unwrap_or_else(|| Reply::status(404))
    };
    write!(stream, "HTTP/1.1 {status} Because\r\nConnection: close\r\nContent-Length: {}\r\n", text.len())?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "\r\n{text}")
}
