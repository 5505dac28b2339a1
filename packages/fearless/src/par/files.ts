/**
 * Files as sources of parallel iterators: their lines, their records of one size, and the files below a directory.
 *
 * A file is cut into pieces whose size depends on the file's size alone, so a result is the same on any number of threads. A
 * run goes over the numbers of the pieces; its first stage reads a piece and gives what is in it, in the thread that needs it.
 *
 * - A line belongs to the piece that it begins in: the reader of a piece skips the end of the line before, and reads on to the
 *   end of its last line.
 * - A cut may be anywhere in a character. Only whole lines are decoded, and no character of UTF-8 but the line feed has its byte.
 * - Each reader looks, before and after it reads, whether the file is still the one that the run began with.
 * - A directory is listed level by level until there are enough directories for many threads; each of these is walked by the
 *   thread that takes it. The order of the paths is that of one walk that sorts each directory by name.
 */
import { platform } from '#platform'
import { describe } from '../describe.ts'
import { EnvironmentError, FileError } from '../errors.ts'
import type { Entry, Files, OpenFile } from '../platform/files.ts'
import { defineFactory, type Factory } from '../thread/closure/factory.ts'
import { ownPart, type OwnFactory, type Part } from './pipeline.ts'
import { sourceOf, type Source } from './source.ts'

/** A piece is large enough that opening the file does not show, and small enough that a thread has few of them in memory. */
const SMALLEST_PIECE = 0x1_0000
const LARGEST_PIECE = 0x10_0000
/** As many pieces, until they would be larger than that. */
const PIECES = 256
/** How much is read at a time to find the end of a line. */
const TAIL_BYTES = 0x1_0000
/** With so many directories, each of many threads finds some to walk. */
const ENOUGH_DIRECTORIES = 64

const LINE_FEED = 10

/** What a run goes over, and its first stage, which gives the items. */
export interface Opened {
  readonly source: Source
  readonly first: Part
}

/** What a parallel iterator is made of. */
export type From = Source | FileSource<unknown>

/** Lines, records or files: what is on the disk when a run begins. */
export class FileSource<T> implements Iterable<T> {
  readonly #open: () => Opened

  /** @internal */
  constructor(open: () => Opened) {
    this.#open = open
  }

  /** @internal */
  static open(source: FileSource<unknown>): Opened {
    return source.#open()
  }

  /** The same items, one after the other, on this thread. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    const { source, first } = this.#open()
    const read = (first as { f: (piece: unknown) => Iterable<T> }).f
    for (let k = 0; k < source.length; k++) yield* read('items' in source ? source.items[k] : k)
  }
}

/**
 * The lines of a text file, without the marks at their ends (`\n` or `\r\n`): Rust's `lines`, in parallel.
 *
 * ```ts
 * await parIter(par.lines('package.json')).filter(line => line.includes('"name"')).count() // => 1
 * ```
 *
 * The file is cut at line ends; each thread reads pieces of its own, so no thread has all of it in memory. The text is UTF-8; a
 * byte that is none becomes U+FFFD. Nothing is read before the end is waited for, which throws `FileError` if the file cannot
 * be read, or changes meanwhile.
 */
export function lines(path: string | URL): FileSource<string> {
  const place = pathOf('lines', path)
  return new FileSource(() => openFile('fearless:lines', place, 1))
}

/**
 * The records of a file, each of so many bytes, as a `Uint8Array` of its own.
 *
 * ```ts
 * const bytes = (await parIter(par.records('README.md', 1)).count())
 * bytes > 1000 // => true
 * ```
 *
 * Each thread reads pieces of its own. Nothing is read before the end is waited for, which throws `FileError` if the file cannot
 * be read, changes meanwhile, or ends within a record.
 */
export function records(path: string | URL, bytes: number): FileSource<Uint8Array<ArrayBuffer>> {
  const place = pathOf('records', path)
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > 0x3fff_ffff) {
    throw new RangeError(`A record has a whole number of bytes from 1 to 2^30 - 1, not ${describe(bytes)}.`)
  }
  return new FileSource(() => openFile('fearless:records', place, bytes))
}

