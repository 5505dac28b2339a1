/**
 * The trace of a failing interleaving, as data and as text: for each step the thread, the source line, and the value
 * read or written.
 */
import { CELLS, type Value } from '../engine/cell.ts'
import { MAX_PROCESSES } from '../engine/events.ts'
import {
  CAS,
  CHOOSE,
  WAIT_RESULTS,
  JOIN,
  KILL,
  LOAD,
  STEP_NAMES,
  NOTIFY,
  SPAWN,
  STORE,
  SWAP,
  WAIT,
  WAIT_ASYNC,
  WAKE,
  XOR,
} from '../engine/ops.ts'
import type { ExecutionState, Failure, Recorder } from '../engine/execution-state.ts'
import { DEATH, REAPER, WATCHER } from '../engine/processes.ts'
import type { Driver } from './search.ts'

/** A source line of the program. */
export interface Source {
  readonly file: string
  readonly line: number
  /** The text of the line, or an empty string if the file cannot be read. */
  readonly text: string
}

/** One step, or one plain access, of the failing interleaving. */
export interface TraceStep {
  /** The index of the thread in the order of births, and its name. */
  readonly thread: number
  readonly name: string
  readonly what: string
  readonly source?: Source
}

/** Matches the URL of a module that the compiler has extracted from a file, with the line numbers of that file. */
const CUT_OUT = /\.fl-\d+\.mjs(?:\?.*)?$/
/** The URL of the model checker's own code, whose frames are skipped. The build puts some of it into `shared`. */
const OWN = new URL('.', import.meta.url).href.replace(/(?:shared|search)\/$/, '')
/** Matches the frame in which a driver calls a thread's body. */
const FOOT = / at (?:\w+\.)?#(?:run|turn) \(/
const BESIDE = /\.(test|model|fixture|bench)\.[cm]?[jt]s/

export class Trace implements Recorder {
  readonly steps: TraceStep[] = []
  readonly #driver: Driver
  readonly #sources: (Source | undefined)[] = new Array<Source | undefined>(MAX_PROCESSES + 1)

  constructor(driver: Driver) {
    this.#driver = driver
  }

  stand(process: number): void {
    this.#sources[process] = sourceHere()
  }

  step(execution: ExecutionState, process: number, event: number, result: Value): void {
    if (execution.decidesDeath) return
    const kind = execution.events.kind[event]
    if (this.#driver.bell !== undefined && kind !== CHOOSE && execution.at[process] === this.#driver.bell) return
    const what = kind === CHOOSE ? `choose → ${result}` : describe(this, execution, process, kind, result)
    this.#add(execution, process, what, kind === KILL || kind === CHOOSE ? undefined : this.#sources[process])
  }

  note(execution: ExecutionState, process: number, what: string): void {
    this.#add(execution, process, what, undefined)
  }

  plain(execution: ExecutionState, process: number, at: number, cell: number, write: boolean, value: Value): void {
    const what = `${write ? 'write' : 'read'} ${formatTarget(execution, at, cell)} ${write ? '=' : '→'} ${value}`
    this.#add(execution, process, what, sourceHere())
  }

  /** Returns true if the process is an idle event loop. */
  isIdle(execution: ExecutionState, process: number): boolean {
    return execution.kind[process] === WAKE && execution.at[process] === this.#driver.bell
  }

  nameOf(execution: ExecutionState, process: number): string {
    const role = execution.processes.role[process]
    const victim = (): string => this.nameOf(execution, execution.processes.victim[process])
    if (role === DEATH) return `death of ${victim()}`
    if (role === REAPER) return `after the death of ${victim()}`
    const nth = execution.processes.births.filter(other => execution.processes.role[other] === role).indexOf(process)
    if (role === WATCHER) return `woken ${nth + 1}`
    return this.#driver.name(process) ?? (process === 0 ? 'main' : `thread ${nth}`)
  }

  #add(execution: ExecutionState, thread: number, what: string, source: Source | undefined): void {
    const nth = execution.processes.births.indexOf(thread)
    this.steps.push({ thread: nth, name: this.nameOf(execution, thread), what, ...(source && { source }) })
  }
}

