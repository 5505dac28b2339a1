/**
 * A project, defined by its `tsconfig.json`: selects the files to check, and returns their diagnostics.
 *
 * Only files that mention the library are parsed. For the others, tsc's types suffice.
 */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import {
  configOf,
  isNamed,
  isTooDeep,
  Lines,
  NestingError,
  mentionsLibrary,
  parsedConfig,
  type Config,
} from '@fearless/compiler/analysis'
import { Cache } from './cache.ts'
import { Checker } from './check.ts'
import type { Effects } from './flow/effects.ts'
import { Overlay } from './host/overlay.ts'
import { TypeScript7 } from './host/ts7.ts'
import type { TypeHost } from './host/types.ts'
import { FileInfo, type Surroundings } from './file-info.ts'
import type { Diagnostic, Result } from './report/diagnostic.ts'
import { LockOrders } from './rules/lock-orders.ts'
import { suppressed } from './suppress.ts'
import { isSource, parse, withoutMark, type ParsedFile } from './syntax/parse.ts'

/** The imports and re-exports of values. */
const IMPORT = /\b(import|export)(?!\s+type\b)\b[^'"`;=()]*?\bfrom\s*(['"])([^'"]+)\2/g

const EXTENSIONS = ['', '.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '/index.ts', '/index.tsx', '/index.js']

/** Returns a configuration and its references, transitively, each once. */
export function withReferences(config: string, found: string[] = []): string[] {
  if (found.includes(config)) return found
  found.push(config)
  for (const path of referencesOf(config)) {
    const target = existsSync(path) && statSync(path).isDirectory() ? join(path, 'tsconfig.json') : path
    if (existsSync(target)) withReferences(target, found)
  }
  return found
}

function referencesOf(tsconfig: string): string[] {
  const text = readFileSync(tsconfig, 'utf8')
  if (!text.includes('"references"')) return []
  const { references } = parsedConfig(tsconfig, text) as { references?: { path?: unknown }[] }
  return (references ?? []).flatMap(({ path }) => (typeof path === 'string' ? [resolve(dirname(tsconfig), path)] : []))
}

export class Project {
  readonly config: string
  readonly files: readonly string[]
  readonly #settings: Config
  readonly #folder: string
  readonly #compiler: TypeScript7
  readonly #overlays = new Map<string, Overlay>()
  readonly #texts = new Map<string, string>()
  readonly #models = new Map<string, FileInfo>()
  /** The files without the library that a thread's closure reaches. */
  readonly #plain = new Map<string, FileInfo | undefined>()
  /** The files that cannot be checked, with the diagnostic that says so. */
  readonly #broken = new Map<string, Diagnostic>()
  readonly #known: ReadonlySet<string>
  /** The files with threads of other packages of the workspace. */
  readonly #outside = new Set<string>()
  /** The project's files that were not read yet. */
  readonly #unread = new Set<string>()
  #host: TypeHost | undefined
  #looked = false
  readonly #orders = new LockOrders()
  /** The files, by path without extension, or by a specifier that is no path; empty if it is no file of the project. */
  readonly #targets = new Map<string, string>()
  readonly #aliases = new Map<string, string>()
  /** The names of all methods that files with threads declare. */
  readonly #methods = new Set<string>()
  readonly #surroundings: Surroundings = {
    resolve: (from, specifier) => this.#resolve(from, specifier),
    ask: (path, questions) => this.#compilerOf().ask(path, questions),
    isOwnMethod: name => this.#methods.has(name),
  }
  /** tsc does not have the latest texts yet. */
  #changing = false
  #checker = this.#newChecker()

  constructor(config: string) {
    this.config = config
    this.#folder = dirname(config)
    this.#settings = configOf(config)
    this.#compiler = new TypeScript7(this.#folder, {
      textOf: path => this.#shownText(path),
      overlayOf: path => this.#overlays.get(path),
    })
    this.files = this.#compiler.filesOf(config)
    this.#known = new Set(this.files)
    for (const path of this.files)
      if (isSource(path) && !isNamed(path, this.#folder, this.#settings.exclude)) this.#unread.add(path)
  }

  /** Reads the files that may use the library, once. Most are read while tsc opens the project, which takes as long. */
  #look(): void {
    if (this.#looked) return
    this.#looked = true
    const own = [...this.#unread]
    if (!own.some(path => mentionsLibrary(this.textOf(path)))) return
    this.#compilerOf()
    for (const path of own) this.#lookAt(path)
    this.#lookAtImporters(own)
  }

  /**
   * Reads the files that use handles of another file without mentioning the library: its importers, through re-exports.
   */
  #lookAtImporters(own: readonly string[]): void {
    const all = own.map(path => ({ path, imports: this.#importsOf(path) }))
    for (const { imports } of all) for (const { target } of imports) this.#lookOutside(target)
    const makers = new Set(this.#models.keys())
    let others = all.filter(({ path }) => !makers.has(path))
    for (let before = -1; before < makers.size;) {
      before = makers.size
      others = others.filter(({ path, imports }) => {
        const given = imports.filter(({ target }) => makers.has(target))
        if (given.length > 0 && !this.#models.has(path)) this.#model(path)
        const passes = given.some(({ passed }) => passed)
        if (passes) makers.add(path)
        return !passes
      })
    }
  }

  /** Reads a file with threads of another package of the workspace, for its summaries. Its own project reports it. */
  #lookOutside(path: string): void {
    if (this.#known.has(path) || this.#models.has(path) || !isSource(path)) return
    if (!mentionsLibrary(this.textOf(path))) return
    this.#model(path)
    // tsc has read it without additions.
    this.#overlays.delete(path)
    this.#outside.add(path)
  }

  /** Returns the files of the project that a file imports, and whether each import is a re-export. */
  #importsOf(path: string): { target: string; passed: boolean }[] {
    return [...this.textOf(path).matchAll(IMPORT)].flatMap(([, word, , specifier]) => {
      const target = this.#resolve(path, specifier!)
      return target === undefined ? [] : [{ target, passed: word === 'export' }]
    })
  }

  #lookAt(path: string): void {
    if (this.#unread.delete(path) && mentionsLibrary(this.textOf(path))) this.#model(path)
  }

  /** Returns the text of a file for tsc, with additions. tsc's request is the first reason to read a file. */
  #shownText(path: string): string | undefined {
    this.#lookAt(path)
    return this.#overlays.get(path)?.text ?? this.#texts.get(path)
  }

  /** Returns all diagnostics of the project. With `cached`, from the cache, if no input has changed. */
  check(cached = false): Result {
    const cache = cached ? new Cache(this.config) : undefined
    for (const path of cache ? this.files : []) cache?.file(path, this.textOf(path))
    const known = cache?.read()
    if (known !== undefined) return known
    const result = this.#check()
    cache?.write(result, this.#host?.files().filter(path => !this.#known.has(path)) ?? [])
    return result
  }

  #check(): Result {
    this.#look()
    const looked = new Set([...this.#models.keys(), ...this.#broken.keys()])
    const paths = [...looked].filter(path => !this.#outside.has(path)).sort()
    const found = paths.map(path => this.#findIn(path))
    const diagnostics = paths.flatMap((path, at) => this.#said(path, found[at]))
    return { diagnostics, files: this.files.length, looked: paths.length }
  }

  /** Returns the text of a file that was read. */
  textOf(path: string): string {
    let text = this.#texts.get(path)
    if (text === undefined) this.#texts.set(path, (text = withoutMark(textAt(path))))
    return text
  }

  linesOf(path: string): Lines {
    return this.#models.get(path)?.lines ?? new Lines(this.textOf(path))
  }

  /** Returns a file as the rules read it; undefined if it does not use the library. */
  lookedAt(path: string): { file: FileInfo; effects: Effects } | undefined {
    this.#look()
    const file = this.#models.get(path)
    if (file === undefined) return undefined
    this.#learn(file)
    return { file, effects: this.#checker.effectsOf(file) }
  }

  /** Replaces the text of a file by an editor's; undefined restores the text on the disk. */
  update(path: string, text: string | undefined): void {
    this.#look()
    const now = text ?? textAt(path)
    if (this.#texts.get(path) === now && this.#host !== undefined) return
    this.#models.delete(path)
    this.#plain.delete(path)
    this.#broken.delete(path)
    this.#overlays.delete(path)
    this.#changing = true
    this.#read(path, now)
    this.#changing = false
    if (!this.#overlays.has(path)) this.#overlays.set(path, Overlay.of(now))
    this.#checker = this.#newChecker()
    if (this.#host !== undefined) this.#host = this.#compiler.open(this.config, [path])
    for (const model of [...this.#models.values(), ...this.#plain.values()]) model?.forget()
  }

  /** Checks one file again. The lock orders of other files are those of their last check. */
  checkFile(path: string): Diagnostic[] {
    this.#look()
    return this.#said(path, this.#findIn(path))
  }

  #said(path: string, found: readonly Diagnostic[]): Diagnostic[] {
    const file = this.#models.get(path)
    if (file === undefined) return [...found]
    const all = [...found, ...this.#checker.cyclesAt(file)].filter(({ code }) => !this.#settings.allow.includes(code))
    return suppressed(
      path,
      file.comments,
      file.lines,
      all.sort((a, b) => a.at.start - b.at.start),
    )
  }

  #findIn(path: string): Diagnostic[] {
    const broken = this.#broken.get(path)
    if (broken !== undefined) return [broken]
    const file = this.#models.get(path)
    if (file === undefined) return []
    this.#learn(file)
    const page = isNamed(path, this.#folder, this.#settings.pages)
    try {
      const complaints = mayRefuse(file) ? this.#compilerOf().complaints(path) : []
      return this.#checker.check({ file, complaints, page })
    } catch (error) {
      if (!isTooDeep(error)) throw error
      return [tooDeep(path, 0)]
    }
  }

  /** Releases resources, after an answer was sent. */
  tidy(): void {
    this.#compiler.tidy()
  }

  close(): void {
    this.#compiler.close()
  }

  #compilerOf(): TypeHost {
    return (this.#host ??= this.#compiler.open(this.config))
  }

  #newChecker(): Checker {
    const learnt = (path: string): FileInfo | undefined => {
      const file = this.#models.get(path)
      if (file !== undefined) this.#learn(file)
      return file
    }
    return new Checker(this.#orders, learnt, path => this.#models.get(path) ?? this.#plainModel(path))
  }

  /** Returns a file that a thread's closure reaches and that does not use the library. */
  #plainModel(path: string): FileInfo | undefined {
    if (!isSource(path) || this.#broken.has(path)) return undefined
    if (!this.#plain.has(path)) this.#plain.set(path, this.#parsed(path, this.textOf(path)))
    return this.#plain.get(path)
  }

  #parsed(path: string, text: string): FileInfo | undefined {
    try {
      const parsed = parse(path, text)
      return 'program' in parsed ? this.#modelOf(path, parsed) : undefined
    } catch (error) {
      if (!isTooDeep(error)) throw error
      return undefined
    }
  }

  #modelOf(path: string, parsed: ParsedFile): FileInfo {
    return new FileInfo(path, parsed, this.#surroundings)
  }

  #learn(file: FileInfo): void {
    if (file.learnt) return
    const answers = this.#compilerOf().ask(file.path, file.questions())
    file.learn(answers)
  }

  #read(path: string, source: string): void {
    this.#texts.set(path, withoutMark(source))
    if (mentionsLibrary(source) || this.#importsOf(path).some(({ target }) => this.#models.has(target)))
      this.#model(path)
  }

  #model(path: string): void {
    try {
      const parsed = parse(path, this.textOf(path))
      if (!('program' in parsed)) {
        this.#broken.set(path, unreadable(path, parsed))
        return
      }
      const file = this.#modelOf(path, parsed)
      this.#models.set(path, file)
      for (const name of file.methodNames()) this.#methods.add(name)
      this.#overlays.set(path, Overlay.for(file))
    } catch (error) {
      if (!isTooDeep(error)) throw error
      this.#broken.set(path, tooDeep(path, error instanceof NestingError ? error.at : 0))
    }
  }

  #resolve(from: string, specifier: string): string | undefined {
    if (specifier.startsWith('.')) return this.#fileAt(resolve(dirname(from), specifier))
    return isForeign(specifier) ? undefined : this.#aliasOf(from, specifier)
  }

  /** Resolves an alias, an entry of "imports" or a package of the workspace to a source, by tsc. */
  #aliasOf(from: string, specifier: string): string | undefined {
    let target = this.#aliases.get(specifier)
    if (target === undefined && !this.#changing) {
      const text = this.textOf(from)
      const at = Math.max(text.indexOf(`'${specifier}'`), text.indexOf(`"${specifier}"`))
      target = (at === -1 ? undefined : this.#compilerOf().moduleAt(from, at + 1)) ?? ''
      this.#aliases.set(specifier, target)
    }
    return target === undefined || target === '' ? undefined : target
  }

  /** Returns the file of the project for a path without extension, or with the extension of its output. */
  #fileAt(target: string): string | undefined {
    let found = this.#targets.get(target)
    if (found === undefined) {
      const written = target.replace(/\.([cm]?)js(x?)$/, '.$1ts$2')
      const paths = [target, written].flatMap(path => EXTENSIONS.map(end => path + end))
      this.#targets.set(target, (found = paths.find(path => this.#known.has(path)) ?? ''))
    }
    return found === '' ? undefined : found
  }
}

/** Whether a specifier is certainly no file of the project: the library, or a module of the runtime. */
const isForeign = (specifier: string): boolean =>
  /^(?:node:|fearless(?:\/|$)|https?:)/.test(specifier) || isBuiltin(specifier)

/** Whether a file can contain a refusal by types: it uses functions of the library, and not only its types. */
const mayRefuse = ({ scopes }: FileInfo): boolean =>
  [...scopes.module.bindings.values()].some(
    ({ kind, declaration }) => kind === 'import' && mentionsLibrary(`'${declaration.source.value}'`),
  )

function textAt(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function unreadable(file: string, problem: { message: string; start: number; end: number }): Diagnostic {
  return {
    code: 'F0001',
    severity: 'error',
    file,
    message: `this file has a syntax error, so nothing in it was checked: ${problem.message}`,
    at: { start: problem.start, end: problem.end, label: 'the parser stopped here' },
    also: [],
    notes: [],
    help: { text: 'correct it; `tsc` reports the details' },
  }
}

/** Returns the diagnostic for a file that exceeds the nesting limit at offset `at`. */
function tooDeep(file: string, at: number): Diagnostic {
  return {
    code: 'F0001',
    severity: 'warning',
    file,
    message: 'this file is nested too deeply to be checked',
    at: { start: at, end: at, label: '' },
    also: [],
    notes: [],
    help: { text: 'split its deepest expression into several statements' },
  }
}