/**
 * The paths of all files in a directory and in those below it, in the order of a walk that sorts each directory by name.
 *
 * ```ts
 * await parIter(par.files('lessons')).filter(path => path.endsWith('.ts')).count() > 0 // => true
 * ```
 *
 * A path begins with `directory` as it was given. Symbolic links are neither followed nor given, as other things that are no
 * regular files. Directories are listed by the threads that take part. The end throws `FileError` if one cannot be listed.
 */
export function files(directory: string | URL): FileSource<string> {
  const place = pathOf('files', directory)
  return new FileSource(() => ({ source: sourceOf(branchesOf(place)), first: ownPart('fearless:files', walk, [], '') }))
}

function pathOf(name: string, path: string | URL): string {
  if (typeof path === 'string' && path !== '') return path
  if (path instanceof URL && path.protocol === 'file:') return disk().pathOf(path)
  throw new TypeError(`par.${name} expects a path or a file: URL, got ${describe(path)}.`)
}

function disk(): Files {
  if (platform.files !== undefined) return platform.files
  throw new EnvironmentError('There are no files here. Read what you need by `fetch`, and give `parIter` the items.')
}

// -------------------------------------------------------------- pieces of a file

/** What the reader of a piece has to know. */
type Cut = readonly [path: string, version: string, size: number, piece: number, record: number]

function openFile(url: string, path: string, record: number): Opened {
  const { isFile, size, version } = tried(path, () => disk().stat(path))
  if (!isFile) throw new FileError(`${path} is no regular file. Give it the path of one.`, path)
  if (size === 0) refuseUnsized(path)
  if (size % record !== 0) {
    throw new FileError(
      `${path} has ${size} bytes, which is no multiple of ${record}: it ends within a record. See which size its records have.`,
      path,
    )
  }
  const wanted = Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.ceil(size / PIECES)))
  const piece = Math.max(1, Math.floor(wanted / record)) * record
  const cut: Cut = [path, version, size, piece, record]
  return {
    source: { kind: 'range', length: Math.ceil(size / piece), start: 0 },
    first: ownPart(url, readers[url], cut, 'path, version, size, piece, record'),
  }
}

/** What the system makes when it is read (`/proc`) has no size. */
function refuseUnsized(path: string): void {
  if (reading(path, file => file.read(new Uint8Array(1), 0)) === 0) return
  throw new FileError(`${path} does not say how long it is, so it cannot be cut. Read it, and split its text.`, path)
}

const readers: Readonly<Record<string, OwnFactory>> = { 'fearless:lines': linesOf, 'fearless:records': recordsOf }

function linesOf(captured: readonly unknown[]): (piece: number) => string[] {
  const cut = captured as unknown as Cut
  const [, , size, piece] = cut
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return number => {
    const from = number * piece
    const to = Math.min(size, from + piece)
    return readingPiece(cut, file => {
      // The byte before it says whether a line begins with the piece.
      const bytes = readRange(file, Math.max(0, from - 1), to)
      const first = from === 0 ? 0 : bytes.indexOf(LINE_FEED) + 1
      if ((from > 0 && first === 0) || first === bytes.length) return []
      const rest = to === size || bytes[bytes.length - 1] === LINE_FEED ? undefined : readLine(file, to, size)
      return split(decoder, rest === undefined ? bytes.subarray(first) : joined(bytes.subarray(first), rest))
    })
  }
}

/** Whole lines; the last one may have no mark at its end. */
function split(decoder: TextDecoder, bytes: Uint8Array): string[] {
  const ends = bytes[bytes.length - 1] === LINE_FEED
  const lines = decoder.decode(ends ? bytes.subarray(0, -1) : bytes).split('\n')
  const marked = ends ? lines.length : lines.length - 1
  for (let k = 0; k < marked; k++) if (lines[k].endsWith('\r')) lines[k] = lines[k].slice(0, -1)
  return lines
}

