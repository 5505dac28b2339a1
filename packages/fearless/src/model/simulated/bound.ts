/** `model`, for programs of the library: its heap is part of the simulated memory, and begins anew in every execution. */
import './library.ts'
import { isAsync, isTransformed, model as explore } from '../model.ts'
import type { ModelOptions, Program, Simulation, Summary } from '../model.ts'
import { settle } from './state.ts'

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
 * What the program uses is the library itself, over simulated memory and threads. Threads block: `.wait()` and `.try()`
 * work in them, `await` does not. Their bodies run many times, so they keep what they share in things of the library (or in the
 * simulation's buffers), and not in JavaScript variables; modules that they import are shared and not evaluated anew.
 * An async program may `await` what it waits for, on an event loop with virtual time.
 *
 * With the compiler, captures are moved, shared and copied as in a real thread. Without it, a function with arguments
 * is; one that captures runs as it is, in place, and may use the handles it sees, but neither drop nor move them.
 *
 * Throws a `ModelFailure` with the shortest failing interleaving if the program throws, deadlocks, loses a wake-up, runs
 * on for ever, or races; a `ModelError` if it was used wrongly.
 */
export function model(program: (simulation: Simulation) => Promise<void>, options?: ModelOptions): Promise<Summary>
export function model(program: (simulation: Simulation) => void, options?: ModelOptions): Summary
export function model(
  program: (simulation: Simulation) => void | Promise<void>,
  options: ModelOptions = {},
): Summary | Promise<Summary> {
  return explore(bind(program) as (simulation: Simulation) => void, options)
}

/** The program as one that may use the library. */
export function bind(program: Program): Program {
  // Those that run as generators are raw ones: the library has a stack of its own.
  if (isTransformed(program)) return program
  if (isAsync(program)) {
    return async simulation => {
      settle()
      await program(simulation)
    }
  }
  return simulation => {
    settle()
    void program(simulation)
  }
}
