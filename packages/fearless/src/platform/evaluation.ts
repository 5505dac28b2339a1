/**
 * The module evaluations that run in this thread, with the current statement of each. They identify the statics that a
 * module creates.
 *
 * The files report this themselves. The compiler inserts `at` before each statement of a module that may create a
 * static, `left` around each operand of a top-level `await`, and `done` behind the last statement. A file that does not
 * mention the library is not parsed by the compiler and gets `at` and `done` around its text (`bracketed`).
 *
 * - Evaluations nest if a module requires another, so they form a stack.
 * - An evaluation that throws never reaches `done`. A microtask that its first `at` queues removes it from the stack.
 * - A module that is evaluated again in this thread has a second evaluation, which creates new statics.
 *
 * All copies of the library in a thread share the stack. The compiler's hook shares it too, and loads no other part of
 * the library.
 */
export interface Evaluation {
  /** Identifies the module in all threads: its URL, or the name that a bundle has given it. */
  readonly module: string
  /**
   * Whether other threads evaluate the module as this one does. False if no compiler saw the file in the main thread.
   */
  readonly certain: boolean
  /** Whether this thread has evaluated the module before. */
  readonly again: boolean
  /** Number of the current statement; 0 if statements are not marked. */
  site: number
  /** Whether the objects of this statement may be locals of a function: the statement is only a call. */
  loose: boolean
  /** Number of statics that each statement has created. */
  readonly made: Map<number, number>
  isDone: boolean
}

interface Evaluations {
  /** The running evaluations, the innermost last. */
  readonly stack: Evaluation[]
  /** The latest evaluation of each module. */
  readonly latest: Map<string, Evaluation>
  /** Checks the statics of a module. If it throws, the evaluation fails. */
  onDone: ((module: string) => void) | undefined
  at(module: string, site?: number, loose?: boolean, certain?: boolean): void
  left(module: string): void
  done(module: string): void
}

const KEY = 'fearless.evaluation'

function makeEvaluations(): Evaluations {
  const stack: Evaluation[] = []
  const latest = new Map<string, Evaluation>()

  function begin(module: string, certain: boolean): Evaluation {
    let evaluation = latest.get(module)
    if (evaluation === undefined || evaluation.isDone) {
      const again = evaluation !== undefined
      evaluation = { module, certain, again, site: 0, loose: false, made: new Map(), isDone: false }
      latest.set(module, evaluation)
    }
    const begun = evaluation
    stack.push(begun)
    queueMicrotask(() => leave(begun))
    return begun
  }

  function leave(evaluation: Evaluation | undefined): void {
    const depth = evaluation === undefined ? -1 : stack.lastIndexOf(evaluation)
    // This also removes an evaluation that this one has required and that has thrown.
    if (depth >= 0) stack.length = depth
  }

  return {
    stack,
    latest,
    onDone: undefined,
    at(module, site = 0, loose = true, certain = true) {
      let evaluation = stack.at(-1)
      if (evaluation?.module !== module) evaluation = begin(module, certain)
      evaluation.site = site
      evaluation.loose = loose
    },
    left: module => leave(latest.get(module)),
    done(module) {
      const evaluation = latest.get(module)
      leave(evaluation)
      if (evaluation === undefined) return
      evaluation.isDone = true
      this.onDone?.(module)
    },
  }
}

const global = globalThis as { [key: symbol]: Evaluations | undefined }

const evaluations = (global[Symbol.for(KEY)] ??= makeEvaluations())

/** The running evaluations, the innermost last. */
export const evaluationStack: readonly Evaluation[] = evaluations.stack

/** Sets the function that is called after each evaluation of a module in this thread. */
export function onModuleDone(look: (module: string) => void): void {
  evaluations.onDone = look
}

/** The expression for the evaluations in a module's text. */
export const EVALUATIONS = `globalThis[Symbol.for("${KEY}")]`

/** Returns whether to bracket a file: one of the program's own, in whichever thread it is loaded. */
export function isBracketed(url: string, format: string | null | undefined): boolean {
  if (!/^file:[^?#]*\.[cm]?[jt]sx?(?:[?#]|$)/.test(url) || url.includes('/node_modules/') || url.includes('?fl='))
    return false
  return /^(?:module|commonjs)(?:-typescript)?$/.test(format ?? 'module')
}

/**
 * Returns a module's text with its evaluation marked and its source lines unchanged. `certain` is false if the main
 * thread has the same file without marks.
 */
export function bracketed(module: string, text: string, certain = true): string {
  const name = JSON.stringify(module)
  const hashbang = /^#![^\r\n]*/.exec(text)
  const rest = text.slice(hashbang?.[0].length ?? 0)
  // Only a line end may follow a hashbang. The first source line has no statement then, and the mark may start the
  // next.
  const begin = `${EVALUATIONS}?.at(${name}${certain ? '' : ', 0, true, false'});`
  const body =
    hashbang === null ? begin + rest : hashbang[0] + rest.replace(/^\r?\n|$/, end => `${end || '\n'}${begin}`)
  return `${body}\n;${EVALUATIONS}?.done(${name})\n`
}
