/** What a model throws when an interleaving fails, or when it was used wrongly. */
import { FearlessError } from '../errors.ts'

export class ModelError extends FearlessError {
  override readonly name = 'ModelError'
  override readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