/** The bytes from `from` up to the end of the line that they are in. */
function readLine(file: OpenFile, from: number, size: number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = from; at < size; at += TAIL_BYTES) {
    const bytes = readRange(file, at, Math.min(size, at + TAIL_BYTES))
    const end = bytes.indexOf(LINE_FEED) + 1
    parts.push(end === 0 ? bytes : bytes.subarray(0, end))
    if (end !== 0) break
  }
  return joined(...parts)
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const each of parts) {
    all.set(each, at)
    at += each.length
  }
  return all
}

function recordsOf(captured: readonly unknown[]): (piece: number) => Uint8Array[] {
  const cut = captured as unknown as Cut
  const [, , size, piece, record] = cut
  return number => {
    const bytes = readingPiece(cut, file => readRange(file, number * piece, Math.min(size, (number + 1) * piece)))
    return Array.from({ length: bytes.length / record }, (_, k) => bytes.slice(k * record, (k + 1) * record))
  }
}

/** Reads a piece of a file that is, and stays, the one that the run began with. */
function readingPiece<T>([path, version]: Cut, read: (file: OpenFile) => T): T {
  return reading(path, file => {
    const check = (): void => {
      if (file.stat().version !== version) throw changed(path)
    }
    check()
    const result = read(file)
    check()
    return result
  })
}

function changed(path: string): FileError {
  return new FileError(`${path} changed while it was read. Read a copy of it, or wait until it is complete.`, path)
}

function readRange(file: OpenFile, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from)
  for (let at = 0; at < bytes.length;) {
    const count = file.read(bytes.subarray(at), from + at)
    // It has become shorter: the version says so, too.
    if (count === 0) return bytes.subarray(0, at)
    at += count
  }
  return bytes
}

function reading<T>(path: string, use: (file: OpenFile) => T): T {
  return tried(path, () => {
    const file = disk().open(path)
    try {
      return use(file)
    } finally {
      file.close()
    }
  })
}

/** Makes a `FileError` of what the system says. */
function tried<T>(path: string, f: () => T): T {
  try {
    return f()
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof EnvironmentError) throw cause
    throw new FileError(
      `${path} could not be read: ${cause instanceof Error ? cause.message : describe(cause)}. See whether it exists and may be read.`,
      path,
      { cause },
    )
  }
}

// -------------------------------------------------------------- directories

/** Files, and directories that are walked later: these end with a slash. */
function branchesOf(directory: string): string[] {
  let level = [asDirectory(directory)]
  for (;;) {
    const directories = level.filter(isDirectory).length
    if (directories === 0 || directories >= ENOUGH_DIRECTORIES) return level
    level = level.flatMap(path => (isDirectory(path) ? entriesOf(path) : path))
  }
}

const isDirectory = (path: string): boolean => path.endsWith('/')
const asDirectory = (path: string): string => (isDirectory(path) ? path : `${path}/`)

/** The paths of what is in a directory, sorted by name; links and devices are left out. */
function entriesOf(directory: string): string[] {
  const entries = tried(directory, () => disk().entries(directory))
  return entries
    .filter(({ isFile, isDirectory }) => isFile || isDirectory)
    .sort(byName)
    .map(({ name, isDirectory }) => (isDirectory ? `${directory}${name}/` : `${directory}${name}`))
}

const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** The files of a branch. */
function walk(): (branch: string) => string[] {
  return branch => {
    const found: string[] = []
    const left = [branch]
    for (let path = left.pop(); path !== undefined; path = left.pop()) {
      if (!isDirectory(path)) found.push(path)
      else for (const entry of entriesOf(path).reverse()) left.push(entry)
    }
    return found
  }
}

for (const [url, factory] of Object.entries({ ...readers, 'fearless:files': walk }))
  defineFactory(url, factory as Factory)
