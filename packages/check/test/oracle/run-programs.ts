/**
 * Runs the programs of one file in sequence, and prints the result of each as a line of JSON on stdout.
 *
 *   node [--import @fearless/compiler/register] run-programs.ts LIMIT_MS file name...
 *
 * The process exits after a program that does not end, because its waits would disturb the next program.
 */
import { writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

export interface Ran {
  readonly name: string
  readonly printed: readonly string[]
  /** The error that ended it: its name, code and message. */
  readonly error: string | null
  readonly hung: boolean
}

type Run = (out: (value: unknown) => void) => Promise<void>

const [limit, file, ...names] = process.argv.slice(2)
const tell = (ran: Ran): void => void writeSync(1, `${JSON.stringify(ran)}\n`)
// The panic of an unjoined thread, and the error of a late callback, belong to the running program.
let late: unknown
const module = (await import(pathToFileURL(file!).href)) as Record<string, Run>
process.on('uncaughtException', error => (late ??= error))
process.on('unhandledRejection', error => (late ??= error))
let current = ''
let printed: string[] = []
const hang = (): void => tell({ name: current, printed, error: null, hung: true })
// No timer of the runner keeps the event loop alive, so an endless wait ends the loop as in a real program.
process.on('beforeExit', hang)
for (const name of names) {
  current = name
  printed = []
  late = undefined
  const timer = Promise.withResolvers<'late'>()
  const clock = setTimeout(() => timer.resolve('late'), Number(limit)).unref()
  const ended = module[name]!(value => printed.push(String(value))).then(
    () => null,
    (error: unknown) => said(error),
  )
  const error = await Promise.race([ended, timer.promise])
  clearTimeout(clock)
  await new Promise(resolve => void setImmediate(resolve))
  if (error === 'late') {
    hang()
    process.exit(0)
  }
  tell({ name, printed, error: error ?? (late === undefined ? null : said(late)), hung: false })
  ;(globalThis as { gc?: () => void }).gc?.()
}
process.off('beforeExit', hang)
// The process ends normally within a second, so that the library reports the waits that were never awaited.
setTimeout(() => process.exit(0), 1000).unref()

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return `${error.name} ${(error as { code?: string }).code ?? ''}: ${error.message}`
}
