/**
 * Tests that each record of the shared heap is declared without a fault, and that the check finds each kind of fault
 * (records.fixture.ts).
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it, test } from 'node:test'
import { HANDLES, LOCKS, RW_LOCKS, SEMAPHORES, WAITERS, classBytes } from './alloc.ts'
import { Records } from './records.fixture.ts'

const src = resolve(import.meta.dirname, '..')
const LAYERS = 'core memory wait sync channel thread par task'.split(' ')

const shipped = new Records(
  new Map(
    globSync(`{${LAYERS.join()}}/**/*.ts`, { cwd: src })
      .filter(file => !/\.(?:test|model|bench|fixture|generated|wasm|simulated|d)\.ts$/.test(file))
      .sort()
      .map(file => [file, readFileSync(join(src, file), 'utf8')]),
  ),
)

test('the records of the shared heap have no fault', () => {
  assert.deepEqual(shipped.problems, [])
  assert.ok(shipped.records.length >= 45, `${shipped.records.length} records`)
})

test('an object of a size class of its own fills its block', () => {
  const sizes: readonly (readonly [kind: number, file: string, field: string])[] = [
    [LOCKS, 'core/mutex.ts', 'MUTEX_LOCK'],
    [LOCKS, 'core/once.ts', 'ONCE_STATE'],
    [LOCKS, 'core/reentrant-mutex.ts', 'REENTRANT_DEPTH'],
    [RW_LOCKS, 'core/rw-lock.ts', 'RW_SEATS'],
    [SEMAPHORES, 'core/semaphore.ts', 'SEMAPHORE_QUEUE'],
    [HANDLES, 'core/handles.ts', 'HANDLE_OWNER'],
    [WAITERS, 'core/wait-queue.ts', 'WAITER_STATE'],
  ]
  for (const [kind, file, field] of sizes) assert.equal(shipped.sizeOf(file, field), classBytes(kind), file)
})

/** A table, and its constants, without a fault. */
const TABLE = `/**
 * A lock.
 *
 *   +0   QUEUE    wait queue
 *   +12  OWNER    0 free, else the slot id
 *                 of the holder
 *   +16  NUMBER   f64: the value, if it is a number
 *   +16  or BLOCK  its allocation
 *   +20  or LENGTH  its length
 *   +24  SEATS    two words: readers
 *   +32  -        a word for other files
 *   +36  BYTES    end
 */
import { get, getFloat } from './memory.ts'

export const QUEUE: i32 = 0
export const OWNER: i32 = 12
const NUMBER: i32 = 16
const BLOCK: i32 = 16
const LENGTH: i32 = 20
const SEATS: i32 = OWNER + 12
export const BYTES: i32 = 36

export const FREE: i32 = 0

