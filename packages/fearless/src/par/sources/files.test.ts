/**
 * Lines, records and files are read whole, once and in order, wherever a file is cut. A changed file throws
 * `FileError`.
 */
import assert from 'node:assert/strict'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { FileError, par, parIter, thread } from 'fearless'

const folder = mkdtempSync(join(tmpdir(), 'fearless-files-'))
after(() => rmSync(folder, { recursive: true }))

/** The size of a piece of a file that is not large. */
const PIECE = 0x1_0000
const LIMIT = { timeout: 60_000 }

let files = 0
function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `${files++}.txt`)
  writeFileSync(path, content)
  return path
}

/** Pseudo-random numbers, the same in every run. */
function random(seed: number): (below: number) => number {
  let state = seed
  return below => (state = (state * 1103515245 + 12345) % 2147483648) % below
}

/** The lines of a text, as Rust's `lines` defines them. */
function linesOf(text: string): string[] {
  const lines = text.split('\n')
  const last = lines.pop()!
  return [...lines.map(line => (line.endsWith('\r') ? line.slice(0, -1) : line)), ...(last === '' ? [] : [last])]
}

/** Computes long enough that files are shared. */
function work(line: string): number {
  let x = line.length
  for (let i = 0; i < 40; i++) x = (x * 31 + i) % 1000003
  return x
}

async function check(text: string | Uint8Array): Promise<void> {
  const path = fileOf(text)
  const expected = linesOf(typeof text === 'string' ? text : new TextDecoder('utf-8', { ignoreBOM: true }).decode(text))
  const lines = parIter(par.lines(path))
  assert.deepEqual(await lines.collect(), expected)
  assert.deepEqual(lines.collect().try(), expected)
  assert.deepEqual(
    lines
      .map(line => `${work(line)} ${line}`)
      .collect()
      .wait(),
    expected.map(line => `${work(line)} ${line}`),
  )
  assert.equal(await lines.count(), expected.length)
  assert.deepEqual([...par.lines(path)], expected)
}

describe('par.lines', LIMIT, () => {
  it('each line is read once for every line ending and every last line', async () => {
    for (const text of [
      '',
      '\n',
      '\r\n',
      '\r',
      'a',
      'a\n',
      'a\r\n',
      'a\r',
      'a\n\n',
      '\n\na',
      'a\r\nb',
      '\ufeffa\nb',
      'a\rb\n',
    ])
      await check(text)
  })

  it('a file may be cut inside a line, a line ending or a character', async () => {
    for (const at of [-3, -2, -1, 0, 1, 2]) {
      for (const mark of ['\n', '\r\n', '\n\n', '€\n', '𝄞', '\r'])
        await check(`${'x'.repeat(PIECE + at)}${mark}${'ä'.repeat(PIECE / 2)}${mark}end`)
    }
  })

  it('a line longer than many pieces is read once', async () => {
    await check(`short\n${'long€'.repeat(100_000)}\nshort\n`)
    await check('without an end'.repeat(20_000))
    await check('\n'.repeat(3 * PIECE))
  })

  it('lines of random files are read as by a loop', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const below = random(seed)
      const parts: string[] = []
      for (let size = below(6 * PIECE); size > 0;) {
        const length = below(8) === 0 ? below(90_000) : below(60)
        parts.push(['x', 'ä', '€', '𝄞', '\r'][below(5)].repeat(length), ['\n', '\r\n', '\n\n'][below(3)])
        size -= length
      }
      await check(parts.join('') + (below(2) === 0 ? 'last' : ''))
    }
  })

  it('bytes that are not UTF-8 become U+FFFD', async () => {
    const below = random(7)
    await check(Uint8Array.from({ length: 3 * PIECE }, () => below(256)))
  })

  it('each run reads the file again, by path or file: URL, in any thread', async () => {
    const path = fileOf('a\nb\n')
    const lines = parIter(par.lines(pathToFileURL(path)))
    assert.deepEqual(await lines.collect(), ['a', 'b'])
    appendFileSync(path, 'c\n')
    assert.deepEqual(await lines.collect(), ['a', 'b', 'c'])
    assert.equal(await thread.spawn(p => parIter(par.lines(p)).count().wait(), path), 3)
  })

  it('lines pass through every adaptor and consumer', async () => {
    const text = Array.from({ length: 30_000 }, (_, i) => `${i}`)
    const lines = parIter(par.lines(fileOf(text.join('\n'))))
    assert.equal(await lines.map(Number).sum(), 449_985_000)
    assert.equal(await lines.filter(line => line.endsWith('7')).count(), 3000)
    assert.equal(await lines.find(line => line.length === 5), '10000')
    assert.deepEqual((await lines.flatMap(line => [line, line]).collect()).slice(0, 3), ['0', '0', '1'])
    assert.equal(await lines.fold(0, (sum, line) => sum + line.length).sum(), text.join('').length)
    assert.equal(await lines.any(line => line === '29999'), true)
  })
})

