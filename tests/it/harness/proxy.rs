//! A TCP proxy before PostgreSQL that fails when a test wants it to.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How connections are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Bytes go through.
    Fine,
    /// Connections break, and new ones are not taken.
    Away,
    /// Connections stand, and no byte goes through in either direction.
    Hung,
}

/// What happens to a COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The connection breaks before the server sees it.
    Before,
    /// The connection breaks after the server has committed, before the answer.
    After,
    /// The server commits, and no answer ever comes.
    Silent,
}

/// The next COMMIT to hit.
#[derive(Debug, Clone, Copy)]
struct Ambush {
    cut: Cut,
    /// Only on a connection that has sent this before.
    marked_by: &'static str,
    /// How many COMMITs of marked connections pass before.
    passing: usize,
}

#[derive(Debug)]
struct Rules {
    weather: watch::Sender<Weather>,
    ambushes: Mutex<Vec<Ambush>>,
}

/// A running proxy on a thread of its own, until the process ends or the value is dropped.
pub struct Proxy {
    url: String,
    rules: Arc<Rules>,
    _running: std::sync::mpsc::Sender<()>,
}

impl Proxy {
    /// A proxy before the server of this URL.
    pub fn before(url: &str) -> Self {
        let start = url.find('@').map(|at| at + 1).expect("a URL with a user");
        let length = url[start..].find('/').expect("a URL with a database");
        let server: SocketAddr = url[start..start + length].parse().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let rules = Arc::new(Rules {
            weather: watch::channel(Weather::Fine).0,
            ambushes: Mutex::default(),
        });
        let (running, until) = std::sync::mpsc::channel::<()>();
        let heard = rules.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            runtime.spawn(listen(listener, server, heard));
            let _ = until.recv();
            runtime.shutdown_background();
        });
        Self {
            url: format!("{}{address}{}", &url[..start], &url[start + length..]),
            rules,
            _running: running,
        }
    }

    /// The database behind the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Changes how all connections are treated from now on.
    pub fn turn(&self, weather: Weather) {
        self.rules.weather.send_replace(weather);
    }

    /// Hits a COMMIT of a connection that has sent `marked_by` before, after `passing` such ones have gone through.
    pub fn ambush(&self, cut: Cut, marked_by: &'static str, passing: usize) {
        self.rules.ambushes.lock().unwrap().push(Ambush {
            cut,
            marked_by,
            passing,
        });
    }

    /// How many ambushes have not been met yet.
    pub fn waiting(&self) -> usize {
        self.rules.ambushes.lock().unwrap().len()
    }
}

impl Rules {
    /// What hits a COMMIT of a connection that has sent `sent`.
    fn hit(&self, sent: &Marks) -> Option<Cut> {
        let mut ambushes = self.ambushes.lock().unwrap();
        let first = ambushes.first_mut().filter(|ambush| sent.has(ambush.marked_by))?;
        if first.passing > 0 {
            first.passing -= 1;
            return None;
        }
        Some(ambushes.remove(0).cut)
    }
}

/// What a connection has sent, as far as ambushes ask: texts of statements.
#[derive(Default)]
struct Marks(Vec<u8>);

impl Marks {
    const KEPT: usize = 1 << 16;

    fn note(&mut self, bytes: &[u8]) {
        // Statements' texts come with a connection's first transactions.
        let room = Self::KEPT.saturating_sub(self.0.len());
        self.0.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn has(&self, text: &str) -> bool {
        contains(&self.0, text.as_bytes())
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn listen(listener: std::net::TcpListener, server: SocketAddr, rules: Arc<Rules>) {
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((client, _)) = listener.accept().await {
        if *rules.weather.borrow() != Weather::Away {
            tokio::spawn(carry(client, server, rules.clone()));
        }
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, rules: Arc<Rules>) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut weather = rules.weather.subscribe();
    let mut marks = Marks::default();
    loop {
        let now = *weather.borrow_and_update();
        tokio::select! {
            changed = weather.changed() => if changed.is_err() { return },
            read = client.read(&mut up), if now == Weather::Fine => {
                let Ok(length @ 1..) = read else { return };
                let sent = &up[..length];
                marks.note(sent);
                let cut = contains(sent, b"COMMIT\0").then(|| rules.hit(&marks)).flatten();
                if cut == Some(Cut::Before) || server.write_all(sent).await.is_err() {
                    return;
                }
                match cut {
                    Some(Cut::After) => return drop(server.read(&mut down).await),
                    Some(Cut::Silent) => return silence(client).await,
                    Some(Cut::Before) | None => {}
                }
            }
            read = server.read(&mut down), if now == Weather::Fine => {
                let Ok(length @ 1..) = read else { return };
                if client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
        }
        if *weather.borrow() == Weather::Away {
            return;
        }
    }
}

/// Takes what the client sends, and says nothing, until the client is gone.
async fn silence(mut client: TcpStream) {
    let mut heard = vec![0; 1 << 12];
    while client.read(&mut heard).await.is_ok_and(|length| length > 0) {}
}
