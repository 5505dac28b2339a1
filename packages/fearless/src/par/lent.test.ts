/**
 * A closure cannot change its loans: every way to write, at every place, under every consumer, on one thread and on
 * several. A closure that only reads, or changes only its own values, gives the result of a loop.
 *
 * The programs are generated, so that the compiler sees each as a user would write it.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { BorrowError, LostWriteError, parIter, thread, vec } from 'fearless'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const LIMIT = { timeout: 150_000 }
const scratch = new ScratchFolder()

/** Expressions that make a value, and the ways to change it, where `$` is its name. */
const WAYS: Readonly<Record<string, readonly string[]>> = {
  '[3, 1, 2]': [
    '$[0] = 9',
    '$[0]++',
    'delete $[1]',
    '$.length = 0',
    '$.push(1)',
    '$.unshift(1)',
    '$.pop()',
    '$.splice(0, 1)',
    '$.sort()',
    '$.fill(7)',
    '$.copyWithin(0, 1)',
    '[$[0], $[1]] = [8, 8]',
    'for ($[0] of [8]);',
    'Object.assign($, [8])',
    'Reflect.set($, 0, 8)',
    'Reflect.deleteProperty($, "0")',
    '$.extra = 1',
    '$.map((_, i) => { $[i] = 5 })',
  ],
  '{ n: 0, list: [1], deep: { m: 1 } }': [
    '$.n = 1',
    '$.n += 1',
    '$["n"]--',
    '$.n ||= 4',
    'delete $.n',
    '$.list.push(2)',
    '$.deep.m = 2',
    '({ n: $.n } = { n: 5 })',
    '({ ...$.deep } = { m: 3 })',
    'Object.assign($, { n: 2 })',
    'Object.defineProperty($, "n", { value: 7 })',
    '$.list = []',
    '$.fresh = 1',
    'Object.entries($)[1][1].push(1)',
    'const { deep } = $; deep.m++',
    'const o = { held: $ }; o.held.n = 3',
    '[$][0].n = 3',
    'for (const part of [$]) part.n = 3',
    'const pick = u => u.deep; pick($).m = 7',
    '(Math.random() < 2 ? $ : {}).n = 3',
    'try { throw $ } catch (e) { e.n = 3 }',
  ],
  'new Map([["k", {}], ["o", { n: 1 }]])': [
    '$.set("k", 2)',
    '$.delete("k")',
    '$.clear()',
    '$.get("o").n = 2',
    'for (const part of $.values()) part.n = 9',
    '$.forEach(part => { part.n = 9 })',
  ],
  'new Set([1, 2])': ['$.add(3)', '$.delete(1)', '$.clear()', 'Set.prototype.add.call($, 4)'],
  'new Date(0)': ['$.setTime(5)', '$.setFullYear(1999)'],
  'new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])': [
    '$[0] = 9',
    '$.set([9])',
    '$.fill(9)',
    '$.sort((a, b) => b - a)',
    '$.subarray(1)[0] = 9',
    'new DataView($.buffer).setInt8(0, 9)',
    'new Uint8Array($.buffer)[0] = 9',
    'new Uint16Array($.buffer, 2)[0] = 999',
  ],
  'new ArrayBuffer(8)': ['new Uint8Array($)[0] = 9', 'new DataView($).setFloat64(0, 1)'],
  '/a/g': ['$.test("aaa")', '$.exec("aaa")', '$.lastIndex = 1'],
  'new Account(1)': ['$.deposit(1)', '$.note = "x"'],
}

/**
 * The place of the value: the declarations of the program, the parameter of the closure, and its name for the value.
 */
interface Place {
  readonly name: string
  readonly before: (make: string) => string
  /** The closure's parameter for an item. */
  readonly item: string
  /** Statements that name the value `u`. */
  readonly reach: string
  readonly items?: (make: string) => string
}

const CAPTURED: readonly Place[] = [
  { name: 'a capture', before: make => `const t = ${make}`, item: '_', reach: 'const u = t' },
  { name: 'an element', before: make => `const all = [[${make}]]`, item: '_', reach: 'const [u] = all[0]' },
  { name: 'a member', before: make => `const box = { t: ${make} }`, item: '_', reach: 'let u; u = box.t' },
]
const ITEMS: readonly Place[] = [
  { name: 'an item', before: () => '', item: 'u', reach: '', items: make => `[${make}, ${make}]` },
  {
    name: 'a part of an item',
    before: () => '',
    item: '{ t: u }',
    reach: '',
    items: make => `[{ t: ${make} }, { t: ${make} }]`,
  },
]

