//! One worker: a thread that answers items, and the desk between it and who watches it.
//!
//! In: batches from the queue. Out: answers, to the supervisor. What stays true: all that a worker has
//! and has not handed on lies on its [`Desk`], where the supervisor can take it. Once that happened
//! ([`Desk::abandon`]), the worker puts nothing there any more, and ends as soon as it wakes up.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::queue::Queue;

/// What threads say to the supervisor.
#[derive(Debug)]
pub(super) enum Message<I, O, R> {
    /// Answers of a worker.
    Answers(Vec<Answer<I, O>>),
    /// The thread of this worker ends.
    WorkerEnds(usize),
    /// The thread of the feed ends: with what it returned, or the message of its panic.
    FeedEnds(Result<R, String>),
}

/// What became of an item.
#[derive(Debug)]
pub(super) enum Answer<I, O> {
    Is(O),
    /// The work panicked with this message.
    Panicked(Item<I>, String),
}

/// An item in its batch.
#[derive(Debug)]
pub(super) struct Item<I> {
    batch: Arc<Vec<I>>,
    place: usize,
}

impl<I> Item<I> {
    pub(super) fn get(&self) -> Option<&I> {
        self.batch.get(self.place)
    }
}

/// Items of a batch that were not begun.
#[derive(Debug)]
pub(super) struct Rest<I> {
    batch: Arc<Vec<I>>,
    next: usize,
}

impl<I> From<Vec<I>> for Rest<I> {
    fn from(batch: Vec<I>) -> Self {
        Self {
            batch: Arc::new(batch),
            next: 0,
        }
    }
}

/// What is taken from a worker that hangs.
#[derive(Debug)]
pub(super) struct Abandoned<I, O> {
    pub(super) answers: Vec<Answer<I, O>>,
    /// What it hangs at.
    pub(super) item: Item<I>,
    pub(super) rest: Rest<I>,
}

#[derive(Debug)]
pub(super) struct Desk<I, O> {
    inner: Mutex<Inner<I, O>>,
}

#[derive(Debug)]
struct Inner<I, O> {
    rest: Rest<I>,
    answers: Vec<Answer<I, O>>,
    /// Items begun so far.
    begun: u64,
    busy: bool,
    abandoned: bool,
}

impl<I, O> Desk<I, O> {
    pub(super) fn new(rest: Rest<I>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                rest,
                answers: Vec::new(),
                begun: 0,
                busy: false,
                abandoned: false,
            }),
        }
    }

    /// The number of the item that is worked on, if there is one.
    pub(super) fn is_at(&self) -> Option<u64> {
        let inner = self.lock();
        inner.busy.then_some(inner.begun)
    }

    /// Takes the answers that are there.
    pub(super) fn take_answers(&self) -> Vec<Answer<I, O>> {
        std::mem::take(&mut self.lock().answers)
    }

    /// Takes everything where the item with the number `at` is still worked on.
    pub(super) fn abandon(&self, at: u64) -> Option<Abandoned<I, O>> {
        let mut inner = self.lock();
        if !inner.busy || inner.begun != at {
            return None;
        }
        inner.abandoned = true;
        let batch = Arc::clone(&inner.rest.batch);
        let next = inner.rest.next;
        Some(Abandoned {
            answers: std::mem::take(&mut inner.answers),
            item: Item {
                batch: Arc::clone(&batch),
                place: next.saturating_sub(1),
            },
            rest: Rest { batch, next },
        })
    }

    fn begin(&self) -> Option<Item<I>> {
        self.lock().begin()
    }

    fn put(&self, rest: Rest<I>) {
        self.lock().rest = rest;
    }

    /// Puts an answer down and begins the next item of the batch.
    fn answer_and_begin(&self, answer: Answer<I, O>) -> Next<I> {
        let mut inner = self.lock();
        if inner.abandoned {
            return Next::Abandoned;
        }
        inner.busy = false;
        inner.answers.push(answer);
        inner.begin().map_or(Next::NoMore, Next::Item)
    }

    fn lock(&self) -> MutexGuard<'_, Inner<I, O>> {
        // Nothing in here panics between two changes that belong together.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I, O> Inner<I, O> {
    fn begin(&mut self) -> Option<Item<I>> {
        let place = self.rest.next;
        if place >= self.rest.batch.len() {
            return None;
        }
        self.rest.next += 1;
        self.begun += 1;
        self.busy = true;
        Some(Item {
            batch: Arc::clone(&self.rest.batch),
            place,
        })
    }
}

/// What a worker does after an item.
enum Next<I> {
    Item(Item<I>),
    /// The batch is done.
    NoMore,
    /// Nothing: another does it.
    Abandoned,
}

/// The life of the worker with this number.
pub(super) fn work_on<I, O, R>(
    number: usize,
    desk: &Desk<I, O>,
    queue: &Queue<I>,
    work: &(impl Fn(&I) -> O + ?Sized),
    supervisor: &SyncSender<Message<I, O, R>>,
) {
    let _last_word = LastWord { number, supervisor };
    loop {
        let mut begun = desk.begin();
        while let Some(item) = begun {
            if queue.stopped() {
                return;
            }
            let Some(value) = item.get() else { break };
            // The answer replaces what the work was at; nothing else is shared with it.
            let answer = match catch_unwind(AssertUnwindSafe(|| work(value))) {
                Ok(answer) => Answer::Is(answer),
                Err(panic) => {
                    let message = message_of(panic.as_ref());
                    Answer::Panicked(item, message)
                }
            };
            begun = match desk.answer_and_begin(answer) {
                Next::Item(item) => Some(item),
                Next::NoMore => None,
                Next::Abandoned => return,
            };
        }
        let answers = desk.take_answers();
        if !answers.is_empty() && supervisor.send(Message::Answers(answers)).is_err() {
            return;
        }
        match queue.take() {
            Some(batch) => desk.put(batch.into()),
            None => return,
        }
    }
}

/// Says at the end of a thread, however it comes, that it ends.
struct LastWord<'a, I, O, R> {
    number: usize,
    supervisor: &'a SyncSender<Message<I, O, R>>,
}

impl<I, O, R> Drop for LastWord<'_, I, O, R> {
    fn drop(&mut self) {
        // Nobody listens any more once the run is over.
        let _ = self.supervisor.send(Message::WorkerEnds(self.number));
    }
}

/// The message of a panic.
pub(super) fn message_of(panic: &(dyn Any + Send)) -> String {
    if let Some(message) = panic.downcast_ref::<&str>() {
        (*message).to_owned()
    } else if let Some(message) = panic.downcast_ref::<String>() {
        message.clone()
    } else {
        "a panic without a message".to_owned()
    }
}
