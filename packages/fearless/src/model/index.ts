/** `fearless/model`: the model checker, and the library over the platform that it simulates. */
export { model } from './simulated/bound.ts'
export * from '../index.ts'
export { ModelFailure } from './model.ts'
export type { ModelOptions, ModelThread, Simulation, Summary } from './model.ts'
export { ModelError } from './engine/error.ts'
export type { Source, TraceStep } from './search/trace.ts'
/** @internal The functions that the compiler emits in transformed code. */
export { $, $words } from './drivers/steps.ts'
/** @internal */
export * as words from './simulated/words.ts'
export { inModel, threadState, world } from './drivers/world.ts'
export type { Cell, CellValue, World } from './drivers/world.ts'
