/** `fearless/model`: the model checker, and the library bound to the platform that it simulates. */
export { model } from './bound.ts'
export * from '../index.ts'
export { ModelFailure } from './model.ts'
export type { ModelOptions, ModelThread, Simulation, Summary } from './model.ts'
export { ModelError } from './error.ts'
export type { Source, TraceStep } from './trace.ts'
/** @internal What the compiler writes into transformed code. */
export { $, $words } from './steps.ts'
/** @internal */
export * as words from './words.ts'
export { inModel, threadState, world } from './world.ts'
export type { Cell, CellValue, World } from './world.ts'
