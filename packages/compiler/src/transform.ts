/**
 * The compiler's pipeline, from the text of a file to the texts that run. It is synchronous, because a load hook must
 * return at once.
 *
 * A thread also loads this module, if a file that it imports mentions 'fearless'. So this module depends on no code
 * that differs between main and thread. A file that does not mention the library costs one search of its text.
 */
import { fileURLToPath } from 'node:url'
import { mapComment, recordsCoverage } from 'fearless/load'
import { Captures } from './analysis/capture.ts'
import { isWanted } from './config.ts'
import { applyEdits, Edits, type Edit } from './syntax/edits.ts'
import { closureUrl, dropUnusedHandles, Emitter, markClosure, markLending, type RuntimeNames } from './emit/emit.ts'
import { compileError, type Refusal } from './diagnostics/errors.ts'
import { replaceHelpers } from './emit/helpers.ts'
import { evaluatesAnything, markEvaluation, markEntryStatics } from './emit/evaluation.ts'
import { receivingCallOf, findSites, pathOf, isFunctionOf, operationOf, type Site } from './analysis/find.ts'
import { Lines } from './syntax/lines.ts'
import { mentionsLibrary, isTooDeep, NestingError } from './syntax/nesting.ts'
import { Purity } from './analysis/purity.ts'
import { ReadOnlyAnalysis, type ReadOnlyProof } from './analysis/only-reads.ts'
import * as refuse from './diagnostics/refusals.ts'
import { nameRegistrations, registersClasses } from './analysis/registered.ts'
import { analyse } from './analysis/names.ts'
import type { Binding, Scopes } from './syntax/scope.ts'
import { eraseUnusedSpecifiers, hasDecorators, lowersAnything, stripTypes } from './emit/strip.ts'
import { languageOf, parse, unwrap, type Node } from './syntax/syntax.ts'
import { UsingLocations, rewriteUsing } from './emit/using.ts'
import { lendingsOf } from './analysis/view-escape.ts'

export interface TransformOptions {
  /** The urls of the program's entry files. A thread must not import them. */
  entries?: ReadonlySet<string>
  /** Returns the expression for the location of the extracted module `url`. By default it is that url. */
  reference?: (url: string) => string
  /** The globals of threads, if they are known. */
  globals?: object
  /**
   * Removes the texts of closures that calls which start a thread take, because only threads run them. Then a bundler
   * removes from main all that only they import.
   */
  stubs?: boolean
  /** Returns the name by which all threads know a module. By default it is the module's url. */
  module?: (url: string) => string
  /** Leaves a TypeScript file with decorators to the program's loader, whose output is then transformed. */
  leavesDecorators?: boolean
  /** Gives each extracted module the offsets of the rewritten file, so that coverage of both can be added. */
  aligned?: boolean
  /** Keeps the source location of each `using`, for errors about locks. For programs that run from their sources. */
  usingLocations?: boolean
}

export interface Transformed {
  /** Plain JavaScript with the lines of the source. */
  code: string
  format: 'module'
}

export interface ExtractedFile extends Transformed {
  /** The modules extracted from the file, by url. */
  texts: Map<string, string>
  /** The edits that lead from the source to `code`, for a source map. */
  source: string
  edits: readonly Edit[]
  tail: string
}

const TEXTS = Symbol.for('fearless.texts')

/**
 * Returns the file with its thread closures marked, and adds their modules to the process's registry of texts. Returns
 * undefined if the file needs no change, and must then be loaded as usual. Throws `CompileError`.
 */
export function transformFile(url: string, source: string, options: TransformOptions = {}): Transformed | undefined {
  const cut = extractClosures(url, source, { usingLocations: true, aligned: recordsCoverage, ...options })
  if (cut === undefined) return undefined
  const registry = ((globalThis as { [TEXTS]?: Map<string, string> })[TEXTS] ??= new Map())
  const own = sourceMapOf(source)
  if (own === '' && recordsCoverage) {
    const map = mapComment(url, cut.source, cut.edits)
    for (const [at, text] of cut.texts) registry.set(at, text + map)
    return { code: cut.code + map, format: cut.format }
  }
  for (const [at, text] of cut.texts) registry.set(at, text + own)
  return { code: cut.code, format: cut.format }
}

