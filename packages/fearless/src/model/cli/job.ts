/**
 * The worker process of `fearless model`: it loads the file and explores its programs on request.
 *
 *   node job.js <file>
 */
import { pathToFileURL } from 'node:url'
import { bind } from '../simulated/bound.ts'
import { ModelError } from '../engine/error.ts'
import { inTurns, isAsync, portionOf, searchOf, type ModelOptions, type Program, type Summary } from '../model.ts'
import type { Part, Portion } from '../search/split.ts'
import { ModelFailure } from '../search/report.ts'
import type { TraceStep } from '../search/trace.ts'

/** A request to a process: a program, and a portion of its search or all of it. */
export interface Order {
  readonly name: string
  readonly options: ModelOptions
  readonly portion?: Portion
}

export interface Failed {
  readonly code: string
  readonly message: string
  /** For a failing interleaving; absent if the model was used wrongly. */
  readonly replay?: string
  readonly executions?: number
  readonly trace?: readonly TraceStep[]
}

/** A message of a process to the command. */
export type Answer =
  | { readonly is: 'ready'; readonly programs: readonly Exported[] }
  | { readonly is: 'under way'; readonly executions: number }
  | { readonly is: 'explored'; readonly summary: Summary; readonly parts: readonly Part[] }
  | { readonly is: 'failed'; readonly failed: Failed }
  /** The file could not be loaded, or an error other than a ModelError was thrown. */
  | { readonly is: 'broken'; readonly stack: string }

/** A program that the file exports. */
export interface Exported {
  readonly name: string
  readonly async: boolean
}

/** The interval of progress messages. */
const EVERY_MS = 250
/** The clock is read once in this many executions. */
const TICK = 16

/** Sends a message. The empty callback ignores a closed channel: this process is then about to exit. */
const answer = (what: Answer): void => void process.send?.(what, undefined, undefined, () => {})

async function explore(program: Program, { options, portion }: Order): Promise<void> {
  const search = portion === undefined ? searchOf(program, options) : portionOf(program, options, portion)
  let said = performance.now()
  let executions = 0
  const value = await inTurns(search, () => {
    if (++executions % TICK !== 0 || performance.now() - said <= EVERY_MS) return
    said = performance.now()
    answer({ is: 'under way', executions })
  })
  answer({ is: 'explored', summary: value, parts: 'parts' in value ? (value.parts as readonly Part[]) : [] })
}

function failedBy(error: unknown): Answer {
  if (!(error instanceof ModelError)) return { is: 'broken', stack: stackOf(error) }
  const { code, message } = error
  if (!(error instanceof ModelFailure)) return { is: 'failed', failed: { code, message } }
  const { replay, executions, trace } = error
  return { is: 'failed', failed: { code, message, replay, executions, trace } }
}

const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

async function main(file: string): Promise<void> {
  let module: Record<string, unknown>
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
  } catch (error) {
    return answer({ is: 'broken', stack: stackOf(error) })
  }
  const programs = new Map(
    Object.entries(module).filter((entry): entry is [string, Program] => typeof entry[1] === 'function'),
  )
  process.on('message', (order: Order) => {
    explore(bind(programs.get(order.name)!), order).catch((error: unknown) => answer(failedBy(error)))
  })
  answer({ is: 'ready', programs: [...programs].map(([name, program]) => ({ name, async: isAsync(program) })) })
}

// The command has ended.
process.on('disconnect', () => process.exit())
await main(process.argv[2])