export function wakeOne(self: i32, queue: i32): void {}
export const holder = (lock: i32): i32 => get(lock + OWNER)
export const value = (lock: i32): f64 => getFloat(lock + NUMBER)
export const wake = (lock: i32): void => wakeOne(0, lock + QUEUE)
`

/** The same as constants with their rows beside them. */
const BLOCK = `// A lock.
export const QUEUE: i32 = 0 // wait queue
export const OWNER: i32 = 12
const NUMBER: i32 = 16 // f64: the value, if it is a number
const BLOCK: i32 = 16 // or: its allocation
const LENGTH: i32 = 20 // or: its length
const SEATS: i32 = 24 // two words: readers
// +32 a word for other files
export const BYTES: i32 = 36 // end
`

const problemsOf = (text: string): string[] => new Records(new Map([['lock.ts', text]])).problems

function planted(text: string, from: string, to: string): string[] {
  assert.equal(text.split(from).length, 2, from)
  return problemsOf(text.replace(from, to)).map(problem => problem.replace(/^lock\.ts:\d+: /, ''))
}

describe('a table', () => {
  it('without a fault has no problem', () => assert.deepEqual(problemsOf(TABLE), []))

  const faults: readonly (readonly [what: string, from: string, to: string, problem: string])[] = [
    ['with another offset', '+12  OWNER', '+16  OWNER', 'OWNER is 12, but its row says +16'],
    ['without a constant', '*   +32  -  ', '*   +32  GONE', 'there is no constant GONE'],
    ['that names no constant', '-        a word', 'a word', 'the row +32 names no constant: a word for other files'],
    ['behind the size', '36  BYTES    end', '36  BYTES    size', 'the record has no row that says `end`'],
  ]
  for (const [what, from, to, problem] of faults) {
    it(`with a row ${what} has a problem`, () => assert.ok(planted(TABLE, from, to).includes(problem)))
  }

  it('without a row for one of its constants has a problem', () => {
    assert.deepEqual(planted(TABLE, ' *   +20  or LENGTH  its length\n', ''), ['LENGTH is not in the table'])
  })

  it('whose fields overlap has a problem', () => {
    assert.deepEqual(planted(TABLE, '+12  OWNER    0 free', '+12  OWNER    two words'), [
      'NUMBER overlaps the field before it, which ends at 20',
    ])
    assert.deepEqual(planted(TABLE, '+16  or BLOCK', '+16  BLOCK'), [
      'BLOCK overlaps the field before it, which ends at 24',
    ])
  })

  it('with a field that is not aligned has a problem', () => {
    assert.deepEqual(planted(TABLE, 'LENGTH  its length', 'LENGTH  f64: its length').slice(0, 1), [
      'LENGTH is not aligned to 8 bytes',
    ])
    const moved = TABLE.replace('+20  or LENGTH', '+22  or LENGTH').replace('LENGTH: i32 = 20', 'LENGTH: i32 = 22')
    assert.ok(problemsOf(moved).some(problem => problem.includes('LENGTH is not aligned to 4 bytes')))
  })

  it('that ends before its last field has a problem', () => {
    const short = TABLE.replace('+36  BYTES', '+32  BYTES').replace('BYTES: i32 = 36', 'BYTES: i32 = 32')
    assert.deepEqual(problemsOf(short), ['lock.ts:12: the record ends at 32, but its last field at 36'])
  })

  it('with a field behind its end has a problem', () => {
    assert.deepEqual(planted(TABLE, '   +36  BYTES    end\n', '   +36  BYTES    end\n *   +40  FREE  more\n'), [
      'FREE is 0, but its row says +40',
      'FREE is behind the end of its record',
    ])
  })
})

describe('a range of another table', () => {
  const other = (row: string): string[] =>
    new Records(
      new Map([
        [
          'other.ts',
          `/**\n *   +0   QUEUE    wait queue\n *   ${row}\n *   +40  MORE     more\n *   +44  end\n */\nconst MORE: i32 = 40\n`,
        ],
        ['lock.ts', TABLE],
      ]),
    ).problems

  it('has its fields', () => {
    assert.deepEqual(other('+12  OWNER .. SEATS  as in lock.ts'), [])
    assert.deepEqual(other('+12  OWNER .. QUEUE  as in lock.ts'), [
      'other.ts:3: no record has the fields OWNER .. QUEUE',
    ])
    assert.deepEqual(other('+16  OWNER .. SEATS  as in lock.ts'), ['other.ts:3: OWNER is 12, but its row says +16'])
  })

  it('overlaps another field like fields of its own', () => {
    assert.ok(other('+8   OWNER .. SEATS').includes('other.ts:3: OWNER is 12, but its row says +8'))
    assert.deepEqual(
      new Records(
        new Map([
          [
            'other.ts',
            '/**\n *   +0   QUEUE    four words\n *   +12  OWNER .. SEATS  as in lock.ts\n *   +32  end\n */\n',
          ],
          ['lock.ts', TABLE],
        ]),
      ).problems,
      ['other.ts:3: OWNER overlaps the field before it, which ends at 16'],
    )
  })
})

describe('a block of constants', () => {
  it('without a fault has no problem', () => assert.deepEqual(problemsOf(BLOCK), []))

  it('with a fault has a problem', () => {
    assert.deepEqual(planted(BLOCK, 'OWNER: i32 = 12', 'OWNER: i32 = 8'), [
      'OWNER overlaps the field before it, which ends at 12',
    ])
    assert.deepEqual(planted(BLOCK, '// or: its allocation', '// its allocation'), [
      'BLOCK overlaps the field before it, which ends at 24',
    ])
    assert.deepEqual(planted(BLOCK, '// f64: the value', '// wait queue'), [
      'SEATS overlaps the field before it, which ends at 28',
    ])
    assert.deepEqual(planted(BLOCK, '= 36 // end', '= 32 // end'), ['the record ends at 32, but its last field at 36'])
  })

  it('with another use of bytes that no field has, or twice of the same bytes, has a problem', () => {
    assert.deepEqual(planted(BLOCK, '// two words: readers', '// or: two words: readers'), [
      'SEATS is behind the fields that `or` refers to',
    ])
    assert.deepEqual(planted(BLOCK, '// or: its allocation', '// or: f64: its allocation'), [
      'LENGTH overlaps the field before it, which ends at 24',
    ])
  })
})

describe('an address', () => {
  it('with an offset that is in no record has a problem', () => {
    assert.deepEqual(planted(TABLE, 'get(lock + OWNER)', 'get(lock + FREE)'), ['FREE is the offset of no field'])
    assert.deepEqual(planted(BLOCK, '// A lock.\n', '// A lock.\nget(1 + LATE)\n'), ['LATE is the offset of no field'])
  })

  it('with a field of another type than the function accesses has a problem', () => {
    assert.deepEqual(planted(TABLE, 'getFloat(lock + NUMBER)', 'getFloat(lock + OWNER)'), [
      'getFloat expects a f64, but OWNER is declared as a word',
    ])
    assert.deepEqual(planted(TABLE, 'wakeOne(0, lock + QUEUE)', 'wakeOne(0, lock + OWNER)'), [
      'wakeOne expects a wait queue, but OWNER is declared as a word',
    ])
  })
})