/** Returns the comment that names the source map of a compiled file. Its lines are those of the extracted modules. */
function sourceMapOf(source: string): string {
  const url = [...source.matchAll(/^\/\/[#@]\s+sourceMappingURL=\S+/gm)].at(-1)
  return url === undefined ? '' : `${url[0]}\n`
}

export function extractClosures(
  url: string,
  original: string,
  options: TransformOptions = {},
): ExtractedFile | undefined {
  if (!mentionsLibrary(original) || languageOf(url) === undefined) return undefined
  try {
    return cut(url, original, options)
  } catch (error) {
    if (!isTooDeep(error)) throw error
    // The runtime loads a file that only mentions the library unchanged.
    if (!/['"]fearless(?:\/|['"])/.test(original)) return undefined
    throw compileError(url, original, [refuse.nestedTooDeeply(error instanceof NestingError ? error.at : 0)])
  }
}

function cut(url: string, original: string, options: TransformOptions): ExtractedFile | undefined {
  const parsed = parse(url, original)
  if (parsed === undefined) return undefined
  const { text: source, program } = parsed
  if (options.leavesDecorators === true && parsed.typescript && hasDecorators(source, program)) return undefined
  const edits = new Edits()
  const unused = (name: string): string => {
    while (source.includes(name)) name += '$'
    return name
  }
  const helpers = { added: unused('__added$'), disposed: unused('__disposed$') }
  const disposes = replaceHelpers(source, program, helpers, edits)
  const scopes = analyse(program)
  if (isCut(scopes)) return relocated(url, source, scopes, options)
  const { sites, misplaced } = findSites(scopes)
  const registers = nameRegistrations(scopes, edits)
  const statics = unused('__static$')
  const isEntry = options.entries?.has(url) === true
  const marked = isEntry && markEntryStatics(scopes, statics, edits)
  const evaluates = !isEntry && evaluatesAnything(program)
  const usesLibrary = importsLibrary(scopes)
  const lending = lendingsOf(scopes).filter(({ verdict }) => verdict !== 'unknown' || usesLibrary)
  const found = sites.length + misplaced.length + scopes.usings.length + lending.length > 0
  const compiled = options.stubs === true && usesLibrary
  const works = registers || marked || evaluates || compiled || found || disposes
  if (!works && !(parsed.typescript && lowersAnything(program))) return undefined
  if (parsed.typescript && !stripTypes(source, program, edits)) return undefined
  if (languageOf(url) === 'ts') eraseUnusedSpecifiers(source, scopes, edits)

  const { reads, purity } = readsOf(scopes, sites, source)
  const captures = new Captures(scopes, purity, source)
  const closures = sites.map(site => captures.needsOf(site))
  const refusals: Refusal[] = [
    ...captures.refusals.filter(refusal => !isAllowed(url, refusal, source, options.globals)),
    ...misplaced.map(({ argument, method }) => (method ? refuse.method(argument) : refuse.notLiteral(argument))),
    ...importsOfEntry(url, options.entries, [
      ...closures.flatMap(({ imports }) => [...imports]),
      ...captures.library.imports,
    ]),
  ]
  if (refusals.length > 0) throw compileError(url, source, refusals)

  const names: RuntimeNames = {
    spawn: unused('__fl$'),
    using: unused('__using$'),
    use: unused('__use$'),
    end: unused('__end$'),
    unwind: unused('__unwind$'),
    place: unused('__place$'),
    view: unused('__view$'),
    seen: unused('__seen$'),
    kept: unused('__kept$'),
    static: statics,
    clone: unused('__clone$'),
    frozen: unused('__frozen$'),
    compiled: unused('__compiled$'),
    ...helpers,
    factory: unused('$factory'),
    closure: unused('$f'),
  }
  const reference = options.reference ?? (at => JSON.stringify(at))
  const lines = new Lines(source)
  closures.forEach((needs, index) =>
    markClosure(needs, reference(closureUrl(url, index)), names, edits, reads.get(needs.site), lines),
  )
  for (const each of lending) markLending(each, names, edits)
  dropUnusedHandles(scopes, edits)
  // Must come before `using` is rewritten: at the same position, the inner text must be closed first.
  const evaluation = { site: unused('__site$'), left: unused('__left$') }
  const done = isEntry ? '' : markEvaluation((options.module ?? (at => at))(url), program, scopes, evaluation, edits)
  const { using, use, end, unwind, place } = names
  const locals = { block: unused('$u'), disposer: unused('$d'), error: unused('$e'), number: unused('$p') }
  const places = options.usingLocations === true ? new UsingLocations(url, source) : undefined
  rewriteUsing(source, scopes.usings, { using, use, end, unwind, place, ...locals }, places, edits)

  // Where no load hook reports the compiler, the file itself does.
  if (compiled) edits.insert(program.end, `\n;${names.compiled}()`, 'compiled')
  const emitter = new Emitter(url, source, edits, names, options.aligned)
  const library = closureUrl(url, 'lib')
  const modules = sites.length > 0 ? modulesThatRegister(program, url, options.entries) : []
  const registered = captures.library.registrations.length > 0 && sites.length > 0
  const texts = new Map(
    closures.map((needs, index) => [
      closureUrl(url, index),
      emitter.closure(needs, registered && needs.lib.size === 0 ? [library, ...modules] : modules),
    ]),
  )
  if (registered || captures.library.members.size > 0) texts.set(library, emitter.library(captures.library))
  const tail = emitter.mainTail() + done
  const own = options.stubs === true ? withStubs(source, scopes, sites, edits) : edits.all
  const code = applyEdits(source, 0, source.length, own) + tail
  return { code, format: 'module', texts, source, edits: own, tail }
}

/** Returns the proofs that borrowing closures only read, and how the rest of the module then reaches threads. */
function readsOf(
  scopes: Scopes,
  sites: readonly Site[],
  source: string,
): { reads: Map<Site, ReadOnlyProof>; purity: Purity } {
  const purity = new Purity(scopes, sites, source)
  const reads = new Map<Site, ReadOnlyProof>()
  const borrowing = sites.filter(({ borrows }) => borrows)
  if (borrowing.length === 0) return { reads, purity }
  const onlyReads = new ReadOnlyAnalysis(scopes, purity)
  for (const site of borrowing) {
    const found = onlyReads.of(site)
    if (found !== undefined) reads.set(site, found)
  }
  const changed = new Set([...reads.values()].flatMap(found => found.changed))
  return { reads, purity: changed.size === 0 ? purity : new Purity(scopes, sites, source, changed) }
}

/**
 * Marks the evaluation of a file and changes nothing else; types stay. For a file that does not mention the library,
 * but may call code that does. Returns undefined if it imports no module of the program, or calls nothing.
 */
export function markFile(
  url: string,
  original: string,
  module: string,
): Omit<ExtractedFile, 'texts' | 'format'> | undefined {
  if (!/\bimport\b[^;]*?['"][^'"n]|\bimport\b[^;]*?['"]n(?!ode:)/.test(original)) return undefined
  try {
    return mark(url, original, module)
  } catch (error) {
    if (isTooDeep(error)) return undefined
    throw error
  }
}

function mark(url: string, original: string, module: string): Omit<ExtractedFile, 'texts' | 'format'> | undefined {
  const parsed = parse(url, original)
  if (parsed === undefined || !evaluatesAnything(parsed.program)) return undefined
  const { text: source, program } = parsed
  const unused = (name: string): string => (source.includes(name) ? unused(`${name}$`) : name)
  const edits = new Edits()
  const names = { site: unused('__site$'), left: unused('__left$') }
  const tail = markEvaluation(module, program, analyse(program), names, edits)
  return { code: applyEdits(source, 0, source.length, edits.all) + tail, source, edits: edits.all, tail }
}

/** Returns true for the output of this compiler: a bundle, or a library that was published as one. */
const isCut = ({ module }: Scopes): boolean =>
  [...module.bindings.values()].some(
    ({ kind, node, declaration }) =>
      kind === 'import' &&
      declaration.source.value === 'fearless/closure' &&
      /^__(?:fl|compiled)\$$/.test(node.imported?.name ?? ''),
  )

/**
 * Returns a file that is already cut, with new references to its closures' modules: a bundler gives the file another
 * location. Returns undefined if the file stays where it is.
 */
function relocated(
  url: string,
  source: string,
  scopes: Scopes,
  { reference }: TransformOptions,
): ExtractedFile | undefined {
  if (reference === undefined) return undefined
  const edits = new Edits()
  for (const { node: call } of scopes.calls) {
    const [, location] = call.arguments
    const path = location && pathOf(scopes, call.callee) === '__fl$' ? relativePathOf(unwrap(location)) : undefined
    if (path !== undefined) edits.replace(location.start, location.end, reference(new URL(path, url).href))
  }
  const code = applyEdits(source, 0, source.length, edits.all)
  return { code, format: 'module', texts: new Map(), source, edits: edits.all, tail: '' }
}

/** Returns the path in `new URL("./app.thread-0.js", import.meta.url).href`. */
function relativePathOf({ type, object }: Node): string | undefined {
  const made = type === 'MemberExpression' ? unwrap(object) : undefined
  if (made?.type !== 'NewExpression' || made.callee.name !== 'URL' || made.arguments.length !== 2) return undefined
  const [path, base] = made.arguments as [Node, Node]
  const value: unknown = path.type === 'TemplateLiteral' ? path.quasis[0].value.cooked : path.value
  return base.object?.type === 'MetaProperty' && typeof value === 'string' && !value.includes(':') ? value : undefined
}

/** Returns true if the file imports values of the library, not only types. */
const importsLibrary = ({ module }: Scopes): boolean =>
  [...module.bindings.values()].some(
    ({ kind, declaration }) => kind === 'import' && /^fearless(?:\/|$)/.test(declaration.source.value),
  )

/** Returns the imports, including type imports, of modules that register classes. */
function modulesThatRegister(program: Node, url: string, entries: ReadonlySet<string> | undefined): string[] {
  const specifiers = (program.body as Node[]).flatMap(({ type, source }) =>
    type === 'ImportDeclaration' ? [source.value as string] : [],
  )
  return [...new Set(specifiers)].filter(specifier => registersClasses(specifier, url, entries))
}

/**
 * Returns the edits of the file with an empty function in place of each closure that the file never calls. Lines stay.
 */
function withStubs(source: string, scopes: Scopes, sites: readonly Site[], edits: Edits): readonly Edit[] {
  const stubs: Edit[] = []
  for (const site of sites) {
    const { start, end, type } = unwrap(site.argument)
    const call = receivingCallOf(site)
    const operation = call && operationOf(scopes, call)
    const inAnother = stubs.some(stub => stub.start <= start && end <= stub.end)
    if (inAnother || !type.includes('Function') || operation?.spawns !== 'thread') continue
    if (!isFunctionOf(call!, operation, site.argument)) continue
    stubs.push({ start, end, text: `() => {}${source.slice(start, end).replace(/[^\r\n\u2028\u2029]/g, '')}` })
  }
  const outside = ({ start, end }: Edit): boolean =>
    !stubs.some(stub => (start > stub.start || end > stub.start) && start < stub.end && end <= stub.end)
  return [...edits.all.filter(outside), ...stubs].sort((a, b) => a.start - b.start || a.end - b.end)
}

/** Returns true if a page-only global is allowed. The runtime may have it, or the user may have allowed it. */
function isAllowed(url: string, { code, at }: Refusal, source: string, globals: object | undefined): boolean {
  if (code !== 'F1009') return false
  if (globals !== undefined && source.slice(at.start, at.end) in globals) return true
  const lines = new Lines(source)
  const { line } = lines.at(at.start)
  const comment = /\/\/[ \t]*fearless-allow[ \t][^:]*\bF1009\b[^:]*:[ \t]*\S/
  if (comment.test(lines.text(line))) return true
  if (line > 1 && /^[ \t]*\/\//.test(lines.text(line - 1)) && comment.test(lines.text(line - 1))) return true
  return url.startsWith('file:') && !isWanted(code, fileURLToPath(url.replace(/[?#].*$/, '')))
}

/** Removes the types of a file for runtimes that do not. Lines and columns stay. */
export function eraseTypes(url: string, source: string): string {
  const parsed = parse(url, source)
  if (parsed === undefined || !parsed.typescript) return source
  const edits = new Edits()
  stripTypes(parsed.text, parsed.program, edits)
  return applyEdits(parsed.text, 0, parsed.text.length, edits.all)
}

function importsOfEntry(url: string, entries: ReadonlySet<string> | undefined, imports: readonly Binding[]): Refusal[] {
  if (entries === undefined) return []
  const refusals = new Map<Node, Refusal>()
  for (const { declaration } of imports) {
    const specifier: string = declaration.source.value
    if (/^(?:\.|\/|file:)/.test(specifier) && entries.has(new URL(specifier, url).href)) {
      refusals.set(declaration, refuse.programEntry(declaration.source))
    }
  }
  return [...refusals.values()]
}
