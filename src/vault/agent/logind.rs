//! What logind tells: the machine is about to sleep, a screen is locked, a session is over. Then the vault is locked.
//!
//! The clock tells of a sleep when it is over ([`Lease`](super::lease::Lease)); this is for the key not to be in memory
//! meanwhile. Where there is no bus or no logind nothing is said, and the clock is what is left.

use std::collections::HashMap;
use std::io::Write;
use std::mem;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use rustix::process::geteuid;
use serde::{Serialize, de::DeserializeOwned};
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::zvariant::{DynamicType, OwnedFd, OwnedObjectPath, OwnedValue, Type, Value};
use zbus::{MatchRule, Message, message};

const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
const LOGIND: &str = "org.freedesktop.login1";
const LOGIND_PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";
const SESSION: &str = "org.freedesktop.login1.Session";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// How long the bus and logind may take to answer: as long as logind waits for us before the machine sleeps.
const PATIENCE: Duration = Duration::from_secs(5);

/// Listens to logind, in a thread of its own, and writes a byte to `wake` when the vault is to be locked.
pub(super) fn watch(mut wake: UnixStream) {
    let watch = move || match Logind::wait() {
        Ok(delay) => {
            // Only the end of the process closes it: the key is gone before the machine sleeps.
            mem::forget(delay);
            let _ = wake.write_all(b"!");
        }
        Err(error) => log::debug!("logind does not tell when to lock: {error}"),
    };
    if let Err(error) = thread::Builder::new().name("logind".into()).spawn(watch) {
        log::debug!("nobody listens to logind: {error}");
    }
}

/// What a signal says.
enum News {
    /// The machine is about to sleep, or to stop.
    Sleep,
    /// The screen of a session is locked, or ought to be.
    Locked(OwnedObjectPath),
    /// A session is over.
    Over(OwnedObjectPath),
}

/// What a signal says, if it is one of those that are listened for.
fn news(signal: &Message) -> Option<News> {
    let (header, body) = (signal.header(), signal.body());
    match (header.interface()?.as_str(), header.member()?.as_str()) {
        (MANAGER, "PrepareForSleep" | "PrepareForShutdown") => body.deserialize::<bool>().ok()?.then_some(News::Sleep),
        (MANAGER, "SessionRemoved") => {
            let (_id, session) = body.deserialize::<(String, OwnedObjectPath)>().ok()?;
            Some(News::Over(session))
        }
        (SESSION, "Lock") => Some(News::Locked(header.path()?.clone().into())),
        // A desktop that locks its screen by itself sends no Lock, but says that it did.
        (PROPERTIES, "PropertiesChanged") => {
            let (of, changed, _) = body.deserialize::<(&str, HashMap<&str, Value<'_>>, Vec<&str>)>().ok()?;
            let locked = of == SESSION && changed.get("LockedHint") == Some(&Value::Bool(true));
            locked.then(|| Some(News::Locked(header.path()?.clone().into())))?
        }
        _ => None,
    }
}

/// A connection to logind.
struct Logind {
    bus: Connection,
    /// The session that this process was started in; for what no session started, the one of the user's desktop.
    home: Option<OwnedObjectPath>,
}

impl Logind {
    /// Waits until the vault is to be locked. Gives what delays the sleep, if logind gave it.
    fn wait() -> zbus::Result<Option<OwnedFd>> {
        let bus = Builder::system()?.method_timeout(PATIENCE).build()?;
        let rule = MatchRule::builder().msg_type(message::Type::Signal).sender(LOGIND)?.path_namespace(LOGIND_PATH)?;
        // Before anything is asked, so that nothing is missed.
        let signals = MessageIterator::for_match_rule(rule.build(), &bus, None)?;
        let mut logind = Self { bus, home: None };
        logind.home = logind.ask((LOGIND, LOGIND_PATH, MANAGER), "GetSession", &("auto",)).ok();
        let delay = logind.delay();
        for signal in signals {
            let signal = signal?;
            if news(&signal).is_some_and(|news| logind.sent(&signal) && logind.concerns_us(&news)) {
                return Ok(delay);
            }
        }
        // No delay either: nobody would tell us to end it.
        Err(zbus::Error::Failure("the bus is gone".into()))
    }

    /// Has the machine wait for us before it sleeps.
    fn delay(&self) -> Option<OwnedFd> {
        let what = ("sleep", "cmr", "the vault is locked first", "delay");
        self.ask((LOGIND, LOGIND_PATH, MANAGER), "Inhibit", &what)
            .inspect_err(|e| log::debug!("the machine will not wait before it sleeps: {e}"))
            .ok()
    }

    /// Whether logind sent it, as it is now: it may have been restarted, and the bus passes on what anybody sends to
    /// one program alone.
    fn sent(&self, signal: &Message) -> bool {
        let owner = self.ask::<String>((BUS, BUS_PATH, BUS), "GetNameOwner", &(LOGIND,));
        owner.is_ok_and(|owner| signal.header().sender().is_some_and(|sender| sender.as_str() == owner))
    }

    fn concerns_us(&self, news: &News) -> bool {
        match news {
            News::Sleep => true,
            News::Locked(session) => self.home.as_ref() == Some(session) || self.is_ours(session),
            News::Over(session) => self.home.as_ref() == Some(session),
        }
    }

    /// Whether a session is this user's. One that cannot be told is taken for it: that locks once too often.
    fn is_ours(&self, session: &OwnedObjectPath) -> bool {
        let user = self.ask::<OwnedValue>((LOGIND, session.as_str(), PROPERTIES), "Get", &(SESSION, "User"));
        match user.map(<(u32, OwnedObjectPath)>::try_from) {
            Ok(Ok((uid, _))) => uid == geteuid().as_raw(),
            _ => true,
        }
    }

    /// Asks an interface of an object of a program.
    fn ask<T>(&self, of: (&str, &str, &str), what: &str, with: &(impl Serialize + DynamicType)) -> zbus::Result<T>
    where
        T: DeserializeOwned + Type,
    {
        let (program, object, interface) = of;
        self.bus.call_method(Some(program), object, Some(interface), what, with)?.body().deserialize()
    }
}
