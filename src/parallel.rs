//! Work on many things on all processors, with the answers in the order of the things.

use std::num::NonZero;
use std::thread;

/// Fewer things than this are not worth a thread.
const WORTH_A_THREAD: usize = 32;

/// `work` of every item, in the order of the items, whatever thread did it.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    chunks(items, |chunk| chunk.iter().map(&work).collect::<Vec<R>>()).into_iter().flatten().collect()
}

/// `work` of a few runs of neighbours that together are all items, in order.
pub(crate) fn chunks<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = threads(items.len());
    if threads == 1 {
        return vec![work(items)];
    }
    let size = items.len().div_ceil(threads);
    thread::scope(|scope| {
        let handles: Vec<_> = items.chunks(size).map(|chunk| scope.spawn(|| work(chunk))).collect();
        let joined = handles.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// Lets many things go. Trees are many small pieces of memory, and to give them back takes time like any other work.
pub(crate) fn release<T: Send>(mut items: Vec<T>) {
    let size = items.len().div_ceil(threads(items.len()));
    thread::scope(|scope| {
        while items.len() > size {
            let last = items.split_off(items.len() - size);
            scope.spawn(move || drop(last));
        }
        drop(items);
    });
}

fn threads(items: usize) -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(items / WORTH_A_THREAD).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_let_go() {
        for count in [0, 1, 31, 64, 1001] {
            let kept = std::sync::Arc::new(());
            release(vec![kept.clone(); count]);
            assert_eq!(std::sync::Arc::strong_count(&kept), 1);
        }
    }

    #[test]
    fn answers_keep_the_order_of_the_items() {
        for count in [0, 1, 31, 32, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(map(&items, |i| i * 2), items.iter().map(|i| i * 2).collect::<Vec<_>>());
            assert_eq!(chunks(&items, <[usize]>::len).iter().sum::<usize>(), count);
        }
    }
}
