//! Who starts the threads, gives their answers to the sink, and leaves behind those that hang.
//!
//! In: the closures of a run. Out: its [`Outcome`]. What stays true: it never waits for a thread
//! without a bound; every answer comes either in a message or from a desk, never both.

use std::any::Any;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::patience::Patience;
use super::queue::{Feeder, Queue};
use super::worker::{self, Answer, Desk, Message, Rest};
use super::{Fault, Options, Outcome};

/// How long the end waits for threads that were told to stop. One that is not at a system call
/// that hangs comes back within the time that one item takes.
const GRACE: Duration = Duration::from_millis(250);

/// A pipeline whose feed has begun, and waits for workers when its queue is full. Dropped before
/// anybody works, it tells the feed to end, and does not wait for it.
pub struct Fed<I, O, R> {
    options: Options,
    queue: Arc<Queue<I>>,
    sender: SyncSender<Message<I, O, R>>,
    receiver: Receiver<Message<I, O, R>>,
    thread: Option<io::Result<JoinHandle<()>>>,
}

impl<I, O, R> Fed<I, O, R>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
    R: Send + 'static,
{
    /// Starts the feed; see [`super::feed`].
    pub(super) fn begin(
        mut options: Options,
        feed: impl FnOnce(&Feeder<I>) -> R + Send + 'static,
    ) -> Self {
        options.workers = options.workers.max(1);
        options.batch = options.batch.max(1);
        let (sender, receiver) = sync_channel(options.batches_answered());
        let queue = Queue::new(options.queued(), options.batch, options.workers);
        let queue = Arc::new(queue);
        let thread = Builder::new().name("scan-walk".to_owned()).spawn({
            let (queue, sender) = (Arc::clone(&queue), sender.clone());
            move || {
                let feeder = Feeder::new(Arc::clone(&queue));
                let end = catch_unwind(AssertUnwindSafe(|| feed(&feeder)));
                let end = end.map_err(|panic| worker::message_of(panic.as_ref()));
                queue.close();
                // Nobody listens any more once the run is over.
                let _ = sender.send(Message::FeedEnds(end));
            }
        });
        Self {
            options,
            queue,
            sender,
            receiver,
            thread: Some(thread),
        }
    }

    /// Works on all that the feed gives.
    ///
    /// * `work` runs in threads named `scan-read-1` and so on, several at a time.
    /// * `instead` says what is answered for an item that `work` gave no answer to.
    /// * `sink` gets each answer.
    /// * `tick` is called at the beginning and then every [`Options::tick`], also while nothing
    ///   arrives.
    ///
    /// `instead`, `sink` and `tick` run in the caller's thread. Where one of the latter two breaks,
    /// everything ends at once. Threads that do not hang have ended when this returns. A panic of the
    /// three, or of a destructor in a worker, goes through to the caller.
    pub fn run(
        self,
        work: impl Fn(&I) -> O + Send + Sync + 'static,
        instead: impl FnMut(&I, Fault) -> O,
        sink: impl FnMut(O) -> ControlFlow<()>,
        tick: impl FnMut() -> ControlFlow<()>,
    ) -> Outcome<R> {
        Supervisor::new(self, work, Instant::now).run(instead, sink, tick)
    }
}

impl<I, O, R> Drop for Fed<I, O, R> {
    fn drop(&mut self) {
        self.queue.stop();
    }
}

pub(super) struct Supervisor<I, O, R, W, C> {
    fed: Fed<I, O, R>,
    work: Arc<W>,
    /// The time for the patience.
    clock: C,
    workers: Vec<Worker<I, O>>,
    /// Workers started so far.
    started: usize,
    feed: Option<(JoinHandle<()>, Patience)>,
    /// Of a worker, outside of its work: a destructor's.
    panic: Option<Box<dyn Any + Send>>,
}

struct Worker<I, O> {
    number: usize,
    desk: Arc<Desk<I, O>>,
    thread: JoinHandle<()>,
    patience: Patience,
    abandoned: bool,
}