/** The ends of a parallel iterator, where `BODY` writes. */
const ENDS: readonly string[] = [
  'parIter(ITEMS).forEach((ITEM) => { BODY })',
  'parIter(ITEMS).map((ITEM) => { BODY; return 1 }).collect()',
  'parIter(ITEMS).filter((ITEM) => { BODY; return true }).count()',
  'parIter(ITEMS).flatMap((ITEM) => { BODY; return [1] }).sum()',
  'parIter(ITEMS).inspect((ITEM) => { BODY }).count()',
  'parIter(ITEMS).fold(() => 0, (sum, ITEM) => { BODY; return sum }).sum()',
  'parIter(ITEMS).reduce(() => 0, (sum, ITEM) => { BODY; return sum })',
  'parIter(ITEMS).find((ITEM) => { BODY; return false })',
  'parIter(ITEMS).all((ITEM) => { BODY; return true })',
  'parIter(ITEMS).minBy((_a, ITEM) => { BODY; return 0 })',
  'parIter(ITEMS).maxBy((ITEM, _b) => { BODY; return 0 })',
]
const OTHER_ENDS: readonly string[] = [
  'par.join(() => { BODY }, () => 1)',
  'par.join(() => 1, () => { BODY })',
  'thread.scope(async s => { await s.spawn(() => { BODY }).join() })',
  'thread.scope(async s => { await s.spawn(async () => { await sleep(0); BODY }).join() })',
]

interface Program {
  readonly name: string
  readonly text: string
}

/** Each way under one end of each kind, the ends in turn: together every way, place and end, and most pairs. */
function refused(): Program[] {
  const programs: Program[] = []
  let turn = 0
  for (const [make, ways] of Object.entries(WAYS)) {
    for (const way of ways) {
      for (const place of [...CAPTURED, ...ITEMS]) {
        const ends = [ENDS[turn++ % ENDS.length], ENDS[(turn * 7) % ENDS.length]]
        if (place.items === undefined && turn % 3 === 0) ends.push(OTHER_ENDS[turn % OTHER_ENDS.length])
        for (const end of ends) {
          for (const through of ['', 'local', 'imported']) {
            if (through !== '' && (turn + programs.length) % 4 !== 0) continue
            const write = through === '' ? `{ ${way.replaceAll('$', 'u')} }` : `${through}${waysOf(make, way)}(u)`
            const body = `${place.reach}; ${write}`
            const text = end
              .replaceAll('ITEMS', () => place.items?.(make) ?? '[1, 2]')
              .replaceAll('ITEM', () => place.item)
              .replaceAll('BODY', () => body)
            programs.push({
              name: `${through} ${way} of ${place.name}: ${end}`,
              text: `${place.before(make)}\nreturn ${text}`,
            })
          }
        }
      }
    }
  }
  return programs
}

const numbers = new Map<string, number>()
function waysOf(make: string, way: string): number {
  const key = `${make} ${way}`
  if (!numbers.has(key)) numbers.set(key, numbers.size)
  return numbers.get(key)!
}

const functions = (prefix: string): string =>
  [...numbers]
    .map(([key, number]) => {
      const way = key.slice(Object.keys(WAYS).find(make => key.startsWith(`${make} `))!.length + 1)
      return `${prefix} function PREFIX${number}(u) { ${way.replaceAll('$', 'u')} }`
    })
    .join('\n')

const CLASS = `import { sendable } from 'fearless'
export class Account {
  #sum
  constructor(sum) { this.#sum = sum }
  get sum() { return this.#sum }
  deposit(n) { this.#sum += n }
}
sendable(Account, { write: a => ({ sum: a.sum }), read: ({ sum }) => new Account(sum) })
`

function write(name: string, programs: readonly Program[], more = ''): string {
  const text = programs.map(({ text }, i) => `async function p${i}() {\n${text}\n}`).join('\n')
  const file = scratch.write(
    name,
    `import { Mutex, Arc, AtomicI32, par, parIter, sleep, thread } from 'fearless'
import { Account } from './account.mjs'
${more}
${text}
export const programs = [${programs.map((_, i) => `p${i}`).join(', ')}]
`,
  )
  return pathToFileURL(file).href
}

