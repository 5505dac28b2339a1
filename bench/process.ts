/** Runs one cell in a process of its own and waits for its outcome for a limited time. */
import { spawn } from 'node:child_process'
import type { Entrant } from './line-up.ts'
import { BENCH } from './line-up.ts'
import { MARKER, type Outcome } from './outcome.ts'
import type { Budget } from './measure.ts'

/** The most characters kept of a failing process's output. */
const WORDS = 2000

export function runCell(entrant: Entrant, row: string, budget: Budget, limitMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const start = performance.timeOrigin + performance.now()
  const [file, ...args] = entrant.command([row, String(budget.warmMs), String(budget.ms), String(start)])
  const env = { ...process.env, ...entrant.env }
  const child = spawn(file, args, { cwd: BENCH, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let complaints = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
    const outcome = find(printed)
    if (outcome === undefined) return
    // A contender that keeps its process alive has reported its outcome all the same.
    resolve(outcome)
    child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-WORDS)
  })
  child.on('error', error => resolve({ kind: 'failed', message: error.message }))
  child.on('close', code => {
    clearTimeout(limit)
    resolve(find(printed) ?? { kind: 'failed', message: `ended with code ${code}: ${complaints.trim()}` })
  })
  const limit = setTimeout(() => {
    resolve({ kind: 'hang', message: `no answer within ${limitMs / 1000} s` })
    child.kill('SIGKILL')
  }, limitMs)
  return promise
}

function find(printed: string): Outcome | undefined {
  const line = printed
    .split('\n')
    .slice(0, -1)
    .find(line => line.startsWith(MARKER))
  return line === undefined ? undefined : (JSON.parse(line.slice(MARKER.length)) as Outcome)
}
