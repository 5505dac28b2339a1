/**
 * The worker process of `fearless model`: it loads the file and explores its programs on request.
 *
 *   node job.js <file>
 */
import { pathToFileURL } from 'node:url'
import { bindLibrary } from '../simulated/bound.ts'
import { ModelError } from '../engine/error.ts'
import { runAsync, isAsync, searchJobOf, searchOf, type ModelOptions, type Program, type Summary } from '../model.ts'
import type { Subtree, SearchJob } from '../search/split.ts'
import { ModelFailure } from '../search/report.ts'
import type { TraceStep } from '../search/trace.ts'

/** A request to a process: a program, and a portion of its search or all of it. */
export interface JobRequest {
  readonly name: string
  readonly options: ModelOptions
  readonly portion?: SearchJob
}

export interface FailureReport {
  readonly code: string
  readonly message: string
  /** For a failing interleaving; absent if the model was used wrongly. */
  readonly replay?: string
  readonly executions?: number
  readonly trace?: readonly TraceStep[]
}

/** A message of a process to the command. */
export type JobMessage =
  | { readonly is: 'ready'; readonly programs: readonly ExportedProgram[] }
  | { readonly is: 'under way'; readonly executions: number }
  | { readonly is: 'explored'; readonly summary: Summary; readonly parts: readonly Subtree[] }
  | { readonly is: 'failed'; readonly failed: FailureReport }
  /** The file could not be loaded, or an error other than a ModelError was thrown. */
  | { readonly is: 'broken'; readonly stack: string }

/** A program that the file exports. */
export interface ExportedProgram {
  readonly name: string
  readonly async: boolean
}

/** The interval of progress messages. */
const EVERY_MS = 250
/** The clock is read once in this many executions. */
const TICK = 16

/** Sends a message. The empty callback ignores a closed channel: this process is then about to exit. */
const answer = (what: JobMessage): void => void process.send?.(what, undefined, undefined, () => {})

async function explore(program: Program, { options, portion }: JobRequest): Promise<void> {
  const search = portion === undefined ? searchOf(program, options) : searchJobOf(program, options, portion)
  let said = performance.now()
  let executions = 0
  const value = await runAsync(search, () => {
    if (++executions % TICK !== 0 || performance.now() - said <= EVERY_MS) return
    said = performance.now()
    answer({ is: 'under way', executions })
  })
  answer({ is: 'explored', summary: value, parts: 'parts' in value ? (value.parts as readonly Subtree[]) : [] })
}

function failedBy(error: unknown): JobMessage {
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
  process.on('message', (order: JobRequest) => {
    explore(bindLibrary(programs.get(order.name)!), order).catch((error: unknown) => answer(failedBy(error)))
  })
  answer({ is: 'ready', programs: [...programs].map(([name, program]) => ({ name, async: isAsync(program) })) })
}

// The command has ended.
process.on('disconnect', () => process.exit())
await main(process.argv[2])
