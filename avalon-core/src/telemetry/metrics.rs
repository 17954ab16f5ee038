//! Metrics: how long requests take, and how often the library is loaded anew, to a statsd daemon
//! over UDP.
//!
//! In: a metric and a time, or a counter, from any thread. Out: lines `<prefix>.request.<endpoint>:<ms>|ms`
//! and `<prefix>.reload.<outcome>:1|c`, several to a packet, at most a second later. A caller puts an
//! event into a bounded queue and goes on: it never waits, allocates or wakes a thread. A thread of its
//! own resolves the host, writes the protocol and sends. Where the queue is full or nobody listens,
//! events are lost in silence.
//!
//! Times are written with their fraction (`0.532|ms`), as the original's client did: most requests
//! take less than a millisecond.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use cadence::{BufferedUdpMetricSink, MetricSink};

use crate::settings::Settings;

/// How long an event waits before it is sent.
const PERIOD: Duration = Duration::from_millis(250);

/// How many events can wait: at 100,000 requests a second, those of a third of a second.
const QUEUE: usize = 32_768;

/// The most bytes of a packet that no network needs to split.
const PACKET: usize = 1432;

/// How long the end of the program waits for the last packet.
const LAST: Duration = Duration::from_millis(500);

/// Every timer that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// The time of a request for albums.
    Albums,
    /// The time of a request for artists.
    Artists,
    /// The time of a request for genres.
    Genres,
    /// The time of a request for songs.
    Songs,
    /// The time of a request for one song.
    Song,
    /// The time of a search.
    Search,
    /// The time of a request for suggestions.
    Suggest,
}

impl Metric {
    /// Its name, behind the prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Albums => "request.albums",
            Self::Artists => "request.artists",
            Self::Genres => "request.genres",
            Self::Songs => "request.songs",
            Self::Song => "request.song",
            Self::Search => "request.search",
            Self::Suggest => "request.suggest",
        }
    }
}

/// Every counter that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// A library was loaded in place of the one that was served.
    ReloadDone,
    /// An attempt at that failed.
    ReloadFailed,
}

impl Counter {
    /// Its name, behind the prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReloadDone => "reload.done",
            Self::ReloadFailed => "reload.failed",
        }
    }
}

/// What is waiting to be sent.
#[derive(Clone, Copy, Debug)]
enum Event {
    Time(Metric, Duration),
    Count(Counter),
}

/// Where events are put. The last are sent when it is dropped.
#[derive(Debug)]
pub struct Metrics(Option<Running>);

#[derive(Debug)]
struct Running {
    events: SyncSender<Event>,
    /// Dropping it ends the thread.
    stop: Option<std::sync::mpsc::Sender<()>>,
    /// Closed by the thread at its end.
    ended: std::sync::Mutex<Receiver<()>>,
}

impl Metrics {
    /// Starts sending, unless STATSD_HOST is empty. It does not wait for the host's name to be
    /// resolved; one that does not resolve is a warning in the log.
    pub fn start(settings: &Settings) -> Self {
        Self::start_with(settings, resolve)
    }

    /// As [`Metrics::start`], with another way to resolve the host's name.
    fn start_with<F>(settings: &Settings, resolve: F) -> Self
    where
        F: FnOnce(&str, u16) -> io::Result<SocketAddr> + Send + 'static,
    {
        let (host, port) = (settings.statsd_host.clone(), settings.statsd_port);
        if host.is_empty() {
            return Self(None);
        }
        let prefix = settings.statsd_prefix.clone();
        let (events, queue) = sync_channel(QUEUE);
        let (stop, stopped) = channel();
        let (end, ended) = channel();
        let work = move || {
            match resolve(&host, port).and_then(sink) {
                Ok(sink) => send(&mut Lines::new(sink, &prefix), &queue, &stopped),
                Err(error) => {
                    log::warn!("no metrics: cannot send to statsd at {host}:{port}: {error}");
                }
            }
            drop(end);
        };
        let thread = thread::Builder::new()
            .name("metrics".to_owned())
            .spawn(work);
        if let Err(error) = thread {
            log::warn!("no metrics: cannot start their thread: {error}");
            return Self(None);
        }
        Self(Some(Running {
            events,
            stop: Some(stop),
            ended: ended.into(),
        }))
    }