describe('par.records', LIMIT, () => {
  it('each record is read once into an array of its own', async () => {
    for (const [bytes, count] of [
      [1, 200_000],
      [12, 30_001],
      [100_000, 5],
      [7, 0],
    ]) {
      const content = Uint8Array.from({ length: bytes * count }, (_, i) => i * 7 + (i >> 8))
      const path = fileOf(content)
      const records = await parIter(par.records(path, bytes)).collect()
      assert.equal(records.length, count)
      assert.deepEqual(Buffer.concat(records), Buffer.from(content))
      assert.ok(records.every(record => record.length === bytes && record.buffer.byteLength === bytes))
      assert.deepEqual([...par.records(path, bytes)].length, count)
    }
  })

  it('a file that ends within a record or an invalid record size is refused', async () => {
    const path = fileOf('12345')
    await assert.rejects(parIter(par.records(path, 2)).count().then(), { code: 'FL0019', path })
    for (const bytes of [0, -1, 1.5, NaN, '4' as never]) assert.throws(() => par.records(path, bytes), RangeError)
  })
})

describe('par.files', LIMIT, () => {
  it('all files of a tree are listed by name, without links', async () => {
    const root = join(folder, 'tree')
    const expected: string[] = []
    const make = (directory: string, depth: number): void => {
      mkdirSync(directory)
      for (const name of ['a.txt', 'b', 'b.txt', 'c', 'ü.txt']) {
        const path = join(directory, name)
        if (name.endsWith('.txt')) {
          writeFileSync(path, name)
          expected.push(path)
        } else if (depth > 0) make(path, depth - 1)
      }
    }
    make(root, 5)
    mkdirSync(join(root, 'empty'))
    symlinkSync(join(root, 'b'), join(root, 'linked'))
    symlinkSync(join(root, 'a.txt'), join(root, 'linked.txt'))
    const files = parIter(par.files(root))
    assert.deepEqual(await files.collect(), expected)
    assert.deepEqual(files.collect().try(), expected)
    assert.deepEqual([...par.files(`${root}/`)], expected)
    assert.deepEqual(await parIter(par.files(pathToFileURL(root))).collect(), expected)
    assert.equal(await files.map(path => [...par.lines(path)].length).sum(), expected.length)
    assert.deepEqual(await parIter(par.files(join(root, 'empty'))).collect(), [])
  })

  it('files of a deep and of a broad tree are listed', async () => {
    const deep = join(folder, 'deep', ...Array.from({ length: 100 }, () => 'd'))
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(deep, 'file'), '')
    assert.deepEqual(await parIter(par.files(join(folder, 'deep'))).collect(), [join(deep, 'file')])
    const broad = join(folder, 'broad')
    for (let i = 0; i < 100; i++) {
      mkdirSync(join(broad, `${i}`), { recursive: true })
      for (const name of ['a', 'b']) writeFileSync(join(broad, `${i}`, name), '')
    }
    assert.equal(await parIter(par.files(broad)).count(), 200)
  })
})

describe('a file that changes', LIMIT, () => {
  const size = 8 * PIECE
  const changes: Record<string, (path: string) => void> = {
    grows: path => appendFileSync(path, 'x'),
    shrinks: path => truncateSync(path, PIECE),
    'is written': path => utimesSync(path, 1, 1),
    'is another one': path => renameSync(fileOf('y'.repeat(size)), path),
    'is gone': path => void (existsSync(path) && unlinkSync(path)),
  }
  const text = Array.from({ length: size / 64 }, (_, i) => `${i}`.padEnd(63)).join('\n')

  for (const [event, change] of Object.entries(changes)) {
    it(`a file that ${event} throws FileError`, () => {
      const path = fileOf(text)
      let isChanged = false
      const reading = (): void => {
        for (const _line of par.lines(path)) {
          if (!isChanged) change(path)
          isChanged = true
        }
      }
      assert.throws(reading, { name: 'FileError', code: 'FL0019', path })
    })
  }

  it('a file that changes during the work of several threads throws FileError', async () => {
    const path = fileOf(text)
    const growing = parIter(par.lines(path)).map(line => {
      appendFileSync(path, 'x')
      return work(line)
    })
    await assert.rejects(growing.sum().then(), { name: 'FileError', path })
    assert.throws(() => growing.collect().wait(), { name: 'FileError', path })
    assert.throws(() => growing.count().try(), { name: 'FileError', path })
  })

  it('a FileError from another thread keeps its path', async () => {
    const path = fileOf(Array.from({ length: size / 64 }, (_, i) => `${i}`.padEnd(63)).join('\n'))
    const failing = parIter(par.lines(path)).forEach(line => {
      if (line.startsWith('0')) throw new FileError('seen', line.trim())
    })
    await assert.rejects(failing.then(), { name: 'FileError', path: '0' })
  })

  it('a missing file, a directory and a file without a size throw FileError', async () => {
    const missing = join(folder, 'missing')
    await assert.rejects(parIter(par.lines(missing)).count().then(), (error: FileError) => {
      assert.ok(error instanceof FileError)
      assert.deepEqual([error.path, (error.cause as NodeJS.ErrnoException).code], [missing, 'ENOENT'])
      return true
    })
    assert.throws(() => parIter(par.lines(folder)).count().wait(), { name: 'FileError', path: folder })
    assert.throws(() => parIter(par.files(missing)).count().try(), { name: 'FileError', path: `${missing}/` })
    if (existsSync('/proc/self/status'))
      assert.throws(() => parIter(par.lines('/proc/self/status')).count().try(), { name: 'FileError' })
  })

  it('an argument that is not a path or a file: URL throws TypeError', () => {
    for (const path of ['', 5, undefined, {}, new URL('https://example.org/a')] as never[])
      for (const source of [par.lines, par.files, (p: string) => par.records(p, 1)])
        assert.throws(() => source(path), TypeError)
  })
})
