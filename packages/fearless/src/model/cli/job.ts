/**
 * One of the processes of `fearless model`: it loads the file, and explores of its programs what it is told to.
 *
 *     node job.js <file>
 */
import { pathToFileURL } from 'node:url'
import { bind } from '../simulated/bound.ts'
import { ModelError } from '../engine/error.ts'
import { inTurns, isAsync, portionOf, searchOf, type ModelOptions, type Program, type Summary } from '../model.ts'
import type { Part, Portion } from '../search/split.ts'
import { ModelFailure } from '../search/report.ts'
import type { TraceStep } from '../search/trace.ts'

/** What a process is told: a program, and which portion of its search, or all of it. */
export interface Order {
  readonly name: string
  readonly options: ModelOptions
  readonly portion?: Portion
}

export interface Failed {
  readonly code: string
  readonly message: string
  /** Of a failing interleaving; absent if the model was used wrongly. */
  readonly replay?: string
  readonly executions?: number
  readonly trace?: readonly TraceStep[]
}

/** What a process answers. */
export type Answer =
  | { readonly is: 'ready'; readonly programs: readonly Exported[] }
  | { readonly is: 'under way'; readonly executions: number }
  | { readonly is: 'explored'; readonly summary: Summary; readonly parts: readonly Part[] }
  | { readonly is: 'failed'; readonly failed: Failed }
  /** The file cannot be loaded, or something that is no model failed. */
  | { readonly is: 'broken'; readonly stack: string }

/** A program of the file. */
export interface Exported {
  readonly name: string
  readonly async: boolean
}

/** How often a process says how far it is. */
const EVERY_MS = 250
/** The clock is read once in so many executions. */
const TICK = 16

/** If nobody listens any more, this process is about to end. */
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

// The one who gave the orders is gone.
process.on('disconnect', () => process.exit())
await main(process.argv[2])
