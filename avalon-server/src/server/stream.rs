//! A connection as hyper reads and writes it.
//!
//! In: a TCP stream. Out: the same, except that what is read goes through [`Targets`] first, and that it
//! fails where a client goes away that a request waits for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

use super::doing::Doing;
use super::targets::Targets;

/// What is read from the socket at a time.
const READ_BYTES: usize = 4096;

/// A TCP stream with its targets made readable.
#[derive(Debug)]
pub(super) struct Stream<'a> {
    io: TokioIo<TcpStream>,
    doing: &'a Doing,
    targets: Targets,
    read: Box<[u8]>,
    /// What hyper has not taken yet, from `taken` on.
    ready: Vec<u8>,
    taken: usize,
}

impl<'a> Stream<'a> {
    pub(super) fn new(stream: TcpStream, doing: &'a Doing) -> Self {
        Self {
            io: TokioIo::new(stream),
            doing,
            targets: Targets::default(),
            read: vec![0; READ_BYTES].into(),
            ready: Vec::new(),
            taken: 0,
        }
    }

    /// Fails where the client will send nothing more, and sees to it that the connection is polled when that
    /// comes to be. Behind a request that it has sent already, which nobody reads yet, that is not seen.
    fn poll_gone(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut byte = [0];
        let peeked = self
            .io
            .inner_mut()
            .poll_peek(context, &mut ReadBuf::new(&mut byte));
        match peeked {
            Poll::Ready(Ok(0)) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(_)) | Poll::Pending => Ok(()),
        }
    }
}

impl Read for Stream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        // A line that is not complete yet gives nothing, which would mean the end to hyper.
        while this.taken == this.ready.len() {
            this.ready.clear();
            this.taken = 0;
            let mut read = ReadBuf::new(&mut this.read);
            ready!(Pin::new(this.io.inner_mut()).poll_read(context, &mut read))?;
            if read.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.targets.push(read.filled(), &mut this.ready);
        }
        let left = &this.ready[this.taken..];
        let part = &left[..left.len().min(buffer.remaining())];
        buffer.put_slice(part);
        this.taken += part.len();
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(context, bytes))?;
        self.doing.add(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Hyper flushes whenever it is polled, and reads nothing before it has answered.
        if self.doing.waits() {
            self.poll_gone(context)?;
        }
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write_vectored(context, slices))?;
        self.doing.add(written);
        Poll::Ready(Ok(written))
    }
}