type Compiled = { readonly programs: readonly (() => Promise<unknown>)[] }

describe('a closure that changes its loans', LIMIT, () => {
  it('every way to write a loan throws LostWriteError under every consumer', async () => {
    const programs = refused()
    scratch.write('account.mjs', CLASS)
    scratch.write('ways.mjs', functions('export').replaceAll('PREFIX', 'imported'))
    const imported = [...numbers.values()].map(n => `imported${n}`).join(', ')
    const local = functions('').replaceAll('PREFIX', 'local')
    const url = write('refused.mjs', programs, `import { ${imported} } from './ways.mjs'\n${local}`)
    const compiled = (await import(url)) as Compiled
    const silent: string[] = []
    for (const [i, program] of compiled.programs.entries()) {
      let error: unknown = 'nothing was thrown'
      try {
        await program()
      } catch (thrown) {
        error = thrown
      }
      if (!(error instanceof LostWriteError)) silent.push(`${programs[i].name} -> ${String(error)}`)
    }
    assert.deepEqual(silent, [], `${silent.length} of ${programs.length} programs`)
    assert.ok(programs.length > 500, `${programs.length} programs`)
  })

  it('a change while results of chunks are combined throws LostWriteError', async () => {
    const parts = [{ n: 1 }, { n: 2 }, { n: 3 }]
    const sum = parIter(parts).reduce(
      () => undefined as never,
      (a: { n: number } | undefined, b) => {
        if (a === undefined) return b
        a.n += b.n
        return a
      },
    )
    await assert.rejects(async () => await sum, /^LostWriteError: A result that is an item was changed/)
  })

  it('a change for one item throws LostWriteError at every size', async () => {
    const spin = 'let x = i; for (let k = 0; k < 400; k++) x = (x * 31 + k) % 1000003'
    const programs = [2, 10, 1000, 20_000].flatMap(n =>
      [0, Math.floor(n / 2), n - 1].flatMap(at => [
        {
          name: `${n} at ${at}`,
          text: `const t = { n: 0 }; return parIter(par.range(0, ${n})).forEach(i => { ${spin}; if (i === ${at}) t.n = 1 })`,
        },
        {
          name: `typed ${n} at ${at}`,
          text: `const t = new Float64Array(${n}); return parIter(t.keys()).map(i => { ${spin}; if (i === ${at}) t[i] = 1; return x }).sum()`,
        },
        {
          name: `rows ${n} at ${at}`,
          text: `const t = Array.from({ length: ${n} }, () => [0]); return parIter(t.keys()).forEach(i => { ${spin}; const row = t[i]; if (i === ${at}) row[0] = 1 })`,
        },
        {
          name: `items ${n} at ${at}`,
          text: `const t = Array.from({ length: ${n} }, (_, i) => ({ i, done: false })); return parIter(t).forEach(u => { const { i } = u; ${spin}; if (i === ${at}) u.done = true })`,
        },
      ]),
    )
    const compiled = (await import(write('sizes.mjs', programs))) as Compiled
    for (const [i, program] of compiled.programs.entries()) {
      await assert.rejects(program, LostWriteError, programs[i].name)
    }
  })

  it('LostWriteError names the variable, its location and the repair', async () => {
    const scores = { best: 0 }
    const users = [{ score: 0 }]
    await assert.rejects(
      async () =>
        await parIter([1, 2]).forEach(n => {
          scores.best = n
        }),
      (error: Error) =>
        /^`scores` was changed while a closure borrowed it \(see .*lent\.test\.ts:\d+:11\)\./.test(error.message) &&
        /collect.*fold.*Mutex.*ConcurrentMap/.test(error.message),
    )
    await assert.rejects(
      async () =>
        await parIter(users).forEach(user => {
          user.score = 1
        }),
      /^LostWriteError: Item 0 was changed/,
    )
  })
})

