//! A vendor that costs as little as one can: it takes every message that is pushed to it, and reads none. Its own process,
//! so that what is measured is the client.
//!
//! `sink [CERTIFICATE KEY]` prints its port, and runs until its standard input ends. Behind TLS with a certificate.

#![allow(clippy::print_stdout, clippy::exit, reason = "it says its port, and ends with who started it")]

use std::convert::Infallible;
use std::error::Error;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How many messages came.
static TAKEN: AtomicU64 = AtomicU64::new(0);

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let tls = match files.as_slice() {
        [] => None,
        [certificate, key] => Some(acceptor(certificate, key)?),
        _ => return Err("sink [CERTIFICATE KEY]".into()),
    };
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(tls))
}

fn acceptor(certificate: &str, key: &str) -> Result<TlsAcceptor, Box<dyn Error>> {
    let certificates = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, PrivateKeyDer::from_pem_file(key)?)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn serve(tls: Option<TlsAcceptor>) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?.port());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let tls = tls.clone();
        // One task a connection, all on this thread.
        tokio::spawn(async move {
            match tls {
                None => connection(stream).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(stream).await;
                    }
                }
            }
        });
    }
}

async fn connection(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    // A client that is gone is gone.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, body) = match request.uri().path() {
        "/count" => (StatusCode::OK, TAKEN.load(Ordering::Relaxed).to_string()),
        path if path.ends_with("/poll") => (StatusCode::OK, r#"{"sets":{}}"#.into()),
        path if path.ends_with("/set") => match request.into_body().collect().await {
            Ok(_) => {
                TAKEN.fetch_add(1, Ordering::Relaxed);
                (StatusCode::ACCEPTED, String::new())
            }
            Err(_) => (StatusCode::BAD_REQUEST, String::new()),
        },
        _ => (StatusCode::NOT_FOUND, String::new()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    Ok(response)
}