function describe(trace: Trace, execution: ExecutionState, process: number, kind: number, result: Value): string {
  const name = STEP_NAMES[kind]
  const where = formatTarget(execution, execution.at[process], execution.cell[process])
  const a = execution.a[process]
  switch (kind) {
    case LOAD:
      return `load ${where} → ${result}`
    case STORE:
      return `store ${where} = ${a}`
    case CAS: {
      const done = result === execution.memory.wrap(execution.cell[process], a)
      return `compareExchange ${where} ${a} to ${execution.b[process]} → ${result}${done ? '' : ', refused'}`
    }
    case NOTIFY:
      return `notify ${where} → ${result} woken`
    case WAIT:
    case WAIT_ASYNC:
      return `${name} ${where} while ${a} → ${result === 0 ? 'sleeps' : WAIT_RESULTS[result as 0 | 1 | 2]}`
    case WAKE:
      return `wakes → ${WAIT_RESULTS[result as 0 | 1 | 2]}`
    case SPAWN:
      return `spawn → ${trace.nameOf(execution, result as number)}`
    case JOIN:
      return `join ${trace.nameOf(execution, a as number)}`
    default:
      return kind >= SWAP && kind <= XOR ? `${name} ${where} ${a} → ${result}` : name
  }
}

/** Formats the target of an access: the type of the cell, and the offset in its buffer. */
function formatTarget(execution: ExecutionState, at: number, cell: number): string {
  const { reserved } = execution
  return `${CELLS[cell]}[${at >= reserved ? `+${at - reserved}` : at}]`
}

/** Returns the innermost source line of the program on the current stack. */
function sourceHere(): Source | undefined {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 60
  const { stack = '' } = new Error()
  Error.stackTraceLimit = limit
  for (const frame of stack.split('\n').slice(1)) {
    // Awaiting callers are not part of the current position, nor is another thread further down on this stack.
    if (frame.includes(' at async ') || FOOT.test(frame)) break
    const match = /\(?((?:file:\/\/|\/|[a-z]+:)[^()]*?):(\d+):\d+\)?$/.exec(frame)
    if (match === null) continue
    const [, file, line] = match as unknown as [string, string, string]
    if (file.startsWith('node:')) continue
    const url = (file.startsWith('/') ? `file://${file}` : file).replace(CUT_OUT, '')
    if (url.startsWith(OWN) && !BESIDE.test(url)) continue
    return { file: url, line: Number(line), text: lineOf(url, Number(line)) }
  }
  return undefined
}

const files = new Map<string, readonly string[]>()

function lineOf(url: string, line: number): string {
  let lines = files.get(url)
  if (lines === undefined) {
    lines = []
    try {
      const fs = globalThis.process.getBuiltinModule('node:fs')
      lines = fs.readFileSync(new URL(url.replace(/\?.*$/, '')), 'utf8').split('\n')
    } catch {
      // The text of the line is optional: the trace contains its number anyway.
    }
    files.set(url, lines)
  }
  return lines[line - 1]?.trim() ?? ''
}

/** Matches steps that decide the schedule. They are always shown. */
const TURNS = /^(?:spawn|join|wait|wakes|notify|choose|killed|pause|timer|continues)/
/** At least this many steps of one thread in one source line are merged into one row. */
const MANY = 6

interface Row extends TraceStep {
  /** The number of its last step. */
  readonly n: number
}

/**
 * Merges steps into rows. A call of the library is hundreds of steps in one source line; its row shows their number and
 * the last step.
 */
