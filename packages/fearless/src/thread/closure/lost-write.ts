/** Detects writes to borrowed values: the loans of a closure, and the errors for a loan that was changed. */
import { LostWriteError } from '../../errors.ts'
import { LentValues } from '../../memory/codec/lent.ts'

/** The error for a changed loan. `suspect` is the source location of the first expression that may have changed it. */
export function lostWriteError(changed: string, suspect: string | undefined): LostWriteError {
  const place = suspect === undefined ? '' : ` (see ${suspect})`
  return new LostWriteError(
    `${changed} was changed while a closure borrowed it${place}. Each thread reads a copy, so the change would be ` +
      'lost. Return the new value and use `collect` or `fold`, or share a `Mutex`, an atomic or a `ConcurrentMap`.',
  )
}

/**
 * Sent with a closure to describe its read-only loans: the names of the variables, and the suspect's source location.
 */
export type LoanWatch = readonly [names: readonly string[], suspect: string | undefined]

/** A snapshot of the values that closures have borrowed. */
export class BorrowedValues {
  readonly #values: readonly unknown[]
  readonly #watch: LoanWatch
  readonly #lent: LentValues | undefined
  readonly #again: (() => readonly unknown[]) | undefined

  /**
   * `again` reads the values once more if they are variables, because a variable may have been assigned. `deep`: the
   * objects in the values are checked, too.
   */
  constructor(values: readonly unknown[], watch: LoanWatch, deep: boolean, again?: () => readonly unknown[]) {
    this.#values = values
    this.#watch = watch
    this.#lent = deep ? LentValues.of(values) : undefined
    this.#again = again
  }

  /** Throws `LostWriteError` if a value was changed or a variable was assigned since the snapshot. */
  check(): void {
    const now = this.#again?.()
    const assigned = now === undefined ? -1 : now.findIndex((value, i) => !Object.is(value, this.#values[i]))
    const changed = assigned >= 0 ? assigned : (this.#lent?.findChanged() ?? -1)
    if (changed < 0) return
    const [names, suspect] = this.#watch
    throw lostWriteError(`\`${names[changed] ?? 'a capture'}\``, suspect)
  }
}
