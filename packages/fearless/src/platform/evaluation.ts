/**
 * Which module is being evaluated, and at which of its statements: the identity of what it makes.
 *
 * The files say so themselves. The compiler writes `at` before each statement of a module that may make something, `left`
 * around what a top-level `await` waits for, and `done` behind the last statement. A file that the compiler does not parse,
 * because it does not mention the library, gets `at` and `done` around its text (`bracketed`).
 *
 * - Modules nest where one requires another, so the evaluations form a stack.
 * - An evaluation that throws never reaches `done`: a microtask that every `at` queues takes it off the stack.
 * - A module that is evaluated again in this thread has a second evaluation, whose things are new.
 *
 * All copies of the library in one thread share the stack, and so does the compiler's hook, which loads nothing else of it.
 */
export interface Evaluation {
  /** Identifies the module in all threads: its url, or a name that a bundle has given it. */
  readonly module: string
  /** Whether other threads evaluate the module as this one does; not if no compiler saw the file in the main thread. */
  readonly certain: boolean
  /** Whether this thread has evaluated the module before. */
  readonly again: boolean
  /** The number of the statement that runs now; 0 where statements are not marked. */
  site: number
  /** Whether what it makes may as well be a local of a function: the statement is a call and nothing else. */
  loose: boolean
  /** How many things each statement has made. */
  readonly made: Map<number, number>
  isDone: boolean
}

interface Evaluations {
  /** The innermost one is the last one. */
  readonly stack: Evaluation[]
  /** The latest evaluation of each module. */
  readonly latest: Map<string, Evaluation>
  /** Looks at what a module has made. It may throw: then the evaluation fails. */
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
    // With it goes an evaluation that it has required, and that has thrown.
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

/** The modules whose evaluation runs now, the innermost last. */
export const evaluationStack: readonly Evaluation[] = evaluations.stack

/** Has `look` called when a module of this thread is evaluated. */
export function onModuleDone(look: (module: string) => void): void {
  evaluations.onDone = look
}

/** The expression that a module's text has for the evaluations. */
export const EVALUATIONS = `globalThis[Symbol.for("${KEY}")]`

/** Whether `bracketed` is for a file: for a program's own, in whichever thread it is loaded. */
export function isBracketed(url: string, format: string | null | undefined): boolean {
  if (!/^file:[^?#]*\.[cm]?[jt]sx?(?:[?#]|$)/.test(url) || url.includes('/node_modules/') || url.includes('?fl='))
    return false
  return /^(?:module|commonjs)(?:-typescript)?$/.test(format ?? 'module')
}

/**
 * The text of a module with its evaluation marked; its lines stay. `certain` is false where the main thread has the same file
 * without marks.
 */
export function bracketed(module: string, text: string, certain = true): string {
  const name = JSON.stringify(module)
  const hashbang = /^#![^\r\n]*/.exec(text)
  const rest = text.slice(hashbang?.[0].length ?? 0)
  // Behind a hashbang only a line end may follow: the first line has no statement then, and the mark may open the next.
  const begin = `${EVALUATIONS}?.at(${name}${certain ? '' : ', 0, true, false'});`
  const body =
    hashbang === null ? begin + rest : hashbang[0] + rest.replace(/^\r?\n|$/, end => `${end || '\n'}${begin}`)
  return `${body}\n;${EVALUATIONS}?.done(${name})\n`
}
