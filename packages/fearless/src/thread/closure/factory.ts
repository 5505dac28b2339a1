/** The factories of closures: found by a closure's number, loaded once per worker. */
import { platform } from '#platform'
import { noteText } from '../../platform/leftovers.ts'
import { ClosureError, EnvironmentError } from '../../errors.ts'
import { whileEvaluating } from '../../memory/handles/handle.ts'
import { addCompiler } from './add-compiler.ts'
import { TEXT_PREFIX, closureUrl } from './closure.ts'

/** Makes a closure from its captured values. */
export type Factory = (captures: readonly unknown[]) => (...args: readonly unknown[]) => unknown

/** A closure's module. An import of a CommonJS module may have its exports only in `default`. */
interface Module {
  readonly $factory?: Factory
  readonly default?: { readonly $factory: Factory }
}

const factoryIn = ({ $factory, default: exports }: Module): Factory => $factory ?? exports!.$factory

const factories: Factory[] = []

/** The factory of a closure; undefined if its module has to be loaded asynchronously. */
export function factoryOf(closure: number): Factory | undefined {
  return (factories[closure] ??= factoryWithoutImport(closureUrl(closure))!)
}

/** The factory of a URL that needs no asynchronous import; undefined otherwise. */
function factoryWithoutImport(url: string): Factory | undefined {
  const known = builtIn.get(url)
  if (known !== undefined) return known
  if (url.startsWith(TEXT_PREFIX)) return fromText(url.slice(TEXT_PREFIX.length))
  return platform.inPlace === undefined ? undefined : factoryIn(platform.require(url) as Module)
}

const builtIn = new Map<string, Factory>()

/** Whether the library itself defines this closure: its factory is defined once all of the library is loaded. */
export function isLibraryClosure(closure: number): boolean {
  return closureUrl(closure).startsWith('fearless:')
}

/** Defines a factory that belongs to no module, under a URL that begins with `fearless:`. */
export function defineFactory(url: string, factory: Factory): void {
  builtIn.set(url, factory)
}

export async function loadFactory(closure: number): Promise<Factory> {
  return (factories[closure] = await fromModule(closureUrl(closure)))
}

async function fromModule(url: string): Promise<Factory> {
  try {
    return factoryIn(await whileEvaluating(() => importModule(url)))
  } catch (error) {
    throw explainMissingModule(error, url)
  }
}

/**
 * The modules of closures that are all in one file of a bundle, by the fragment of their URL. That file registers them
 * when it is evaluated.
 */
const MODULES = Symbol.for('fearless.modules')

async function importModule(url: string): Promise<Module> {
  const [file, key] = url.split('#')
  if (!key?.startsWith('fl=')) return (await platform.import(url)) as Module
  const load = (): (() => Promise<Module>) | undefined =>
    (globalThis as { [MODULES]?: Map<string, () => Promise<Module>> })[MODULES]?.get(key)
  if (load() === undefined) await platform.import(file!)
  const found = load()
  if (found === undefined) throw missingModule(url)
  return found()
}

/** How browsers report a module that they could not load: Chromium and Firefox, and WebKit without its URL. */
const NOT_FETCHED = /dynamically imported module: |^Importing a module script failed/

/** Replaces the error for a closure's module that does not exist by an error that names the repair. */
function explainMissingModule(error: unknown, url: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException
  if (error instanceof TypeError && NOT_FETCHED.test(message)) return missingModule(url, error)
  const file = url.slice(url.lastIndexOf('/') + 1)
  if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(file)) return error
  return missingModule(url, error)
}

function missingModule(url: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(
    `The module of this closure was not found: ${url}. Deploy all files of the bundle's output folder, from one build.`,
    { cause },
  )
}

/**
 * A function that was sent as text must be self-contained: a name that is missing in its thread is a ReferenceError.
 */
function fromText(text: string): Factory {
  noteText(text)
  const f = evaluate(text)
  return () =>
    (...args) => {
      try {
        const result = f(...args)
        return result instanceof Promise
          ? result.catch((error: unknown) => Promise.reject(explainMissingName(error)))
          : result
      } catch (error) {
        throw explainMissingName(error)
      }
    }
}

/** Evaluates the text of a function. */
export function evaluate(text: string): (...args: readonly unknown[]) => unknown {
  return (0, eval)(`(${text}\n)`) as (...args: readonly unknown[]) => unknown
}

/** Replaces the ReferenceError of a function that was sent as text by an error that names the repair. */
export function explainMissingName(error: unknown): unknown {
  if (!(error instanceof ReferenceError)) return error
  return new ClosureError(
    'FL2003',
    `This function was sent as text and is not self-contained: ${error.message} in its thread. ${addCompiler('')}`,
    { cause: error },
  )
}
