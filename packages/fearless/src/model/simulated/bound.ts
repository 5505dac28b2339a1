/** `model` for programs that use the library: its heap is part of simulated memory, and is new in every execution. */
import './library.ts'
import { isAsync, isTransformed, model as explore } from '../model.ts'
import type { ModelOptions, Program, Simulation, Summary } from '../model.ts'
import { loadThreadVariables } from './thread-variables.ts'

/**
 * Runs `program` in every interleaving of its threads.
 *
 * ```ts
 * import { model, Mutex, Arc, move, thread } from 'fearless/model'
 *
 * model(() => {
 *   const counter = new Arc(new Mutex(0))
 *   const add = () => counter.update(n => n + 1).wait()
 *   const other = thread.spawn(move(() => add()))
 *   add()
 *   other.join().wait()
 * })
 * ```
 *
 * The program uses the library over simulated memory and threads. Threads block: `.wait()` and `.try()` work in them,
 * `await` does not. Their bodies run many times, so keep shared state in objects of the library (or in the simulation's
 * buffers), not in JavaScript variables. Imported modules are evaluated once and shared. An async program may `await`,
 * on an event loop with virtual time.
 *
 * With the compiler, captures are moved, shared and copied as in a real thread. Without the compiler, this holds for
 * the arguments of a function. A function with captures then runs in place: it may use the handles it captures, but it
 * must neither drop nor move them.
 *
 * Throws a `ModelFailure` with the shortest failing interleaving if the program throws, deadlocks, loses a wake-up,
 * runs for ever, or has a data race. Throws a `ModelError` if `model` was used wrongly.
 */
export function model(program: (simulation: Simulation) => Promise<void>, options?: ModelOptions): Promise<Summary>
export function model(program: (simulation: Simulation) => void, options?: ModelOptions): Summary
export function model(
  program: (simulation: Simulation) => void | Promise<void>,
  options: ModelOptions = {},
): Summary | Promise<Summary> {
  return explore(bindLibrary(program) as (simulation: Simulation) => void, options)
}

/** Wraps a program so that it can use the library. */
export function bindLibrary(program: Program): Program {
  // Programs that run as generators use raw memory only, because the library needs a call stack.
  if (isTransformed(program)) return program
  if (isAsync(program)) {
    return async simulation => {
      loadThreadVariables()
      await program(simulation)
    }
  }
  return simulation => {
    loadThreadVariables()
    void program(simulation)
  }
}
