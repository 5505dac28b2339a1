/** The errors for loans that were changed, and the loans of the closures of one piece of work. */
import { LostWriteError } from '../errors.ts'
import { Lent } from '../memory/lent.ts'

/** `suspect` is the first place in the file that may do it. */
export function lostWrite(what: string, suspect: string | undefined): LostWriteError {
  const place = suspect === undefined ? '' : ` (see ${suspect})`
  return new LostWriteError(
    `${what} was changed while a closure borrowed it${place}. Each thread reads a copy, so others would lose the change. ` +
      'Return the new value and use `collect` or `fold`; or share a `Mutex`, an atomic or a `ConcurrentMap`.',
  )
}

/** What a thread is told of the loans that it must not change: the names of the variables, and the suspect. */
export type Watch = readonly [names: readonly string[], suspect: string | undefined]

/** Values that closures have borrowed, as they were. */
export class Loan {
  readonly #lent: Lent
  readonly #watch: Watch

  private constructor(lent: Lent, watch: Watch) {
    this.#lent = lent
    this.#watch = watch
  }

  /** Undefined if none of the values could be changed. */
  static of(values: readonly unknown[], watch: Watch): Loan | undefined {
    const lent = Lent.of(values)
    return lent && new Loan(lent, watch)
  }

  /** Throws `LostWriteError` if a value is not as it was. */
  check(): void {
    const changed = this.#lent.findChanged()
    if (changed < 0) return
    const [names, suspect] = this.#watch
    throw lostWrite(`\`${names[changed] ?? 'a capture'}\``, suspect)
  }
}
