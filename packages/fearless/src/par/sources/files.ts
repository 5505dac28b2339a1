/**
 * Files as sources of parallel iterators: `par.lines`, `par.records`, and `par.files` for the files below a directory.
 *
 * A file is cut into pieces whose size depends on the file's size alone, so a result is the same on any number of
 * threads. The items of the run are the numbers of the pieces. Its first adaptor reads a piece, in the thread that runs
 * the chunk.
 *
 * - A line belongs to the piece in which it begins. The reader of a piece skips the end of the line before, and reads
 *   on to the end of its last line.
 * - A cut may be inside a character. Only whole lines are decoded, and in UTF-8 the byte of a line feed occurs in no
 *   other character.
 * - Each reader checks, before and after it reads, that the file is still the one with which the run began.
 * - A directory is listed level by level until there are enough directories for many threads. Each of these is walked
 *   by the thread that runs its chunk. The order of the paths is that of one walk that sorts each directory by name.
 */
import { platform } from '#platform'
import { describe } from '../../describe.ts'
import { EnvironmentError, FileError } from '../../errors.ts'
import type { Entry, Files, OpenFile } from '../../platform/files.ts'
import { defineFactory, type Factory } from '../../thread/closure/factory.ts'
import { flatMap } from '../ops/flat-map.ts'
import type { Adaptor } from '../ops/op.ts'
import { libraryPart, type LibraryFactory, type Part } from '../ops/part.ts'
import { sourceOf, type Source } from './source.ts'

/** Large enough that the cost of opening the file does not show, and small enough for the memory of many threads. */
const SMALLEST_PIECE = 0x1_0000
const LARGEST_PIECE = 0x10_0000
/** The wanted number of pieces, as long as they are not larger than that. */
const PIECES = 256
/** The bytes to read at a time to find the end of a line. */
const TAIL_BYTES = 0x1_0000
/** With this number of directories, each of many threads finds some to walk. */
const ENOUGH_DIRECTORIES = 64

const LINE_FEED = 10

/** A source whose items are pieces, and the first adaptor, which reads them. */
export interface Opened {
  readonly source: Source
  readonly adaptor: Adaptor
  readonly part: Part
}

/** The source of a parallel iterator, before a run begins. */
export type From = Source | FileSource<unknown>

/** Lines, records or files, as they are on the disk when a run begins. */
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

  /** Reads the same items one after the other, on this thread. */
  *[Symbol.iterator](): Generator<T, void, undefined> {
    const { source, part } = this.#open()
    const read = (part as { f: (piece: unknown) => Iterable<T> }).f
    for (let k = 0; k < source.length; k++) yield* read('items' in source ? source.items[k] : k)
  }
}

/**
 * The lines of a text file, without their line endings (`\n` or `\r\n`): Rust's `lines`, in parallel.
 *
 * ```ts
 * await parIter(par.lines('package.json')).filter(line => line.includes('"name"')).count() // => 1
 * ```
 *
 * The file is cut at line ends, and each thread reads pieces of its own, so no thread has all of it in memory. The text
 * is UTF-8; an invalid byte becomes U+FFFD. The file is read when the consumer is waited for. That throws `FileError`
 * if the file cannot be read, or changes during the work.
 */
export function lines(path: string | URL): FileSource<string> {
  const place = pathOf('lines', path)
  return new FileSource(() => openFile('fearless:lines', place, 1))
}

/**
 * The records of a file, each of `bytes` bytes, as a `Uint8Array` of its own.
 *
 * ```ts
 * const bytes = (await parIter(par.records('README.md', 1)).count())
 * bytes > 1000 // => true
 * ```
 *
 * Each thread reads pieces of its own. The file is read when the consumer is waited for. That throws `FileError` if the
 * file cannot be read, changes during the work, or ends within a record.
 */
export function records(path: string | URL, bytes: number): FileSource<Uint8Array<ArrayBuffer>> {
  const place = pathOf('records', path)
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > 0x3fff_ffff) {
    throw new RangeError(
      `\`par.records\` expects a record size from 1 to 2^30 - 1 bytes, got ${describe(bytes)}. Pass such a number.`,
    )
  }
  return new FileSource(() => openFile('fearless:records', place, bytes))
}

/**
 * The paths of all files in a directory and in those below it, in the order of a walk that sorts each directory by
 * name.
 *
 * ```ts
 * await parIter(par.files('lessons')).filter(path => path.endsWith('.ts')).count() > 0 // => true
 * ```
 *
 * A path begins with `directory` as it was passed. Symbolic links are not followed. Only regular files are listed.
 * Directories are listed by the threads that take part. The consumer throws `FileError` if one cannot be listed.
 */
export function files(directory: string | URL): FileSource<string> {
  const place = pathOf('files', directory)
  return new FileSource(() => ({
    source: sourceOf(branchesOf(place)),
    adaptor: flatMap,
    part: libraryPart('fearless:files', walk, [], ''),
  }))
}

