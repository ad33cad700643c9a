//! Waits until the user wants an end: Ctrl-C, or a signal to terminate.

use std::sync::mpsc::{self, Receiver};
#[cfg(unix)]
use std::task::Poll;
use std::thread;

use tokio::runtime::Builder;

use super::Fault;

/// From now on these signals do not end the process; the receiver hears of the first.
///
/// # Errors
/// The system does not let them be heard.
pub fn stop_signal() -> Result<Receiver<()>, Fault> {
    let cannot = |error: std::io::Error| Fault::new(format!("cannot wait for Ctrl-C: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    // Here and not in the thread: the first signal must not come too early.
    let signals = {
        let _entered = runtime.enter();
        Signals::new().map_err(cannot)?
    };
    let (heard, receiver) = mpsc::channel();
    thread::spawn(move || {
        runtime.block_on(signals.first());
        // Whoever waited may be gone.
        let _ = heard.send(());
    });
    Ok(receiver)
}

#[cfg(unix)]
struct Signals([tokio::signal::unix::Signal; 2]);

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals([signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?]))
    }

    async fn first(self) {
        let Signals([mut interrupt, mut terminate]) = self;
        std::future::poll_fn(|context| {
            let heard = interrupt.poll_recv(context).is_ready() || terminate.poll_recv(context).is_ready();
            if heard { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals)
    }

    async fn first(self) {
        // Without it only the end of the process ends the wait.
        let _ = tokio::signal::ctrl_c().await;
    }
}