/// The closures of the caller's thread.
struct Caller<N, S, T> {
    instead: N,
    sink: S,
    tick: T,
}

impl<I, O, R, W, C> Supervisor<I, O, R, W, C>
where
    I: Send + Sync + 'static,
    O: Send + 'static,
    R: Send + 'static,
    W: Fn(&I) -> O + Send + Sync + 'static,
    C: Fn() -> Instant,
{
    pub(super) fn new(fed: Fed<I, O, R>, work: W, clock: C) -> Self {
        Self {
            fed,
            work: Arc::new(work),
            clock,
            workers: Vec::new(),
            started: 0,
            feed: None,
            panic: None,
        }
    }

    /// See [`Fed::run`].
    pub(super) fn run(
        mut self,
        instead: impl FnMut(&I, Fault) -> O,
        sink: impl FnMut(O) -> ControlFlow<()>,
        tick: impl FnMut() -> ControlFlow<()>,
    ) -> Outcome<R> {
        let mut caller = Caller {
            instead,
            sink,
            tick,
        };
        // A panic of the caller's closures must not leave threads at work either.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            self.start()
                .and_then(|()| self.supervise(&mut caller))
                .unwrap_or_else(|outcome| outcome)
        }));
        self.end();
        match (outcome, self.panic) {
            (Err(panic), _) | (Ok(_), Some(panic)) => resume_unwind(panic),
            (Ok(outcome), None) => outcome,
        }
    }

    fn start(&mut self) -> Result<(), Outcome<R>> {
        if let Some(thread) = self.fed.thread.take() {
            let patience = Patience::new(self.fed.options.feed_patience);
            self.feed = Some((thread.map_err(Outcome::NoThread)?, patience));
        }
        for _ in 0..self.fed.options.workers {
            self.start_worker(Vec::new().into())
                .map_err(Outcome::NoThread)?;
        }
        Ok(())
    }

    fn start_worker(&mut self, rest: Rest<I>) -> io::Result<()> {
        self.started += 1;
        let number = self.started;
        let desk = Arc::new(Desk::new(rest));
        let name = format!("scan-read-{number}");
        let thread = Builder::new().name(name).spawn({
            let (desk, queue) = (Arc::clone(&desk), Arc::clone(&self.fed.queue));
            let (work, sender) = (Arc::clone(&self.work), self.fed.sender.clone());
            move || worker::work_on(number, &desk, &queue, work.as_ref(), &sender)
        })?;
        self.workers.push(Worker {
            number,
            desk,
            thread,
            patience: Patience::new(self.fed.options.patience),
            abandoned: false,
        });
        Ok(())
    }

    fn supervise<N, S, T>(&mut self, caller: &mut Caller<N, S, T>) -> Result<Outcome<R>, Outcome<R>>
    where
        N: FnMut(&I, Fault) -> O,
        S: FnMut(O) -> ControlFlow<()>,
        T: FnMut() -> ControlFlow<()>,
    {
        let mut fed = None;
        let mut last_look = (self.clock)();
        let mut next_tick = Instant::now();
        loop {
            let now = Instant::now();
            if now >= next_tick {
                next_tick = now + self.fed.options.tick;
                stop_on((caller.tick)())?;
                let looked = (self.clock)();
                let step = looked.saturating_duration_since(last_look);
                last_look = looked;
                self.look_at_workers(step, caller)?;
                self.look_at_feed(step)?;
            }
            if self.workers.iter().all(|worker| worker.abandoned) {
                // Workers end when the feed has closed the queue; it says so right after that.
                if let Some(end) = fed.take() {
                    return Ok(end);
                }
            }
            let wait = next_tick.saturating_duration_since(Instant::now());
            match self.fed.receiver.recv_timeout(wait) {
                Ok(Message::Answers(answers)) => caller.take(answers)?,
                Ok(Message::WorkerEnds(number)) => {
                    self.join(number);
                    if self.panic.is_some() {
                        return Err(Outcome::Stopped);
                    }
                }
                Ok(Message::FeedEnds(end)) => {
                    self.join_feed();
                    fed = Some(Outcome::Done(end.map_err(Outcome::FeederPanicked)?));
                }
                // The supervisor holds a sender itself, so the channel stays.
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
            }
        }
    }

    /// Takes the answers that are ready, so that none waits for the rest of a slow batch, and leaves
    /// behind the workers that hang.
    fn look_at_workers<N, S, T>(
        &mut self,
        step: Duration,
        caller: &mut Caller<N, S, T>,
    ) -> Result<(), Outcome<R>>
    where
        N: FnMut(&I, Fault) -> O,
        S: FnMut(O) -> ControlFlow<()>,
    {
        let mut left_over = Vec::new();
        for worker in self.workers.iter_mut().filter(|worker| !worker.abandoned) {
            let at = worker.desk.is_at();
            let hangs = worker.patience.look(at, step);
            let abandoned = match (at, hangs) {
                (Some(at), Some(took)) => worker.desk.abandon(at).map(|what| (what, took)),
                _ => None,
            };
            let Some((what, took)) = abandoned else {
                caller.take(worker.desk.take_answers())?;
                continue;
            };
            worker.abandoned = true;
            left_over.push(what.rest);
            caller.take(what.answers)?;
            if let Some(item) = what.item.get() {
                let answer = (caller.instead)(item, Fault::Hung(took));
                stop_on((caller.sink)(answer))?;
            }
        }
        let hanging = self
            .workers
            .iter()
            .filter(|worker| worker.abandoned)
            .count();
        if hanging > self.fed.options.most_hanging {
            return Err(Outcome::WorkersHung(hanging));
        }
        for rest in left_over {
            self.start_worker(rest).map_err(Outcome::NoThread)?;
        }
        Ok(())
    }

    fn look_at_feed(&mut self, step: Duration) -> Result<(), Outcome<R>> {
        let Some((_, patience)) = &mut self.feed else {
            return Ok(());
        };
        let Some(silent) = patience.look(self.fed.queue.feed_is_at(), step) else {
            return Ok(());
        };
        // Left behind: the end does not wait for it.
        self.feed = None;
        Err(Outcome::FeederHung(silent))
    }

    /// Waits for a thread that has said its last word.
    fn join(&mut self, number: usize) {
        let Some(place) = self.workers.iter().position(|one| one.number == number) else {
            return;
        };
        let worker = self.workers.swap_remove(place);
        if let Err(panic) = worker.thread.join()
            && !worker.abandoned
        {
            self.panic = Some(panic);
        }
    }

    fn join_feed(&mut self) {
        if let Some((thread, _)) = self.feed.take() {
            // Its panics are caught, and were its last word.
            let _ = thread.join();
        }
    }

    /// Tells all threads to stop and waits a moment for those that can.
    fn end(&mut self) {
        self.fed.queue.stop();
        let until = Instant::now() + GRACE;
        while self.feed.is_some() || self.workers.iter().any(|worker| !worker.abandoned) {
            let wait = until.saturating_duration_since(Instant::now());
            match self.fed.receiver.recv_timeout(wait) {
                Ok(Message::WorkerEnds(number)) => self.join(number),
                Ok(Message::FeedEnds(_)) => self.join_feed(),
                Ok(Message::Answers(_)) => {}
                Err(_) => return,
            }
        }
    }
}

impl<N, S, T> Caller<N, S, T> {
    fn take<I, O, R>(&mut self, answers: Vec<Answer<I, O>>) -> Result<(), Outcome<R>>
    where
        N: FnMut(&I, Fault) -> O,
        S: FnMut(O) -> ControlFlow<()>,
    {
        for answer in answers {
            let answer = match answer {
                Answer::Is(answer) => Some(answer),
                Answer::Panicked(item, message) => item
                    .get()
                    .map(|item| (self.instead)(item, Fault::Panicked(message))),
            };
            if let Some(answer) = answer {
                stop_on((self.sink)(answer))?;
            }
        }
        Ok(())
    }
}

fn stop_on<R>(flow: ControlFlow<()>) -> Result<(), Outcome<R>> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Outcome::Stopped),
    }
}