    /// Notes how long a request took.
    pub fn time(&self, metric: Metric, time: Duration) {
        self.put(Event::Time(metric, time));
    }

    /// Counts one more.
    pub fn count(&self, counter: Counter) {
        self.put(Event::Count(counter));
    }

    fn put(&self, event: Event) {
        if let Some(running) = &self.0 {
            // Lost where the queue is full, or where there is nowhere to send to.
            let _ = running.events.try_send(event);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop = None;
        // A thread that still waits for a name server is left behind.
        if let Ok(ended) = self.ended.get_mut() {
            let _ = ended.recv_timeout(LAST);
        }
    }
}

/// Sends what the queue holds, again and again, until `stopped` is closed. It sleeps between rounds
/// instead of waiting for the queue, so that a request need not wake it.
fn send(lines: &mut Lines, queue: &Receiver<Event>, stopped: &Receiver<()>) {
    loop {
        let last_round = stopped.recv_timeout(PERIOD) != Err(RecvTimeoutError::Timeout);
        for event in queue.try_iter().take(QUEUE) {
            match event {
                Event::Time(metric, time) => lines.time(metric, time),
                Event::Count(counter) => lines.count(counter),
            }
        }
        lines.flush();
        if last_round {
            return;
        }
    }
}

/// Metrics as statsd has them. Written here and not by cadence's client, which formats a floating point
/// number for each: at a hundred thousand requests a second that alone was a twentieth of their cost.
struct Lines {
    sink: BufferedUdpMetricSink,
    /// With its dot, if there is one.
    prefix: String,
    line: String,
}

impl Lines {
    fn new(sink: BufferedUdpMetricSink, prefix: &str) -> Self {
        let dot = if prefix.is_empty() { "" } else { "." };
        Self {
            sink,
            prefix: format!("{prefix}{dot}"),
            line: String::new(),
        }
    }

    /// Milliseconds, to the nanosecond.
    fn time(&mut self, metric: Metric, time: Duration) {
        self.begin(metric.name());
        push_milliseconds(time, &mut self.line);
        self.end("|ms");
    }

    fn count(&mut self, counter: Counter) {
        self.begin(counter.name());
        self.line.push('1');
        self.end("|c");
    }

    fn begin(&mut self, name: &str) {
        self.line.clear();
        self.line.push_str(&self.prefix);
        self.line.push_str(name);
        self.line.push(':');
    }

    fn end(&mut self, kind: &str) {
        self.line.push_str(kind);
        // A packet that cannot be sent is a packet that nobody gets.
        let _ = self.sink.emit(&self.line);
    }

