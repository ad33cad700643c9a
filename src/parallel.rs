//! Work on many things on all processors, with the answers in the order of the things.

use std::num::NonZero;
use std::sync::LazyLock;
use std::thread;

/// Fewer things than this are not worth a thread.
const WORTH_A_THREAD: usize = 32;

/// How much text to read is about as much work as one thing.
const BYTES_OF_A_THING: usize = 512;

/// How many threads run at once. To ask takes as long as to read some files, so it is asked once.
static PROCESSORS: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get));

/// `work` of every item, in the order of the items, whatever thread did it.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    map_on(threads(items.len()), items, work)
}

/// The same for texts: one can be as much work as many small things.
pub(crate) fn map_texts<T: Sync, R: Send>(
    items: &[T],
    text: impl Fn(&T) -> &str,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let bytes: usize = items.iter().map(|item| text(item).len()).sum();
    map_on(threads(bytes / BYTES_OF_A_THING), items, work)
}

fn map_on<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    chunks_on(threads, items, |chunk| chunk.iter().map(&work).collect::<Vec<R>>()).into_iter().flatten().collect()
}

/// `work` of a few runs of neighbours that together are all items, in order.
pub(crate) fn chunks<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    chunks_on(threads(items.len()), items, work)
}

fn chunks_on<T: Sync, R: Send>(threads: usize, items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let size = items.len().div_ceil(threads);
    if items.len() <= size {
        return vec![work(items)];
    }
    let (first, rest) = items.split_at(size);
    thread::scope(|scope| {
        let handles: Vec<_> = rest.chunks(size).map(|chunk| scope.spawn(|| work(chunk))).collect();
        // This thread works too: it would only wait.
        let mut done = vec![work(first)];
        let joined = handles.into_iter().map(std::thread::ScopedJoinHandle::join);
        done.extend(joined.map(|result| result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))));
        done
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
    (*PROCESSORS).min(items / WORTH_A_THREAD).max(1)
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
            let doubled: Vec<usize> = items.iter().map(|i| i * 2).collect();
            assert_eq!(map(&items, |i| i * 2), doubled);
            for threads in [1, 2, 3, 7] {
                assert_eq!(map_on(threads, &items, |i| i * 2), doubled);
            }
            let texts: Vec<String> = items.iter().map(|i| "x".repeat(i * 2)).collect();
            assert_eq!(map_texts(&texts, |text| text, String::len), doubled);
            assert_eq!(chunks(&items, <[usize]>::len).iter().sum::<usize>(), count);
        }
    }
}
