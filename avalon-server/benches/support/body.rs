//! Bodies of answers inside the process.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use anyhow::{Result, bail};
use hyper::body::Body;

/// Takes all of a body, as a connection does that can send it at once.
pub(crate) fn drain(mut body: impl Body + Unpin) -> Result<()> {
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match Pin::new(&mut body).poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => {
                std::hint::black_box(&frame);
            }
            Poll::Ready(Some(Err(_))) => bail!("a body that fails"),
            Poll::Ready(None) => return Ok(()),
            Poll::Pending => bail!("a body of a page that is not there at once"),
        }
    }
}