function rowsOf(steps: readonly TraceStep[]): Row[] {
  const rows: Row[] = []
  for (let from = 0; from < steps.length;) {
    let to = from + 1
    let { source } = steps[from]
    for (; to < steps.length && goesOn(steps[from], source, steps[to]); to++) source ??= steps[to].source
    if (to - from < MANY) for (; from < to; from++) rows.push({ ...steps[from], n: from + 1 })
    else {
      const last = steps[to - 1]
      const what = `${last.what} (last of ${to - from})`
      rows.push({ thread: last.thread, name: last.name, what, n: to, ...(source && { source }) })
      from = to
    }
  }
  return rows
}

function goesOn(first: TraceStep, source: Source | undefined, next: TraceStep): boolean {
  if (next.thread !== first.thread || TURNS.test(first.what) || TURNS.test(next.what)) return false
  const own = next.source
  return own === undefined || source === undefined || (own.line === source.line && own.file === source.file)
}

/** Prints the trace as text, with a column for each thread. */
export function printTrace(steps: readonly TraceStep[]): string {
  const shown = rowsOf(steps.filter(step => step.what !== 'start'))
  const lanes = [...new Map(shown.map(step => [step.thread, step.name])).entries()]
  const width = (thread: number, name: string): number =>
    Math.max(name.length, ...shown.filter(step => step.thread === thread).map(step => step.what.length))
  const widths = lanes.map(([thread, name]) => width(thread, name))
  const head = lanes.map(([, name], i) => name.padEnd(widths[i])).join('  ')
  const digits = String(shown.at(-1)?.n ?? 0).length
  const rows = shown.map(step => {
    const cells = lanes.map(([thread], i) => (thread === step.thread ? step.what : '·').padEnd(widths[i]))
    return `${String(step.n).padStart(digits)}  ${cells.join('  ')}  ${printSource(step.source)}`.trimEnd()
  })
  return [`${' '.repeat(digits)}  ${head}`.trimEnd(), ...rows].join('\n')
}

function printSource(source: Source | undefined): string {
  if (source === undefined) return ''
  const file = source.file.replace(/^.*\//, '').replace(/\?.*$/, '')
  return `${file}:${source.line}  ${source.text}`
}

/** Describes the failure in one sentence. */
export function describeFailure(execution: ExecutionState, failure: Failure, trace: Trace): string {
  const who = trace.nameOf(execution, failure.process)
  switch (failure.verdict) {
    case 'threw':
      return `${who} threw ${failure.error instanceof Error ? `${failure.error.name}: ${failure.error.message}` : String(failure.error)}`
    case 'data race': {
      const { rival, at, write } = failure
      const other = trace.nameOf(execution, rival!.process)
      return (
        `data race: ${who} ${write === true ? 'writes' : 'reads'} byte ${formatTarget(execution, at!, 1).slice(2)}, ` +
        `which ${other} has ${rival!.write ? 'written' : 'read'}, and nothing orders the two`
      )
    }
    case 'livelock':
      return (
        `livelock: threads ran for ${execution.events.length} steps without an end, and ${who} ran last. ` +
        'Call Atomics.pause() in a loop that waits for another thread'
      )
    default:
      return `${failure.verdict}: no thread can run; ${stuck(execution, trace).join(', ')}`
  }
}

function stuck(execution: ExecutionState, trace: Trace): string[] {
  const parts: string[] = []
  for (let p = 0; p < execution.width; p++) {
    if (!execution.processes.isAlive(p) || execution.processes.role[p] === DEATH) continue
    const kind = execution.kind[p]
    const name = trace.nameOf(execution, p)
    if (kind === JOIN) parts.push(`${name} waits for the end of ${trace.nameOf(execution, execution.a[p] as number)}`)
    else if (trace.isIdle(execution, p)) parts.push(`${name} awaits a promise that no thread will settle`)
    else if (kind === WAKE && execution.processes.role[p] !== WATCHER) {
      const now = execution.memory.read(execution.at[p], execution.cell[p])
      parts.push(
        `${name} sleeps on ${formatTarget(execution, execution.at[p], execution.cell[p])} while it is ${execution.a[p]}` +
          (now === execution.a[p] ? '' : `, though it is ${now}`),
      )
    }
  }
  return parts
}
