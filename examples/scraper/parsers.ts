/**
 * The parser threads.
 *
 * Each thread has an inbox of its own, because a `Receiver` has one owner. With one `Arc<Mutex<Receiver>>` for all, a
 * thread that waits for a page would hold the lock, and the others could not see the end. Main knows the length of each
 * inbox and sends a page to the least loaded thread, so a thread with a long page gets no more. Inboxes are bounded, so
 * fetching slows down to the speed of parsing.
 *
 * Drops propagate the end. `finish` drops the inboxes' senders, so each thread's loop ends. Its sender of results is
 * dropped with its closure, and after the last one `results` ends.
 */
import { drop, move, mpsc, thread } from 'fearless'
import type { Arc, JoinHandle, Mutex, Receiver, Sender, SyncSender } from 'fearless'
import { parsePage } from './parse.ts'
import type { PageText } from './parse.ts'
import { afterPage } from './stats.ts'
import type { Stats } from './stats.ts'

const INBOX_PAGES = 4

export type FetchedPage = {
  readonly url: string
  readonly status: number
  readonly contentType: string
  readonly fetchMs: number
  readonly body: Uint8Array<ArrayBuffer>
}

type ParsedPage = {
  readonly url: string
  readonly status: number
  readonly thread: number
  readonly bytes: number
  readonly fetchMs: number
  readonly parseMs: number
  readonly text: PageText
}

export type ParseResult = ParsedPage | { readonly url: string; readonly thread: number; readonly problem: string }

type Inbox = { readonly pages: SyncSender<FetchedPage>; readonly handle: JoinHandle<void>; waiting: number }

export class Parsers {
  readonly results: Receiver<ParseResult>
  readonly #inboxes: readonly Inbox[]

  constructor(threads: number, stats: Arc<Mutex<Stats>>) {
    const [tx, rx] = mpsc.channel<ParseResult>()
    this.results = rx
    this.#inboxes = Array.from({ length: threads }, (_, i) => startParser(i, stats, tx.clone()))
    drop(tx)
  }

  /** Sends a page to the least loaded thread. Waits while that thread's inbox is full. */
  async give(page: FetchedPage): Promise<void> {
    const inbox = this.#inboxes.reduce((least, one) => (one.waiting < least.waiting ? one : least))
    inbox.waiting += 1
    await inbox.pages.send(page)
  }

  /** Records a result: its thread has one page less to parse. */
  seen(result: ParseResult): void {
    this.#inboxes[result.thread]!.waiting -= 1
  }

  /** Closes the inboxes. The threads parse the pages in them, and finish. */
  finish(): void {
    for (const inbox of this.#inboxes) drop(inbox.pages)
  }

  /** Waits until all threads have finished. Throws the error of a thread. */
  async join(): Promise<void> {
    await Promise.all(this.#inboxes.map(async inbox => await inbox.handle.join()))
  }
}

function startParser(index: number, stats: Arc<Mutex<Stats>>, results: Sender<ParseResult>): Inbox {
  const [tx, rx] = mpsc.channel<FetchedPage>(INBOX_PAGES)
  const handle = thread.builder({ name: `parser ${index + 1}` }).spawn(
    move(() => {
      for (const { url, status, contentType, fetchMs, body } of rx) {
        const start = performance.now()
        try {
          const text = parsePage(url, body, contentType)
          const parseMs = performance.now() - start
          const counts = { links: text.linkCount, words: text.words, bytes: body.byteLength }
          {
            using all = stats.lock().wait()
            all.value = afterPage(all.value, index, counts, parseMs)
          }
          results.send({ url, status, thread: index, bytes: body.byteLength, fetchMs, parseMs, text })
        } catch (error) {
          results.send({ url, thread: index, problem: String(error) })
        }
      }
    }),
  )
  return { pages: tx, handle, waiting: 0 }
}
