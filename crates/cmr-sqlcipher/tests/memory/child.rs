//! The process that is looked at, and the parent's handle on it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use zeroize::Zeroizing;

/// Length of an order on the pipe, padded with spaces.
const ORDER: usize = 8;

/// The child, as the parent sees it.
pub struct Child(std::process::Child);

impl Child {
    pub fn start(path: &Path) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("child").arg(path).stdin(Stdio::piped()).stdout(Stdio::piped());
        Child(command.spawn().unwrap())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Gives an order, and waits until the child says that it was carried out.
    pub fn tell(&mut self, order: &str, key: Option<&[u8; 32]>) {
        let input = self.0.stdin.as_mut().unwrap();
        write!(input, "{order:ORDER$}").unwrap();
        input.write_all(key.map_or(&[], |key| key)).unwrap();
        input.flush().unwrap();
        let mut done = [0; 1];
        self.0.stdout.as_mut().unwrap().read_exact(&mut done).expect("the child failed");
        assert_eq!(&done, b".");
    }

    /// Gives an order that is carried out until the next one comes.
    pub fn ask(&mut self, order: &str) {
        write!(self.0.stdin.as_mut().unwrap(), "{order:ORDER$}").unwrap();
    }

    pub fn end(mut self) {
        self.tell("end", None);
        assert!(self.0.wait().unwrap().success());
    }
}

/// The child's own life. It reads without a buffer, which would keep the keys.
pub fn run(path: &Path) {
    let mut input = File::open("/dev/stdin").unwrap();
    let mut connection = None;
    let mut held = Zeroizing::new([0; 32]);
    loop {
        match order(&mut input).as_str() {
            "hold" => input.read_exact(&mut held[..]).unwrap(),
            "let go" => held.fill(0),
            "open" => connection = Some(open(path, &mut input)),
            "work" => work(connection.as_ref().unwrap(), &mut input),
            "rekey" => rekey(connection.as_ref().unwrap(), &mut input),
            "close" => drop(connection.take()),
            "wrong" => wrong(path, &mut input),
            "end" => return done(),
            other => panic!("{other}"),
        }
        done();
    }
}

fn done() {
    let mut out = std::io::stdout();
    out.write_all(b".").unwrap();
    out.flush().unwrap();
}

fn order(input: &mut File) -> String {
    let mut order = [0; ORDER];
    input.read_exact(&mut order).unwrap();
    String::from_utf8(order.to_vec()).unwrap().trim_end().to_owned()
}

fn open(path: &Path, input: &mut File) -> Connection {
    let connection = keyed(path, input);
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, text TEXT) STRICT;
             WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
               INSERT INTO t (text) SELECT hex(randomblob(200)) FROM n;",
        )
        .unwrap();
    connection
}

fn keyed(path: &Path, input: &mut File) -> Connection {
    let mut key = Zeroizing::new([0; 32]);
    input.read_exact(&mut key[..]).unwrap();
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA cipher_log_level = NONE").unwrap();
    cmr_sqlcipher::key(&connection, &key).unwrap();
    connection
}

fn rekey(connection: &Connection, input: &mut File) {
    let mut key = Zeroizing::new([0; 32]);
    input.read_exact(&mut key[..]).unwrap();
    cmr_sqlcipher::rekey(connection, &key).unwrap();
}

fn wrong(path: &Path, input: &mut File) {
    let connection = keyed(path, input);
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).unwrap_err();
}

/// Decrypts and encrypts pages until the next order has come.
fn work(connection: &Connection, input: &mut File) {
    static STOP: AtomicBool = AtomicBool::new(false);
    connection.execute_batch("PRAGMA cache_size = 10").unwrap();
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let order = order(input);
            STOP.store(true, Ordering::Relaxed);
            order
        });
        while !STOP.load(Ordering::Relaxed) {
            connection.execute_batch("UPDATE t SET text = text || '.' WHERE id % 500 = 0").unwrap();
            connection.query_row("SELECT sum(length(text)) FROM t", [], |row| row.get::<_, i64>(0)).unwrap();
        }
        waiting.join().unwrap()
    });
    assert_eq!(waiting, "stop");
}