    fn flush(&self) {
        let _ = self.sink.flush();
    }
}

/// Appends a time in milliseconds, with as much of its fraction as is not zero.
fn push_milliseconds(time: Duration, out: &mut String) {
    let mut numbers = itoa::Buffer::new();
    out.push_str(numbers.format(time.as_millis()));
    let fraction = time.subsec_nanos() % 1_000_000;
    if fraction > 0 {
        out.push('.');
        // A leading one keeps the zeros behind the point.
        out.push_str(&numbers.format(1_000_000 + fraction)[1..]);
        out.truncate(out.trim_end_matches('0').len());
    }
}

fn sink(address: SocketAddr) -> io::Result<BufferedUdpMetricSink> {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.set_nonblocking(true)?;
    let sink = BufferedUdpMetricSink::with_capacity(address, socket, PACKET);
    sink.map_err(io::Error::other)
}

/// The address of the host: of IPv4 where it has one, as with Python's statsd client.
fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let addresses: Vec<_> = (bare.unwrap_or(host), port).to_socket_addrs()?.collect();
    let first_of_v4 = addresses.iter().find(|address| address.is_ipv4());
    let address = first_of_v4.or(addresses.first()).copied();
    address.ok_or_else(|| io::Error::other("the name has no address"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, Overrides, load_from};
    use std::path::PathBuf;

    fn settings(host: &str, port: u16, prefix: &str) -> Settings {
        let port = port.to_string();
        let variables = [
            ("AVALON_STATSD_HOST", host),
            ("AVALON_STATSD_PORT", &port),
            ("AVALON_STATSD_PREFIX", prefix),
        ];
        let pairs = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        let environment = Environment {
            variables: pairs.collect(),
            data_directory: Some(PathBuf::from("/nowhere")),
            ..Environment::default()
        };
        load_from(&environment, &Overrides::default())
            .unwrap()
            .settings
    }

    fn listener() -> (UdpSocket, u16) {
        let listener = UdpSocket::bind("127.0.0.1:0").unwrap();
        listener
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    fn receive(listener: &UdpSocket) -> String {
        let mut packet = [0; 2048];
        let length = listener.recv(&mut packet).unwrap();
        String::from_utf8(packet[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_daemon_receives_timers_and_counters_while_the_program_runs() {
        let (listener, port) = listener();
        let metrics = Metrics::start(&settings("localhost", port, "avalon.test."));
        for (metric, microseconds) in [
            (Metric::Albums, 532),
            (Metric::Artists, 1_000),
            (Metric::Genres, 0),
            (Metric::Songs, 61_000_001),
        ] {
            metrics.time(metric, Duration::from_micros(microseconds));
        }
        metrics.time(Metric::Song, Duration::from_millis(3));
        metrics.time(Metric::Search, Duration::from_millis(4));
        metrics.time(Metric::Suggest, Duration::from_micros(250));
        metrics.count(Counter::ReloadDone);
        metrics.count(Counter::ReloadFailed);
        let mut lines = String::new();
        while lines.lines().count() < 9 {
            lines += &receive(&listener);
        }
        assert_eq!(
            lines.lines().collect::<Vec<_>>(),
            [
                "avalon.test.request.albums:0.532|ms",
                "avalon.test.request.artists:1|ms",
                "avalon.test.request.genres:0|ms",
                "avalon.test.request.songs:61000.001|ms",
                "avalon.test.request.song:3|ms",
                "avalon.test.request.search:4|ms",
                "avalon.test.request.suggest:0.25|ms",
                "avalon.test.reload.done:1|c",
                "avalon.test.reload.failed:1|c",
            ]
        );
        drop(metrics);
    }

    #[test]
    fn the_last_times_are_sent_at_the_end() {
        let (listener, port) = listener();
        let metrics = Metrics::start(&settings("127.0.0.1", port, ""));
        metrics.time(Metric::Songs, Duration::from_millis(2));
        drop(metrics);
        listener.set_nonblocking(true).unwrap();
        assert_eq!(receive(&listener).trim_end(), "request.songs:2|ms");
    }

    #[test]
    fn nothing_waits_where_nobody_can_be_reached() {
        for host in ["", "[::1]", "127.0.0.1"] {
            let metrics = Metrics::start(&settings(host, 9, "avalon"));
            for _ in 0..2 * QUEUE {
                metrics.time(Metric::Songs, Duration::from_millis(1));
            }
        }
    }

    #[test]
    fn nothing_waits_for_a_name_server() {
        let (answer, asked) = channel();
        // It answers after all the rest: who waited for it would wait for ever.
        let silent =
            move |_: &str, _: u16| asked.recv().unwrap_or(Err(io::ErrorKind::Other.into()));
        let metrics = Metrics::start_with(&settings("a name", 9, "avalon"), silent);
        for _ in 0..2 * QUEUE {
            metrics.time(Metric::Songs, Duration::from_millis(1));
        }
        answer.send(Err(io::ErrorKind::NotFound.into())).unwrap();
    }

    #[test]
    fn a_host_is_an_address_or_a_name_and_ipv4_comes_first() {
        for (host, expected) in [
            ("127.0.0.1", "127.0.0.1:8125"),
            ("localhost", "127.0.0.1:8125"),
            ("::1", "[::1]:8125"),
            ("[::1]", "[::1]:8125"),
        ] {
            assert_eq!(resolve(host, 8125).unwrap().to_string(), expected, "{host}");
        }
        assert!(resolve("a\0b", 8125).is_err());
    }

    #[test]
    fn times_are_milliseconds_to_the_nanosecond() {
        for (nanoseconds, expected) in [
            (0, "0"),
            (1, "0.000001"),
            (532_000, "0.532"),
            (1_000_000, "1"),
            (12_000_050, "12.00005"),
            (61_234_567_890, "61234.56789"),
        ] {
            let mut line = String::from("x:");
            push_milliseconds(Duration::from_nanos(nanoseconds), &mut line);
            assert_eq!(line, format!("x:{expected}"));
        }
    }
}
