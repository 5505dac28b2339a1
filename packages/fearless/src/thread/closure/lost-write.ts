/** The errors for loans that were changed, and the loans of the closures of one piece of work. */
import { LostWriteError } from '../../errors.ts'
import { Lent } from '../../memory/codec/lent.ts'

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
  readonly #values: readonly unknown[]
  readonly #watch: Watch
  readonly #lent: Lent | undefined
  readonly #again: (() => readonly unknown[]) | undefined

  /**
   * `again` gives the values anew where they are variables, which may have got others. `deep`: what lies in them is watched,
   * too.
   */
  constructor(values: readonly unknown[], watch: Watch, deep: boolean, again?: () => readonly unknown[]) {
    this.#values = values
    this.#watch = watch
    this.#lent = deep ? Lent.of(values) : undefined
    this.#again = again
  }

  /** Throws `LostWriteError` if a value is not as it was. */
  check(): void {
    const now = this.#again?.()
    const assigned = now === undefined ? -1 : now.findIndex((value, i) => !Object.is(value, this.#values[i]))
    const changed = assigned >= 0 ? assigned : (this.#lent?.findChanged() ?? -1)
    if (changed < 0) return
    const [names, suspect] = this.#watch
    throw lostWrite(`\`${names[changed] ?? 'a capture'}\``, suspect)
  }
}
