/**
 * The counts that all threads share, in one `Arc<Mutex<Stats>>`.
 *
 * A change reads the whole value under the lock and writes the whole next one. So the functions here are pure, and the
 * holder of the lock sees pages, links and words of the same set of pages.
 */
import type { FailureKind } from './failure.ts'

type ThreadStats = { readonly pages: number; readonly busyMs: number }

export type Stats = {
  readonly pages: number
  readonly links: number
  readonly words: number
  readonly bytes: number
  readonly failures: { readonly [kind in FailureKind]?: number }
  readonly threads: readonly ThreadStats[]
}

export type PageCounts = { readonly links: number; readonly words: number; readonly bytes: number }

export function emptyStats(threads: number): Stats {
  return {
    pages: 0,
    links: 0,
    words: 0,
    bytes: 0,
    failures: {},
    threads: Array.from({ length: threads }, () => ({ pages: 0, busyMs: 0 })),
  }
}

export function afterPage(stats: Stats, thread: number, page: PageCounts, busyMs: number): Stats {
  return {
    ...stats,
    pages: stats.pages + 1,
    links: stats.links + page.links,
    words: stats.words + page.words,
    bytes: stats.bytes + page.bytes,
    threads: stats.threads.map((t, i) => (i === thread ? { pages: t.pages + 1, busyMs: t.busyMs + busyMs } : t)),
  }
}

export function afterFailure(stats: Stats, kind: FailureKind): Stats {
  return { ...stats, failures: { ...stats.failures, [kind]: (stats.failures[kind] ?? 0) + 1 } }
}
