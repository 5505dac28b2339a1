/**
 * From the text of a file to the texts that run: synchronous, because a load hook must answer at once.
 *
 * This module is also what a thread loads when a file it imports mentions 'fearless', so it depends on nothing
 * that knows which side it is on. A file that does not mention the library costs one search of its text.
 */
import { Captures } from './capture.ts'
import { applied, Edits } from './edits.ts'
import { closureText, closureUrl, libraryText, mainText, markClosure, type Names } from './emit.ts'
import { compileError, type Refusal } from './errors.ts'
import { findSites, mentionsLibrary } from './find.ts'
import { lowersAnything, stripTypes } from './strip.ts'
import { Purity } from './purity.ts'
import * as refuse from './refusals.ts'
import { analyse, type Binding } from './scope.ts'
import { languageOf, parse, type Node } from './syntax.ts'
import { rewriteUsing } from './using.ts'

export interface TransformOptions {
  /** The url of the file the program was started with: a thread must not import it. */
  entry?: string
}

export interface Transformed {
  /** Plain JavaScript, its lines those of the source. */
  code: string
  format: 'module'
}

export interface TransformedWithTexts extends Transformed {
  /** The modules cut out of the file, by url. */
  texts: Map<string, string>
  /** Where the columns went that the rewriting moved. */
  map(): { version: number, sources: string[], names: string[], mappings: string }
}

const TEXTS = Symbol.for('fearless.texts')

declare const globalThis: { [TEXTS]?: Map<string, string> }

/**
 * The file with its thread closures marked; their modules go to the process's registry of texts.
 * Undefined when there is nothing to do: load the file as usual. Throws `CompileError`.
 */
export function transformFile(url: string, source: string, options: TransformOptions = {}): Transformed | undefined {
  const result = transform(url, source, options)
  if (result === undefined) return undefined
  const registry = globalThis[TEXTS] ??= new Map()
  for (const [at, text] of result.texts) registry.set(at, text)
  return { code: result.code, format: 'module' }
}

/** Like `transformFile`, but gives the texts back: for build tools, which write them to files. */
export function transform(url: string, source: string, options: TransformOptions = {}): TransformedWithTexts | undefined {
  if (!mentionsLibrary(source) || languageOf(url) === undefined) return undefined
  const parsed = parse(url, source)
  if (parsed === undefined) return undefined
  const { text, program } = parsed
  const scopes = analyse(program)
  const { sites, misplaced } = findSites(scopes)
  if (sites.length + misplaced.length + scopes.usings.length === 0 && !lowersAnything(program)) return undefined

  const edits = new Edits()
  if (parsed.typescript && !stripTypes(text, program, edits)) return undefined

  const purity = new Purity(scopes, sites)
  const captures = new Captures(scopes, purity)
  const closures = sites.map(site => captures.needsOf(site))
  const refusals: Refusal[] = [
    ...captures.refusals,
    ...misplaced.map(({ argument, method }) => method ? refuse.method(argument) : refuse.notLiteral(argument)),
    ...importsOfEntry(url, options.entry, [...closures.flatMap(({ imports }) => [...imports]), ...captures.library.imports]),
  ]
  if (refusals.length > 0) throw compileError(url, text, refusals)

  const name = (wanted: string): string => {
    while (text.includes(wanted)) wanted += '$'
    return wanted
  }
  const names: Names = { spawn: name('__fl$'), using: name('__using$'), factory: name('$factory'), closure: name('$f') }
  closures.forEach((needs, index) => markClosure(needs, closureUrl(url, index), names, edits))
  rewriteUsing(text, scopes.usings, { using: names.using, block: name('$u'), error: name('$e') }, edits)

  const texts = new Map<string, string>()
  closures.forEach((needs, index) => texts.set(closureUrl(url, index), closureText(text, needs, url, names, edits)))
  if (captures.library.members.size > 0) texts.set(closureUrl(url, 'lib'), libraryText(text, captures.library, names, edits))
  const main = mainText(text, edits, names)
  return {
    code: main.toString(), format: 'module', texts,
    map: () => main.generateMap({ source: url, hires: true }),
  }
}

/** The same file without its types, its lines and columns kept; for where the runtime does not do that. */
export function eraseTypes(url: string, source: string): string {
  const parsed = parse(url, source)
  if (parsed === undefined || !parsed.typescript) return source
  const edits = new Edits()
  stripTypes(parsed.text, parsed.program, edits)
  return applied(parsed.text, 0, parsed.text.length, edits.all)
}

function importsOfEntry(url: string, entry: string | undefined, imports: readonly Binding[]): Refusal[] {
  if (entry === undefined) return []
  const refusals = new Map<Node, Refusal>()
  for (const { declaration } of imports) {
    const specifier: string = declaration.source.value
    if (/^(?:\.|\/|file:)/.test(specifier) && new URL(specifier, url).href === entry) {
      refusals.set(declaration, refuse.programEntry(declaration.source))
    }
  }
  return [...refusals.values()]
}
