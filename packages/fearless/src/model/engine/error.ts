/** The errors of the model checker: for an execution that fails, and for a wrong use of the checker itself. */
import { FearlessError } from '../../errors.ts'

/** The codes of `ModelError`, by kind. */
export const MODEL_ERROR_CODES = {
  /** A thread threw: an assertion failed, or an invariant was broken. */
  threw: 'FL5001',
  /** No thread can run, and at least one has not ended. */
  deadlock: 'FL5002',
  /**
   * A deadlock with a missing notify: the word of a sleeping thread has changed since the thread went to sleep, or the
   * notify came before the sleep.
   */
  'lost wake-up': 'FL5003',
  /** Threads run without end and without progress. */
  livelock: 'FL5004',
  /** Two plain accesses to the same bytes, at least one of them a write, with no happens-before between them. */
  'data race': 'FL5005',
  /** Simulated memory was used while no model ran. */
  outside: 'FL5006',
  /** A model was started inside a model. */
  nested: 'FL5007',
  /** The program took another step under the same schedule. */
  unsteady: 'FL5008',
  /** An option or an argument has an invalid value. */
  option: 'FL5009',
  /** A replay string does not belong to this program. */
  replay: 'FL5010',
} as const

/** The ways in which an execution fails. */
export type Verdict = 'threw' | 'deadlock' | 'lost wake-up' | 'livelock' | 'data race'

/** An execution failed, or the checker was used wrongly; `code` tells which. */
export class ModelError extends FearlessError {
  override readonly name = 'ModelError'
  override readonly code: string
  constructor(kind: keyof typeof MODEL_ERROR_CODES, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = MODEL_ERROR_CODES[kind]
  }
}

export function notDeterministic(): ModelError {
  return new ModelError(
    'unsteady',
    'The program is not deterministic: with the same schedule it took another step. Keep shared state in simulated memory, and choices in `choose()`.',
  )
}
