//! A customer over real HTTP, for the tests of the server.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::wire::event::{DeletionCompleted, Event, GrantAcknowledged};
use crate::wire::jose::{JwkSet, SigningKey};
use crate::wire::set::{Audience, Claims, SubjectId, Unchecked, customer_issuer};

pub(super) const SECRET: &str = "very-secret-street-0451";

pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(super) fn refused_with(&self, status: u16, err: &str) {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.json()["err"], err);
    }
}

pub(super) fn http(address: SocketAddr, head: &str, body: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let head = format!("{head}\r\nHost: x\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Reply { status, head: head.to_ascii_lowercase(), body: body.into() }
}

pub(super) fn config(data_dir: &Path) -> Config {
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        data_dir: data_dir.into(),
        public_url: None,
        name: Some("Acme".into()),
        claims_supported: Vec::new(),
    }
}

/// A customer with a token and a key, and the vendor that they talk to.
pub(super) struct Fixture {
    pub(super) dir: TempDir,
    pub(super) server: Server,
    pub(super) token: String,
    pub(super) key: SigningKey,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(adapt: impl FnOnce(&mut Config)) -> Self {
        let dir = TempDir::new().unwrap();
        let mut config = config(dir.path());
        adapt(&mut config);
        let server = Server::start(config).unwrap();
        let token = add_customer(dir.path(), "jo").unwrap().token;
        Self { dir, server, token, key: SigningKey::generate().unwrap() }
    }

    pub(super) fn bound() -> Self {
        let fixture = Self::new();
        assert_eq!(fixture.bind().status, 202);
        fixture
    }

    pub(super) fn bind(&self) -> Reply {
        let set = self.claims(Event::RelationshipCreated, json!({"claims_offered": "none"}));
        self.push(&set.sign(&self.key, true))
    }

    pub(super) fn claims(&self, event: Event, payload: Value) -> Claims {
        let resource = self.server.resource();
        Claims {
            iss: customer_issuer(&self.key.thumbprint()),
            aud: Audience::One(resource.into()),
            jti: uuid::Uuid::now_v7().to_string(),
            iat: Timestamp::now().as_second(),
            toe: None,
            txn: Some("txn-1".into()),
            sub_id: Some(SubjectId::new(resource, "me")),
            events: BTreeMap::from([(event.uri(), payload)]),
        }
    }

    pub(super) fn set(&self, event: Event, payload: Value) -> String {
        self.claims(event, payload).sign(&self.key, false)
    }

    pub(super) fn push(&self, set: &str) -> Reply {
        self.push_as(&self.token, "application/secevent+jwt", set)
    }

    pub(super) fn push_as(&self, token: &str, content_type: &str, set: &str) -> Reply {
        let head = format!("POST /set HTTP/1.1\r\nAuthorization: Bearer {token}\r\nContent-Type: {content_type}");
        http(self.server.address(), &head, set.as_bytes())
    }

    pub(super) fn poll(&self, body: &Value) -> Value {
        let head =
            format!("POST /poll HTTP/1.1\r\nAuthorization: Bearer {}\r\nContent-Type: application/json", self.token);
        let reply = http(self.server.address(), &head, body.to_string().as_bytes());
        assert_eq!(reply.status, 200);
        assert!(reply.head.contains("cache-control: no-store"));
        reply.json()
    }

    pub(super) fn get(&self, path: &str) -> Reply {
        http(self.server.address(), &format!("GET {path} HTTP/1.1"), b"")
    }

    /// The answers that wait, verified with the vendor's published key, acknowledged at once.
    pub(super) fn answers(&self) -> Vec<(Claims, Event, Value)> {
        let answer = self.poll(&json!({"returnImmediately": true}));
        let sets = answer["sets"].as_object().unwrap().clone();
        let acked = self.poll(&json!({"returnImmediately": true, "ack": sets.keys().collect::<Vec<_>>()}));
        assert_eq!(acked["sets"], json!({}));
        let keys = JwkSet::parse(self.get("/jwks.json").body.as_bytes()).unwrap();
        let verified = |(jti, set): (&String, &Value)| {
            let set = Unchecked::parse(set.as_str().unwrap()).unwrap();
            let key = keys.find(set.header().kid.as_deref().unwrap()).unwrap();
            let issuer = customer_issuer(&self.key.thumbprint());
            let claims = set.verify(key, self.server.resource(), &issuer, Timestamp::now()).unwrap();
            assert_eq!(&claims.jti, jti);
            let (uri, payload) = claims.event().unwrap();
            let (event, payload) = (Event::from_uri(uri).unwrap(), payload.clone());
            (claims, event, payload)
        };
        sets.iter().map(verified).collect()
    }

    pub(super) fn acknowledgement(&self) -> GrantAcknowledged {
        let answers = self.answers();
        let [(claims, Event::GrantAcknowledged, payload)] = answers.as_slice() else {
            panic!("not one acknowledgement: {answers:?}")
        };
        assert_eq!(claims.txn.as_deref(), Some("txn-1"));
        assert_eq!(claims.sub_id.as_ref().unwrap().sub, "me");
        serde_json::from_value(payload.clone()).unwrap()
    }

    pub(super) fn deletion(&self) -> DeletionCompleted {
        let answers = self.answers();
        let [(_, Event::DeletionCompleted, payload)] = answers.as_slice() else {
            panic!("not one deletion: {answers:?}")
        };
        serde_json::from_value(payload.clone()).unwrap()
    }

    pub(super) fn detail(&self) -> CustomerDetail {
        show(self.dir.path(), Some("jo")).unwrap().remove(0)
    }
}

pub(super) fn from_now(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

pub(super) fn content(version: u32, claims: Value, seconds: i64) -> Value {
    json!({"grant_id": "g1", "version": version, "expires_at": from_now(seconds), "claims": claims,
           "record": {"purposes": ["dpv:Billing"]}})
}

pub(super) fn revocation(version: u32) -> Value {
    json!({"grant_id": "g1", "version": version, "effective_at": from_now(0), "confirm_by": from_now(99),
           "event_state": "ConsentWithdrawn", "requested": ["delete"]})
}