/** Closures that are accepted: `t` is captured, `i` is an item of `items`. */
const RIGHT: readonly (readonly [items: string, closure: string])[] = [
  ['[1, 2, 3]', 'i => { const copy = t.list.slice(); copy.push(i); copy.sort(); return copy }'],
  ['[1, 2, 3]', 'i => ({ ...t.deep, i })'],
  ['[1, 2, 3]', 'i => { const own = structuredClone(t); own.list.push(i); own.deep.m = i; return own.list }'],
  ['[1, 2, 3]', 'i => { const seen = new Map(t.map); seen.set(i, i); return [...seen] }'],
  ['[{ n: 1 }, { n: 2 }]', 'u => { const own = { ...u }; own.n += 1; return own }'],
  ['[{ list: [3, 1] }]', 'u => u.list.toSorted()'],
  ['[{ list: [3, 1] }]', 'u => [...u.list].reverse()'],
  ['[{ list: [3, 1] }]', 'u => { const [...own] = u.list; own[0] = 0; return own }'],
  ['["aa b", "a"]', 's => s.replace(t.pattern, "x") + s.split(" ").sort().join()'],
  ['["aa b", "a"]', 's => [...s.matchAll(t.pattern)].length'],
  [
    '[1, 2]',
    'i => { t.scratch.length = 0; t.scratch.push(i, i); const n = t.scratch.length; t.scratch.length = 0; return n }',
  ],
  ['[1, 2]', 'i => { let sum = 0; for (const [k, v] of t.map) sum += v * i; return sum }'],
  ['[1, 2]', 'i => t.bytes.map(b => b + i).length + t.bytes[0]'],
  ['[1, 2]', 'i => { const own = t.bytes.slice(); own[0] = i; return own[0] }'],
  ['[1, 2]', 'i => { const d = new Date(t.date); d.setDate(i); return d.getDate() }'],
  ['[1, 2]', 'i => { using g = t.lock.lock().wait(); return i }'],
  ['[1, 2]', 'i => { t.atomic.fetchAdd(1); return i }'],
  ['[1, 2]', 'i => t.account.sum + i'],
  ['[1, 2]', 'i => { const own = new Account(i); own.deposit(2); return own.sum }'],
  ['[[1, [2]], [3, [4]]]', '([a, [b]]) => a + b'],
]

describe('a closure that changes only its own values', LIMIT, () => {
  const given = `const t = {
  list: [2, 1], deep: { m: 1 }, map: new Map([["k", 1]]), date: new Date(0), bytes: new Uint8Array([1, 2]),
  pattern: /a/g, scratch: [], account: new Account(3), atomic: new AtomicI32(0), lock: new Arc(new Mutex(0)),
}`
  it('the closure gives the result of a loop for few and for many items', async () => {
    const programs = RIGHT.flatMap(([items, closure]) =>
      [1, 700].map(times => ({
        name: `${closure} over ${times} times ${items}`,
        text: `${given}\nconst items = Array.from({ length: ${times} }, () => ${items}).flat()
return [await parIter(items).map(${closure}).collect(), items.map(${closure})]`,
      })),
    )
    scratch.write('account.mjs', CLASS)
    const compiled = (await import(write('right.mjs', programs))) as Compiled
    for (const [i, program] of compiled.programs.entries()) {
      const [parallel, sequential] = (await program()) as [unknown, unknown]
      assert.deepEqual(parallel, sequential, programs[i].name)
    }
  })

  it('fold and reduce may change their accumulator', async () => {
    const words = Array.from({ length: 3000 }, (_, i) => ({ word: `w${i % 7}`, weight: i }))
    const groups = await parIter(words)
      .fold(
        () => new Map<string, { word: string; weight: number }[]>(),
        (to, word) => {
          const group = to.get(word.word) ?? []
          group.push(word)
          return to.set(word.word, group)
        },
      )
      .reduce(
        () => new Map(),
        (a, b) => {
          for (const [key, group] of b) a.set(key, [...(a.get(key) ?? []), ...group])
          return a
        },
      )
    assert.deepEqual(
      groups,
      Map.groupBy(words, ({ word }) => word),
    )
    const totals = await parIter(words)
      .fold({ sum: 0 }, (total, { weight }) => {
        total.sum += weight
        return total
      })
      .map(total => total.sum)
      .sum()
    assert.equal(
      totals,
      words.reduce((sum, { weight }) => sum + weight, 0),
    )
  })
})

const LONG = 400_000

