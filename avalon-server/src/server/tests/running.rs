//! A server over real sockets, and its clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use avalon_core::telemetry::metrics::Metric;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::app::App;
use crate::catalog::Details;
use crate::catalog::samples::{Sample, track};
use crate::server::*;

/// A test that waits for what never comes shall fail, not hang.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const SEARCH: &str = "GET /avalon/search?q=live HTTP/1.1\r\nHost: x\r\n\r\n";

/// A server on a port of its own, stopped when asked or dropped.
pub(super) struct Running {
    /// Held until searches shall come to their end; gone before the runtime, which waits for them.
    gate: Option<mpsc::Sender<()>>,
    pub(super) runtime: Runtime,
    pub(super) address: SocketAddr,
    pub(super) service: Arc<Service>,
    costly: Arc<Costly>,
    stop: Option<oneshot::Sender<()>>,
    served: Option<JoinHandle<()>>,
}

impl Running {
    /// Without a library.
    pub(super) fn loading() -> Self {
        let service = Service::new("/avalon", Box::new(|_, _| ()));
        Self::of(service, Costly::new())
    }

    pub(super) fn of(service: Service, costly: Costly) -> Self {
        Self::with_slowest(service, costly, SLOWEST_CLIENT)
    }

    /// With clients that dawdle if they take fewer bytes a second.
    pub(super) fn with_slowest(service: Service, costly: Costly, slowest: u64) -> Self {
        let (service, costly) = (Arc::new(service), Arc::new(costly));
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        let answers = Answers {
            service: service.clone(),
            costly: costly.clone(),
        };
        let served = runtime.spawn(serve_with(listener, answers, slowest, stopped));
        Self {
            gate: None,
            runtime,
            address,
            service,
            costly,
            stop: Some(stop),
            served: Some(served),
        }
    }

    /// With a library of so many tracks, where clients dawdle if they take fewer bytes a second.
    pub(super) fn with_tracks_for(count: usize, slowest: u64) -> Self {
        let service = Service::new("/avalon", Box::new(|_, _| ()));
        let running = Self::with_slowest(service, Costly::new(), slowest);
        running.service.publish(tracks(count));
        running
    }

    /// With a library of so many tracks.
    pub(super) fn with_tracks(count: usize) -> Self {
        Self::with_tracks_for(count, SLOWEST_CLIENT)
    }

    /// With a library of one track that can be searched.
    pub(super) fn searching(service: Service, costly: Costly) -> Self {
        let running = Self::of(service, costly);
        let mut sample = Sample::default();
        sample.add(track("Live"));
        let app = App::build(sample.columns()).unwrap();
        app.complete(Details::default());
        app.build_search(&[]).unwrap();
        running.service.publish(app);
        running
    }

    /// The same, with searches that do not come to their end before the gate is opened.
    pub(super) fn held_up(costly: Costly) -> Self {
        let (gate, opened) = mpsc::channel();
        let opened = Mutex::new(opened);
        let timer = move |metric, _| {
            if metric == Metric::Search {
                // Open for one, or for all.
                let _ = opened.lock().unwrap().recv();
            }
        };
        let service = Service::new("/avalon", Box::new(timer));
        Self {
            gate: Some(gate),
            ..Self::searching(service, costly)
        }
    }

    pub(super) fn open_for_one(&self) {
        self.gate.as_ref().unwrap().send(()).unwrap();
    }

    pub(super) fn open(&mut self) {
        self.gate = None;
    }

    /// Clients that have asked for a search each.
    pub(super) fn search(&self, count: usize) -> Vec<Client> {
        let mut clients: Vec<Client> = (0..count).map(|_| self.connect()).collect();
        clients.iter_mut().for_each(|client| client.send(SEARCH));
        clients
    }

    /// Waits until so many costly requests would still be taken, and so many of them at once.
    pub(super) fn wait_for_free(&self, places: usize, threads: usize) {
        let start = Instant::now();
        while self.costly.free() != (places, threads) {
            assert!(start.elapsed() < PATIENCE, "{:?}", self.costly.free());
            thread::yield_now();
        }
    }

    pub(super) fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).unwrap())
    }

    pub(super) fn ask(&self, request: &str) -> (u16, String) {
        let mut client = self.connect();
        client.send(request);
        let (status, _, body) = client.response();
        (status, body)
    }

    pub(super) fn stop(&mut self) {
        self.stop = None;
    }

    /// Waits until `serve` has returned.
    pub(super) fn join(&mut self) {
        self.runtime.block_on(self.served.take().unwrap()).unwrap();
    }
}

/// A library of so many tracks.
pub(super) fn tracks(count: usize) -> App {
    let mut sample = Sample::default();
    (0..count).for_each(|number| sample.add(track(&format!("Track {number}"))));
    App::build(sample.columns()).unwrap()
}

pub(super) struct Client {
    pub(super) stream: BufReader<TcpStream>,
}

impl Client {
    pub(super) fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(super) fn send(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).unwrap();
    }

    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Status and headers in lower case.
    pub(super) fn head(&mut self) -> (u16, Vec<(String, String)>) {
        let first = self.line();
        let status = first
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("{first:?}"));
        let status = status.parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        (status, headers)
    }

    pub(super) fn response(&mut self) -> (u16, Vec<(String, String)>, String) {
        let (status, headers) = self.head();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(0, |(_, length)| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        (status, headers, String::from_utf8(body).unwrap())
    }

    /// Begins to read a body: how many bytes it is to have.
    pub(super) fn begin(&mut self) -> usize {
        let (status, headers) = self.head();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        assert_eq!(status, 200);
        length.unwrap().1.parse().unwrap()
    }

    /// Reads to the end of the connection: how many bytes there were.
    pub(super) fn rest(&mut self) -> usize {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => panic!("{error}"),
            _ => rest.len(),
        }
    }

    pub(super) fn is_closed(&mut self) -> bool {
        self.stream.fill_buf().is_ok_and(<[u8]>::is_empty)
    }
}

pub(super) const HEARTBEAT: &str = "GET /avalon/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n";
