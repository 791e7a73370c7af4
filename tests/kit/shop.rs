//! A vendor that does as it should: the reference receiver, in this process.

use std::path::{Path, PathBuf};

use cmr::receiver::{self, Config, CustomerDetail, Server};
use tempfile::TempDir;

use super::Liar;

/// A running receiver with one customer, `ada`.
pub struct Shop {
    data: TempDir,
    pub token: String,
    server: Option<Server>,
    claims: Vec<String>,
    url: String,
    port: u16,
    /// Whether it is reached by another URL than that of its own port.
    public: bool,
}

impl Shop {
    /// One that takes any claim.
    pub fn open() -> Self {
        Self::taking(&[])
    }

    /// One that takes these claims only.
    pub fn taking(claims: &[&str]) -> Self {
        Self::start(claims, None)
    }

    /// One that is reached through a server before it.
    pub fn behind(front: &Liar) -> Self {
        let shop = Self::start(&[], Some(front.url()));
        front.stands_before(shop.server.as_ref().unwrap().address());
        shop
    }

    fn start(claims: &[&str], public_url: Option<String>) -> Self {
        let data = tempfile::Builder::new().prefix("cmr-shop-").tempdir().unwrap();
        let token = receiver::add_customer(data.path(), "ada").unwrap().token;
        let claims: Vec<String> = claims.iter().map(|claim| (*claim).to_owned()).collect();
        let public = public_url.is_some();
        let server = Server::start(config(data.path(), &claims, 0, public_url)).unwrap();
        let (url, port) = (server.resource().to_owned(), server.address().port());
        Self { data, token, server: Some(server), claims, url, port, public }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn data(&self) -> PathBuf {
        self.data.path().to_owned()
    }

    /// From the next opening on it takes these claims only.
    pub fn takes(&mut self, claims: &[&str]) {
        self.claims = claims.iter().map(|claim| (*claim).to_owned()).collect();
    }

    /// Closes the door: connections are refused.
    pub fn close(&mut self) {
        self.server = None;
    }

    /// Opens again at the same address.
    pub fn reopen(&mut self) {
        let public_url = self.public.then(|| self.url.clone());
        self.server = Some(Server::start(config(self.data.path(), &self.claims, self.port, public_url)).unwrap());
    }

    /// What it holds about its customer.
    pub fn holds(&self) -> CustomerDetail {
        receiver::show(self.data.path(), Some("ada")).unwrap().remove(0)
    }
}

fn config(data: &Path, claims: &[String], port: u16, public_url: Option<String>) -> Config {
    Config {
        listen: ([127, 0, 0, 1], port).into(),
        data_dir: data.to_owned(),
        public_url,
        name: None,
        claims_supported: claims.to_vec(),
    }
}
