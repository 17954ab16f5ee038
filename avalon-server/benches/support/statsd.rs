//! A daemon of statsd that counts what it is told and keeps nothing.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::Result;

/// Listens on a free port of the loopback address as long as the program runs.
pub(crate) struct Statsd {
    pub(crate) port: u16,
    metrics: Arc<AtomicU64>,
}

impl Statsd {
    pub(crate) fn start() -> Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let port = socket.local_addr()?.port();
        let metrics = Arc::new(AtomicU64::new(0));
        let counted = metrics.clone();
        thread::spawn(move || {
            let mut datagram = [0; 65_536];
            while let Ok(size) = socket.recv(&mut datagram) {
                let lines = datagram[..size].split(|&byte| byte == b'\n');
                let lines = lines.filter(|line| !line.is_empty()).count();
                counted.fetch_add(lines as u64, Ordering::Relaxed);
            }
        });
        Ok(Self { port, metrics })
    }

    /// Metrics that came so far.
    pub(crate) fn metrics(&self) -> u64 {
        self.metrics.load(Ordering::Relaxed)
    }
}
