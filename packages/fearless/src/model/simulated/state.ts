/**
 * The library's module state, one per simulated thread though one JavaScript realm plays them all.
 *
 * The build gives every module that has such state a `Part`. Whoever runs finds its own values in the modules'
 * variables: they are exchanged when another thread has run, and made anew when a thread begins or begins again, because
 * the engine empties `threadState()` then, and calls back when a thread goes on after others may have run. So no module
 * ever reads the variables of a thread that is not its own.
 */
import { inModel, onResume, threadState } from '../drivers/world.ts'

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
  if (state[KEY] === undefined || state[KEY] !== current) enter(state)
}

/** The running thread becomes another one: its variables are made anew. */
export function forget(): void {
  delete threadState()[KEY]
}

// A thread that has not used the library has no variables: they are made when it first does.
function goOn(): void {
  if (threadState()[KEY] !== undefined) settle()
}

/** This life's place in the state of a thread; several lives may be loaded. */
const KEY = `library ${Math.random()}`

/** The words that a heap begins with, by address. */
const image: [at: number, value: number][] = []

/** Whether variables are being made: what that writes to the heap is in its image already. */
export let making = false

/** Makes the variables once, outside of all threads, to learn what the heap begins with. */
export function firstImage(): readonly [at: number, value: number][] {
  make()
  return image
}

/** A word of the first image. */
export function imagine(at: number, value: number): void {
  if (!inModel()) image.push([at, value])
}

function make(): void {
  making = true
  try {
    for (const part of parts) part.fresh()
  } finally {
    making = false
  }
}

function enter(state: Record<string, unknown>): void {
  if (current !== undefined) current.values = parts.map(part => part.save())
  const known = state[KEY] as { values: unknown[][] } | undefined
  current = known ?? { values: [] }
  state[KEY] = current
  onResume(goOn)
  if (known === undefined) make()
  else parts.forEach((part, i) => part.restore(known.values[i]))
}
