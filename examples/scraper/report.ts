/**
 * The summary, as a table of plain text.
 */
import type { Summary } from './crawl.ts'
import type { FailureKind } from './failure.ts'

const FAILURES: Readonly<Record<FailureKind, string>> = {
  'bad-url': 'no valid address',
  dns: 'unknown host',
  network: 'connection failed',
  parse: 'could not be parsed',
  redirects: 'redirects without end',
  refused: 'connection refused',
  robots: 'kept out by robots.txt',
  status: 'error status',
  timeout: 'timed out',
  'too-long': 'too long',
  type: 'not HTML',
}

export function report(summary: Summary): string {
  const { stats, brokenLinks, elapsedMs, stopped } = summary
  const rows: Row[] = [
    ['pages', count(stats.pages), stopped ? 'stopped early' : ''],
    ['links', count(stats.links), ''],
    ['broken links', count(brokenLinks), ''],
    ['words', count(stats.words), ''],
    ['bytes', count(stats.bytes), ''],
  ]
  for (const [kind, text] of Object.entries(FAILURES) as [FailureKind, string][]) {
    const failures = stats.failures[kind] ?? 0
    if (failures > 0) rows.push([text, count(failures), 'addresses'])
  }
  rows.push(['time', seconds(elapsedMs), `${count(stats.pages / (elapsedMs / 1000))} pages a second`])
  for (const [i, thread] of stats.threads.entries()) {
    const share = `${Math.round((100 * thread.busyMs) / elapsedMs)} %`
    rows.push([`parser ${i + 1} busy`, seconds(thread.busyMs), `${share}, ${count(thread.pages)} pages`])
  }
  return table(rows)
}

type Row = readonly [name: string, value: string, note: string]

/** Formats rows: names aligned left, numbers aligned right, then notes. */
function table(rows: readonly Row[]): string {
  const names = Math.max(...rows.map(([name]) => name.length))
  const values = Math.max(...rows.map(([, value]) => value.length))
  return rows
    .map(([name, value, note]) => {
      return `${name.padEnd(names)}  ${value.padStart(values)}  ${note}`.trimEnd() + '\n'
    })
    .join('')
}

function count(n: number): string {
  return Math.round(n).toLocaleString('en-GB')
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
