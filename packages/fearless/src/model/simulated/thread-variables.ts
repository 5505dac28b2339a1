/**
 * The library's module variables, one set for each simulated thread of this JavaScript realm.
 *
 * The build adds a `ModuleVariables` to every module with such variables. The running thread always finds its own
 * values in them:
 *
 * - The values are exchanged when a thread continues after another one has run: the engine then calls back.
 * - They are initialised again when a thread's body begins or begins again: the engine then empties `threadState()`.
 *
 * So no code reads the variables of another thread.
 */
import { inModel, onResume, threadState } from '../drivers/world.ts'

/** The variables of one module, as the build generates it. */
export interface ModuleVariables {
  /** Evaluates their initialisers again. */
  fresh(): void
  save(): unknown[]
  restore(values: unknown[]): void
}

const parts: ModuleVariables[] = []
let current: { values: unknown[][] } | undefined

/** @internal Called by every built module with variables, in the order of evaluation. */
export function defineModuleVariables(part: ModuleVariables): void {
  parts.push(part)
}

/** Loads the variables of the running thread. */
export function loadThreadVariables(): void {
  if (parts.length === 0) return
  const state = threadState()
  if (state[KEY] === undefined || state[KEY] !== current) enter(state)
}

/** Initialises the variables anew: the running thread becomes another one. */
export function clearThreadVariables(): void {
  delete threadState()[KEY]
}

// A thread that has not used the library has no variables. They are initialised at its first use.
function goOn(): void {
  if (threadState()[KEY] !== undefined) loadThreadVariables()
}

/** The key of this copy of the library in a thread's state; several copies may be loaded. */
const KEY = `library ${Math.random()}`

/** The initial words of the heap, by address. */
const image: [at: number, value: number][] = []

/** True while variables are initialised. Their writes to the heap are already in its initial image. */
export let isInitialising = false

/** Initialises the variables once, outside of all threads, to record the initial image of the heap. */
export function recordInitialImage(): readonly [at: number, value: number][] {
  make()
  return image
}

/** Records a word of the initial image. */
export function recordInitialWord(at: number, value: number): void {
  if (!inModel()) image.push([at, value])
}

function make(): void {
  isInitialising = true
  try {
    for (const part of parts) part.fresh()
  } finally {
    isInitialising = false
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
