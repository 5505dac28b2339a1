/** What a model throws: when an interleaving fails, and when the model itself is used wrongly. */
import { FearlessError } from '../../errors.ts'

/** Every code a `ModelError` can have. */
export const CODES = {
  /** A thread threw: an assertion failed, an invariant broke. */
  threw: 'FL5001',
  /** Nobody can run, and somebody has not ended. */
  deadlock: 'FL5002',
  /** The same, and a sleeper's word no longer holds what it went to sleep on: nobody will wake it. */
  'lost wake-up': 'FL5003',
  /** Threads run for ever without getting anywhere. */
  livelock: 'FL5004',
  /** Two plain accesses to one place, at least one a write, that nothing orders. */
  'data race': 'FL5005',
  /** The simulated world was used while no model ran. */
  outside: 'FL5006',
  /** A model was started inside a model. */
  nested: 'FL5007',
  /** The program did something else when it ran again with the same choices. */
  unsteady: 'FL5008',
  /** An option or an argument has a value that it may not have. */
  option: 'FL5009',
  /** A replay string does not belong to this program. */
  replay: 'FL5010',
} as const

/** How an interleaving fails. */
export type Verdict = 'threw' | 'deadlock' | 'lost wake-up' | 'livelock' | 'data race'

/** An interleaving failed, or the model was used wrongly; `code` says which. */
export class ModelError extends FearlessError {
  override readonly name = 'ModelError'
  override readonly code: string
  constructor(kind: keyof typeof CODES, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = CODES[kind]
  }
}

export function unsteady(): ModelError {
  return new ModelError(
    'unsteady',
    'The program did something else when it ran again with the same choices. Let it depend on nothing but the simulated memory and choose().',
  )
}
