/**
 * The library's module state, one per simulated thread though one JavaScript realm plays them all.
 *
 * The build gives every module that has such state a `Part`. Whoever runs finds its own values in the modules'
 * variables: they are exchanged when another thread has run, and made anew when a thread begins or begins again, because
 * the engine empties `threadState()` then. Every access to shared memory ends with `settle`, and nothing else can run
 * another thread, so no module ever reads the variables of a thread that is not its own.
 */
import { threadState } from './world.ts'

/** What the build makes of one module's variables. */
export interface Part {
  /** Evaluates their initialisers again. */
  fresh(): void
  save(): unknown[]
  restore(values: unknown[]): void
}

const parts: Part[] = []
let current: { values: unknown[][] } | undefined

/** @internal Called by every built module that has variables, in the order in which modules are evaluated. */
export function definePart(part: Part): void {
  parts.push(part)
}

/** Makes the variables those of the running thread. */
export function settle(): void {
  if (parts.length === 0) return
  const state = threadState()
  if (state.library === undefined || state.library !== current) enter(state)
}

function enter(state: Record<string, unknown>): void {
  if (current !== undefined) current.values = parts.map(part => part.save())
  const known = state.library as { values: unknown[][] } | undefined
  current = known ?? { values: [] }
  state.library = current
  if (known === undefined) for (const part of parts) part.fresh()
  else parts.forEach((part, i) => part.restore(known.values[i]))
}

/** The running thread becomes another one: its variables are made anew. */
export function forget(): void {
  delete threadState().library
}