function pathOf(name: string, path: string | URL): string {
  if (typeof path === 'string' && path !== '') return path
  if (path instanceof URL && path.protocol === 'file:') return disk().pathOf(path)
  throw new TypeError(`\`par.${name}\` expects a path or a file: URL, got ${describe(path)}. Pass one of these.`)
}

function disk(): Files {
  if (platform.files !== undefined) return platform.files
  throw new EnvironmentError(
    'This environment has no files. Read the data with `fetch`, and pass its items to `parIter`.',
  )
}

// -------------------------------------------------------------- pieces of a file

/** The captures of a function that reads a piece. */
type Cut = readonly [path: string, version: string, size: number, piece: number, record: number]

function openFile(url: string, path: string, record: number): Opened {
  const { isFile, size, version } = tried(path, () => disk().stat(path))
  if (!isFile) throw new FileError(`${path} is not a regular file. Pass the path of a regular file.`, path)
  if (size === 0) refuseUnsized(path)
  if (size % record !== 0) {
    throw new FileError(
      `${path} ends within a record, because its ${size} bytes are not a multiple of ${record}. Pass the size of its records to \`par.records\`.`,
      path,
    )
  }
  const wanted = Math.min(LARGEST_PIECE, Math.max(SMALLEST_PIECE, Math.ceil(size / PIECES)))
  const piece = Math.max(1, Math.floor(wanted / record)) * record
  const cut: Cut = [path, version, size, piece, record]
  return {
    source: { kind: 'range', length: Math.ceil(size / piece), start: 0 },
    adaptor: flatMap,
    part: libraryPart(url, readers[url], cut, 'path, version, size, piece, record'),
  }
}

/** Refuses a file that reports no size and has bytes, as those in `/proc` do. */
function refuseUnsized(path: string): void {
  if (reading(path, file => file.read(new Uint8Array(1), 0)) === 0) return
  throw new FileError(
    `${path} reports no size, so it cannot be cut. Read it with \`readFileSync\`, and pass its lines to \`parIter\`.`,
    path,
  )
}

const readers: Readonly<Record<string, LibraryFactory>> = { 'fearless:lines': linesOf, 'fearless:records': recordsOf }

function linesOf(captured: readonly unknown[]): (piece: number) => string[] {
  const cut = captured as unknown as Cut
  const [, , size, piece] = cut
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return number => {
    const from = number * piece
    const to = Math.min(size, from + piece)
    return readingPiece(cut, file => {
      // The byte before the piece shows whether a line begins with the piece.
      const bytes = readRange(file, Math.max(0, from - 1), to)
      const first = from === 0 ? 0 : bytes.indexOf(LINE_FEED) + 1
      if ((from > 0 && first === 0) || first === bytes.length) return []
      const rest = to === size || bytes[bytes.length - 1] === LINE_FEED ? undefined : readLine(file, to, size)
      return split(decoder, rest === undefined ? bytes.subarray(first) : joined(bytes.subarray(first), rest))
    })
  }
}

/** Decodes whole lines. The last one may have no line ending. */
function split(decoder: TextDecoder, bytes: Uint8Array): string[] {
  const ends = bytes[bytes.length - 1] === LINE_FEED
  const lines = decoder.decode(ends ? bytes.subarray(0, -1) : bytes).split('\n')
  const marked = ends ? lines.length : lines.length - 1
  for (let k = 0; k < marked; k++) if (lines[k].endsWith('\r')) lines[k] = lines[k].slice(0, -1)
  return lines
}

/** Reads from `from` up to the end of the line. */
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

/** Reads a piece. Throws `FileError` if the file is no longer the one with which the run began. */
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
    // The file has become shorter. The comparison of versions throws.
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

/** Turns an error of the system into a `FileError`. */
function tried<T>(path: string, f: () => T): T {
  try {
    return f()
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof EnvironmentError) throw cause
    throw new FileError(
      `${path} could not be read: ${cause instanceof Error ? cause.message : describe(cause)}. Check that it exists and that this process may read it.`,
      path,
      { cause },
    )
  }
}

// -------------------------------------------------------------- directories

/** Lists files, and directories that are walked later. The paths of directories end with a slash. */
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

/** The paths of the files and directories in a directory, sorted by name. Links and devices are left out. */
function entriesOf(directory: string): string[] {
  const entries = tried(directory, () => disk().entries(directory))
  return entries
    .filter(({ isFile, isDirectory }) => isFile || isDirectory)
    .sort(byName)
    .map(({ name, isDirectory }) => (isDirectory ? `${directory}${name}/` : `${directory}${name}`))
}

const byName = (a: Entry, b: Entry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

/** Lists the files of a branch. */
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