/** Computes long enough that a run over `LONG` items pauses. */
function slow(n: number): number {
  let x = n
  for (let i = 0; i < 40; i++) x = (x * 31 + i) % 1000003
  return x
}

describe('a source that changes while the work pauses', LIMIT, () => {
  const expected = Array.from({ length: LONG }, (_, i) => slow(i)).reduce((a, b) => a + b, 0)

  it('a run uses the numbers of an array or typed array from its beginning', async () => {
    for (const make of [Float64Array, Int32Array, Array]) {
      const items = (make as typeof Array).from({ length: LONG }, (_, i) => i) as number[]
      const sum = parIter(items)
        .map(n => slow(n))
        .sum()
        .then(value => value)
      items.fill(0)
      assert.equal(await sum, expected, make.name)
    }
    const items = Array.from({ length: LONG }, (_, i) => i)
    const sum = parIter(items)
      .map(n => slow(n))
      .sum()
      .then(value => value)
    items.length = 0
    assert.equal(await sum, expected)
  })

  it('a run throws LostWriteError for changed objects unless other threads have them already', async () => {
    const items = Array.from({ length: LONG }, (_, n) => ({ n }))
    const sum = parIter(items)
      .map(({ n }) => slow(n))
      .sum()
      .then(value => value)
    for (const item of items) item.n = 0
    assertRightOrRefused(await sum.catch((error: unknown) => error))
  })

  it('a run throws LostWriteError for a changed capture that the closure only reads', async () => {
    const table = { factor: 1 }
    const sum = parIter(Array.from({ length: LONG }, (_, i) => i))
      .map(n => slow(n) * table.factor)
      .sum()
      .then(value => value)
    table.factor = 0
    await assert.rejects(sum, /^LostWriteError: `table` was changed/)
  })

  it('a run throws LostWriteError for a captured variable that was assigned', async () => {
    let factor = 1
    const sum = parIter(Array.from({ length: LONG }, (_, i) => i))
      .map(n => slow(n) * factor)
      .sum()
      .then(value => value)
    factor = 2
    await assert.rejects(sum, /^LostWriteError: `factor` was changed/)
  })

  function assertRightOrRefused(outcome: unknown): void {
    assert.ok(outcome === expected || outcome instanceof LostWriteError, String(outcome))
  }

  it('a vec refuses writes until the run ends', async () => {
    const numbers = vec.f64(Float64Array.from({ length: LONG }, (_, i) => i))
    const sum = parIter(numbers)
      .map(n => slow(n))
      .sum()
      .then(value => value)
    assert.throws(() => numbers.set(0, 1), BorrowError)
    assert.throws(
      () =>
        numbers.with(view => {
          view.fill(0)
        }),
      BorrowError,
    )
    assert.equal(numbers.get(1), 1)
    assert.equal(await sum, expected)
    numbers.set(0, 5)
    assert.equal(numbers.get(0), 5)
  })

  it('a vec dropped during the run keeps its numbers until the run ends', async () => {
    const numbers = vec.f64(Float64Array.from({ length: LONG }, (_, i) => i))
    const sum = parIter(numbers)
      .map(n => slow(n))
      .sum()
      .then(value => value)
    numbers[Symbol.dispose]()
    const other = vec.f64(LONG)
    assert.equal(await sum, expected)
    assert.equal(other.get(1), 0)
  })

  it('a run uses the items that the array has at its beginning', async () => {
    const items = [1, 2, 3]
    const sum = parIter(items).sum()
    items.push(4)
    assert.equal(await sum, 10)
  })
})

describe('a scoped thread that changes its loans', LIMIT, () => {
  it('the scope throws LostWriteError for a joined and an unjoined thread', async () => {
    const left = [0, 0]
    await assert.rejects(
      thread.scope(async s => {
        await s.spawn(() => left.fill(1)).join()
      }),
      /^LostWriteError: `left` was changed/,
    )
    await assert.rejects(
      thread.scope(s => {
        s.spawn(() => {
          left.fill(1)
        })
      }),
      (error: Error) => error.cause instanceof LostWriteError,
    )
    assert.deepEqual(left, [0, 0])
  })

  it('a scoped thread may change its arguments', async () => {
    const sorted = await thread.scope(async s => {
      return await s.spawn((list: number[]) => list.sort(), [2, 1]).join()
    })
    assert.deepEqual(sorted, [1, 2])
  })
})
