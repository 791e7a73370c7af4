//! Over real TLS: a vendor behind a proxy that ends it, with a certificate that is right, and ones that are not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skips"
)]

mod kit;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use cmr::receiver::{self, Config, Server};
use kit::TestEnv;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};

/// An authority of the test's own, and what it signs for a vendor.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }

    fn server_config(&self, name: &str, expired: bool) -> rustls::ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let certificate: CertificateDer = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap()
    }
}

/// A vendor at `https://localhost:…`: the receiver, and a proxy in front of it that ends TLS.
struct Vendor {
    url: String,
    token: String,
    tls: Tls,
    _data: TempDir,
    _server: Server,
}

/// What the proxy shows from its next connection on.
type Tls = Arc<Mutex<Arc<rustls::ServerConfig>>>;

fn vendor(tls: rustls::ServerConfig) -> Vendor {
    let data = tempfile::tempdir().unwrap();
    let token = receiver::add_customer(data.path(), "ada").unwrap().token;
    let proxy = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let listener = proxy.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let server = Server::start(Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data_dir: data.path().to_owned(),
        public_url: Some(url.clone()),
        name: None,
        claims_supported: Vec::new(),
    })
    .unwrap();
    let to = server.address();
    let tls = Arc::new(Mutex::new(Arc::new(tls)));
    let shown = Arc::clone(&tls);
    // Ends with the test's process.
    std::thread::spawn(move || proxy.block_on(forward(listener, shown, to)));
    Vendor { url, token, tls, _data: data, _server: server }
}

async fn forward(listener: TcpListener, tls: Tls, to: SocketAddr) {
    while let Ok((outside, _)) = listener.accept().await {
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&tls.lock().unwrap()));
        tokio::spawn(async move {
            let (Ok(mut outside), Ok(mut inside)) = (acceptor.accept(outside).await, TcpStream::connect(to).await)
            else {
                return;
            };
            let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}

fn add(env: &TestEnv, vendor: &Vendor, more: &str) -> std::process::Command {
    env.file("token", &vendor.token);
    env.typed(&format!("vendor add acme --url {} --token-file token {more}", vendor.url))
}

#[test]
fn the_main_job_works_over_tls() {
    let (env, authority) = (TestEnv::new(), Authority::new("ours"));
    let vendor = vendor(authority.server_config("localhost", false));
    let ca = env.file("ca.pem", authority.issuer.pem());
    kit::Run::of(add(&env, &vendor, "--allow-loopback").env("CMR_CA_FILE", &ca)).succeeded();
    env.ok("profile set email ada@example.org");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    let push = kit::Run::of(env.typed("push").env("CMR_CA_FILE", &ca)).succeeded();
    push.says("acknowledged");
}

#[test]
fn a_wrong_certificate_is_refused_by_its_reason() {
    let (env, authority, stranger) = (TestEnv::new(), Authority::new("ours"), Authority::new("theirs"));
    let ca = env.file("ca.pem", authority.issuer.pem());
    let cases = [
        (stranger.server_config("localhost", false), "UnknownIssuer", 1),
        (authority.server_config("elsewhere.example", false), "not valid for", 5),
        (authority.server_config("localhost", true), "expired", 1),
    ];
    for (tls, reason, code) in cases {
        let vendor = vendor(tls);
        let run = kit::Run::of(add(&env, &vendor, "--allow-loopback").env("CMR_CA_FILE", &ca)).ended(code);
        run.says(reason).never_says(&vendor.token);
    }
    env.ok("vendor list").says("No vendors yet");
}

#[test]
fn an_authority_that_nobody_named_is_not_trusted() {
    let (env, authority) = (TestEnv::new(), Authority::new("ours"));
    let vendor = vendor(authority.server_config("localhost", false));
    kit::Run::of(&mut add(&env, &vendor, "--allow-loopback")).ended(1).says("UnknownIssuer");
}

#[test]
fn nothing_is_sent_past_a_certificate_that_turned_wrong() {
    let (env, authority, stranger) = (TestEnv::new(), Authority::new("ours"), Authority::new("theirs"));
    let vendor = vendor(authority.server_config("localhost", false));
    let ca = env.file("ca.pem", authority.issuer.pem());
    let run = |line: &str| kit::Run::of(env.typed(line).env("CMR_CA_FILE", &ca));
    kit::Run::of(add(&env, &vendor, "--allow-loopback").env("CMR_CA_FILE", &ca)).succeeded();
    env.ok("profile set email ada@example.org");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    *vendor.tls.lock().unwrap() = Arc::new(stranger.server_config("localhost", false));
    run("push").ended(4).says("UnknownIssuer").never_says(&vendor.token);
    let open = env.json("outbox list")["messages"].as_array().unwrap().clone();
    assert!(open.iter().all(|message| message["state"] == "queued" && message["attempted"].is_null()), "{open:?}");
    *vendor.tls.lock().unwrap() = Arc::new(authority.server_config("localhost", false));
    run("push --now").ended(0).says("acknowledged");
    *vendor.tls.lock().unwrap() = Arc::new(authority.server_config("localhost", true));
    run("pull").ended(4).says("expired");
}

/// A certificate of another name is another server: its vendor is asked for by the user, and nothing goes there meanwhile.
#[test]
fn a_vendor_whose_certificate_changes_its_name_is_held() {
    let (env, authority) = (TestEnv::new(), Authority::new("ours"));
    let vendor = vendor(authority.server_config("localhost", false));
    let ca = env.file("ca.pem", authority.issuer.pem());
    let run = |line: &str| kit::Run::of(env.typed(line).env("CMR_CA_FILE", &ca));
    kit::Run::of(add(&env, &vendor, "--allow-loopback").env("CMR_CA_FILE", &ca)).succeeded();
    env.ok("profile set email ada@example.org");
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    *vendor.tls.lock().unwrap() = Arc::new(authority.server_config("elsewhere.example", false));
    run("push").ended(5).says("another server answers there").never_says(&vendor.token);
    let open = env.json("outbox list")["messages"].as_array().unwrap().clone();
    assert!(open.iter().any(|message| message["state"] == "held"), "{open:?}");
    assert!(open.iter().all(|message| message["attempted"].is_null()), "{open:?}");
    run("pull acme").ended(0);
    *vendor.tls.lock().unwrap() = Arc::new(authority.server_config("localhost", false));
    run("outbox retry --all").ended(0);
    run("push").ended(0).says("acknowledged");
    *vendor.tls.lock().unwrap() = Arc::new(authority.server_config("elsewhere.example", false));
    run("pull").ended(5).says("another server answers there");
}
