//! A running server: its thread, its clock, and its end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use url::Url;

use super::desk::Desk;
use super::http::{Site, routes};
use super::store::{self, Store};
use crate::error::{Error, Result};
use crate::wire::discovery::{metadata_url, resource_id};
use crate::wire::jose::SigningKey;

/// How often grants whose time has passed are looked for, beside at every request.
const SWEEP: Duration = Duration::from_secs(60);

/// How long requests may go on once the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// How a vendor's server is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where the database is; made if it is not there.
    pub data_dir: PathBuf,
    /// The vendor's resource URL as customers see it; none means `http://` and the address.
    pub public_url: Option<String>,
    /// A name for people.
    pub name: Option<String>,
    /// Claims that the vendor takes; empty means any.
    pub claims_supported: Vec<String>,
}

/// A running server. It stops when dropped.
pub struct Server {
    address: SocketAddr,
    site: Arc<Site>,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server on a thread of its own. It listens when this returns.
    ///
    /// # Errors
    /// Kind bad input for a public URL that cannot be a vendor's; otherwise where the address is taken or the
    /// data directory cannot be used.
    pub fn start(config: Config) -> Result<Self> {
        let cannot_listen =
            |e: std::io::Error| Error::failed(format!("cannot listen on {}: {e}", config.listen)).because(e);
        let listener = TcpListener::bind(config.listen).map_err(|e| match e.kind() {
            std::io::ErrorKind::AddrInUse => cannot_listen(e).hint("another port: --listen 127.0.0.1:8081"),
            _ => cannot_listen(e),
        })?;
        listener.set_nonblocking(true).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        let site = Arc::new(open_site(&config, address)?);
        let runtime = runtime()?;
        let (stop, stopped) = watch::channel(false);
        let served = Arc::clone(&site);
        let thread = std::thread::Builder::new()
            .name("cmr-receiver".into())
            .spawn(move || {
                if let Err(error) = runtime.block_on(serve(listener, served, stopped)) {
                    log::error!("{error}");
                }
            })
            .map_err(|e| Error::failed(format!("cannot start a thread: {e}")).because(e))?;
        Ok(Self { address, site, stop, thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The vendor's resource URL.
    pub fn resource(&self) -> &str {
        self.site.desk.resource()
    }

    /// Stops the server: requests under way are answered, waiting polls at once.
    pub fn stop(self) {
        drop(self);
    }

    /// Blocks until Ctrl-C or SIGTERM, and then stops the server.
    pub fn wait(self, mut signals: Signals) {
        let Signals { runtime, interrupt, terminate } = &mut signals;
        let either = std::future::poll_fn(|context| {
            match interrupt.poll_recv(context).is_ready() || terminate.poll_recv(context).is_ready() {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        runtime.block_on(either);
        self.stop();
    }
}

/// Ctrl-C and SIGTERM, caught from now on. To be made before anybody is told that the server runs: until then a signal
/// kills the process.
pub struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches them.
    ///
    /// # Errors
    /// Where signals cannot be received.
    pub fn catch() -> Result<Self> {
        let runtime = runtime()?;
        let catch = |kind| {
            let _inside = runtime.enter();
            signal(kind).map_err(|e| Error::failed(format!("cannot wait for signals: {e}")).because(e))
        };
        let (interrupt, terminate) = (catch(SignalKind::interrupt())?, catch(SignalKind::terminate())?);
        Ok(Self { runtime, interrupt, terminate })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.site.stopping.store(true, Ordering::SeqCst);
        self.stop.send_replace(true);
        self.site.desk.news.notify_waiters();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            log::error!("the receiver's thread broke off");
        }
    }
}

fn runtime() -> Result<Runtime> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|e| Error::failed(format!("cannot start the runtime: {e}")).because(e))
}

fn open_site(config: &Config, address: SocketAddr) -> Result<Site> {
    let url = resource_url(config.public_url.as_deref(), address)?;
    let mut store = Store::create(&config.data_dir)?;
    let fresh = SigningKey::generate().map_err(|e| Error::failed("the system has no random numbers").because(e))?;
    let key = store.write(|db| store::signing_key(db, &fresh))?;
    // What a crash left in the log must not outlive a deletion that it holds.
    store.empty_log()?;
    let desk = Desk::new(store, key, resource_id(&url), config.claims_supported.clone());
    let base = url.path().trim_end_matches('/').to_owned();
    Ok(Site { desk, name: config.name.clone(), base, stopping: AtomicBool::new(false) })
}

fn resource_url(public: Option<&str>, address: SocketAddr) -> Result<Url> {
    let text = match public {
        Some(text) => text.to_owned(),
        None => format!("http://{}", reachable(address)),
    };
    let url = Url::parse(&text)
        .map_err(|e| Error::bad_input(format!("{text:?} is not a URL: {e}")).hint("such as https://shop.example"))?;
    metadata_url(&url)?;
    Ok(url)
}

/// The address with the loopback's in place of the one that means all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

async fn serve(listener: TcpListener, site: Arc<Site>, mut stopped: watch::Receiver<bool>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let clock = tokio::spawn(sweep_often(Arc::clone(&site)));
    let mut ending = stopped.clone();
    let graceful = axum::serve(listener, routes(Arc::clone(&site))).with_graceful_shutdown(async move {
        let _ = ending.wait_for(|stop| *stop).await;
    });
    let serving = tokio::spawn(graceful.into_future());
    let _ = stopped.wait_for(|stop| *stop).await;
    clock.abort();
    // A poll may have begun to wait just before the flag was set.
    site.desk.news.notify_waiters();
    if tokio::time::timeout(GRACE, serving).await.is_err() {
        log::warn!("a connection was cut off");
    }
    Ok(())
}

async fn sweep_often(site: Arc<Site>) {
    loop {
        tokio::time::sleep(SWEEP).await;
        let site = Arc::clone(&site);
        match tokio::task::spawn_blocking(move || site.desk.sweep(Timestamp::now())).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::error!("expired grants were not ended: {error}"),
            Err(error) => log::error!("expired grants were not ended: {error}"),
        }
    }
}
