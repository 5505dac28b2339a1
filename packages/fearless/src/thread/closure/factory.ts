/** Factories of closures: found by number, loaded once per worker. */
import { platform } from '#platform'
import { noteText } from '../../platform/leftovers.ts'
import { ClosureError } from '../../errors.ts'
import { whileEvaluating } from '../../memory/handles/handle.ts'
import { TEXT_PREFIX, urlOf } from './closure.ts'

/** Makes a closure of what it captures. */
export type Factory = (captures: readonly unknown[]) => (...args: readonly unknown[]) => unknown

interface Module {
  readonly $factory: Factory
}

const factories: Factory[] = []

/** The factory of a closure that this thread has run before. */
export function factoryOf(closure: number): Factory | undefined {
  return (factories[closure] ??= factoryHere(urlOf(closure))!)
}

/** A factory that no module has to be loaded for. */
function factoryHere(url: string): Factory | undefined {
  const known = builtIn.get(url)
  if (known !== undefined) return known
  if (url.startsWith(TEXT_PREFIX)) return fromText(url.slice(TEXT_PREFIX.length))
  return platform.inPlace === undefined ? undefined : (platform.require(url) as Module).$factory
}

const builtIn = new Map<string, Factory>()

/** Whether the library itself made this closure: its factory is known once all of the library is loaded. */
export function isOwn(closure: number): boolean {
  return urlOf(closure).startsWith('fearless:')
}

/** Makes a factory known that is no module's, by a url that begins with `fearless:`. */
export function defineFactory(url: string, factory: Factory): void {
  builtIn.set(url, factory)
}

export async function loadFactory(closure: number): Promise<Factory> {
  return (factories[closure] = await fromModule(urlOf(closure)))
}

async function fromModule(url: string): Promise<Factory> {
  const module = await whileEvaluating(() => platform.import(url) as Promise<Module>)
  return module.$factory
}

/** A function that came as text must be self-contained; a name it misses is its own ReferenceError. */
function fromText(text: string): Factory {
  noteText(text)
  const f = evaluate(text)
  return () =>
    (...args) => {
      try {
        const result = f(...args)
        return result instanceof Promise ? result.catch((error: unknown) => Promise.reject(explained(error))) : result
      } catch (error) {
        throw explained(error)
      }
    }
}

/** A function from its text. */
export function evaluate(text: string): (...args: readonly unknown[]) => unknown {
  return (0, eval)(`(${text}\n)`) as (...args: readonly unknown[]) => unknown
}

/** What a function that came as text threw; a name it misses gets the way out with it. */
export function explained(error: unknown): unknown {
  if (!(error instanceof ReferenceError)) return error
  return new ClosureError(
    'FL2003',
    `This function is not self-contained: ${error.message} in its thread. ` +
      'Pass what it needs as arguments, or run the program with `fearless run`, which takes along what a closure uses.',
    { cause: error },
  )
}
