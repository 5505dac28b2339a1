/**
 * An object that a module makes is the same in all threads, or is refused: programs of several files that run with the
 * library.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ScratchFolder } from '../../../../scripts/scratch.ts'

const options = { timeout: 60_000 }
const register = new URL('../hosts/register.ts', import.meta.url).href

/** Runs the program and returns its output. */
function run(files: Record<string, string>, entry = 'app.ts', withCompiler = true): string {
  const manifest = '{ "type": "module", "imports": { "#state": "./state.ts" } }'
  using scratch = new ScratchFolder({ 'package.json': manifest, ...files })
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...(withCompiler ? ['--import', register] : []), scratch.at(entry)],
    { cwd: scratch.path, encoding: 'utf8', timeout: 30_000, env: { ...process.env, NODE_OPTIONS: '' } },
  )
  return (stdout + stderr).replaceAll(/file:\S*\/(?=[\w.-]+\b)/g, '').trim()
}

/** Three threads call `add` of a module, then main prints the result of `read`. */
const THREE = `import { thread } from 'fearless'
import { add, read } from './state.ts'
try {
  await Promise.all([1, 2, 3].map(() => thread.spawn(() => { add() }).join()))
  console.log(await read())
} catch (error) { console.log(\`\${error.name}: \${error.message}\`) }
`

const shared: Record<string, Record<string, string>> = {
  'a lock': {
    'state.ts': `import { Mutex } from 'fearless'
const n = new Mutex(0)
export const add = () => { n.update(n => n + 1).wait() }
export const read = () => n.update(n => n)`,
  },
  'a lock in an object': {
    'state.ts': `import { Mutex } from 'fearless'
export const state = { n: new Mutex(0) }
export const add = () => { state.n.update(n => n + 1).wait() }
export const read = () => state.n.update(n => n)`,
  },
  'a static field': {
    'state.ts': `import { AtomicI32 } from 'fearless'
class State { static #n = new AtomicI32(0); static inc() { State.#n.fetchAdd(1) } static get() { return State.#n.load() } }
export const add = () => State.inc()
export const read = () => State.get()`,
  },
  'a private field of an exported instance': {
    'counter.ts': `import { Mutex } from 'fearless'
class Counter { readonly #n = new Mutex(0); inc() { this.#n.update(n => n + 1).wait() } get() { return this.#n.update(n => n) } }
export const counter = new Counter()`,
    'state.ts': `import { counter } from './counter.ts'
export const add = () => counter.inc()
export const read = () => counter.get()`,
  },
  'a lock that a function of another file makes, in a file that does not mention the library': {
    'make.ts': `import { AtomicI32 } from 'fearless'
export const make = () => ({ n: new AtomicI32(0) })`,
    'state.ts': `import { make } from './make.ts'
const [first, state] = [make(), make()]
export const add = () => { state.n.fetchAdd(1) }
export const read = () => [first.n.load(), state.n.load()].join()`,
  },
  'a lock behind a barrel, and by a name of the package': {
    'n.ts': `import { AtomicI32 } from 'fearless'
export default new AtomicI32(0)`,
    'barrel.ts': `export { default as n } from './n.ts'`,
    'state.ts': `import { n } from './barrel.ts'
export { n }
export const add = () => { n.fetchAdd(1) }
export const read = () => n.load()`,
    'app.ts': THREE.replace('./state.ts', '#state'),
  },
  'a lock that is made behind a top-level await, and one in a branch that other threads do not take': {
    'state.ts': `import { AtomicI32, Mutex } from 'fearless'
import { isMainThread } from 'node:worker_threads'
export let extra: Mutex<string> | undefined
if (isMainThread) { extra = new Mutex('') }
try { await Promise.reject(new Error('no')) } catch { await 0 }
const n = new AtomicI32(await Promise.resolve(0))
export const add = () => { n.fetchAdd(1) }
export const read = () => n.load()`,
  },
  'a lock of a package': {
    'node_modules/counts/package.json': '{ "name": "counts", "type": "module", "exports": "./index.js" }',
    'node_modules/counts/index.js': `import { AtomicI32 } from 'fearless'
export const n = new AtomicI32(0)`,
    'state.ts': `import { n } from 'counts'
export const add = () => { n.fetchAdd(1) }
export const read = () => n.load()`,
  },
  'locks of a list': {
    'state.ts': `import { AtomicI32 } from 'fearless'
const all = Array.from({ length: 3 }, () => new AtomicI32(0))
export const add = () => { for (const [i, n] of all.entries()) n.fetchAdd(i) }
export const read = () => all.map(n => n.load()).join()`,
  },
  'a lock in CommonJS': {
    'n.cjs': `const { AtomicI32 } = require('fearless')
exports.n = new AtomicI32(0)`,
    'state.ts': `import cjs from './n.cjs'
export const add = () => { cjs.n.fetchAdd(1) }
export const read = () => cjs.n.load()`,
  },
  'a vec in a lock': {
    'state.ts': `import { Mutex, vec } from 'fearless'
const cells = new Mutex(vec.i32(1))
export const add = () => { cells.with(v => { v.set(0, v.get(0) + 1) }).wait() }
export const read = () => cells.with(v => v.get(0))`,
  },
  'a pool': {
    'state.ts': `import { thread } from 'fearless'
const pool = thread.pool({ threads: 1 })
export const add = () => pool.run(() => 1).wait()
export const read = async () => {
  while (pool.finished < 3) await thread.sleep(1)
  return pool.finished
}`,
  },
  'an Arc that refers to itself': {
    'state.ts': `import { Arc, AtomicI32 } from 'fearless'
const tree = Arc.newCyclic(self => ({ self, n: new AtomicI32(0) }))
export const add = () => { tree.value.self.upgrade().value.n.fetchAdd(1) }
export const read = () => tree.value.n.load()`,
  },
  'an Arc of a lock that threads read one after another': {
    'state.ts': `import { Arc, AtomicI32, OnceLock, RwLock } from 'fearless'
const arc = new Arc({ n: new AtomicI32(0) })
const cell = new OnceLock()
const lock = new RwLock({ n: new AtomicI32(0) })
export const add = () => {
  arc.value.n.fetchAdd(1)
  cell.getOrInit(() => ({ n: new AtomicI32(0) })).wait().n.fetchAdd(1)
  lock.with(({ n }) => n.fetchAdd(1)).wait()
}
export const read = async () => [arc.value.n.load(), cell.get().n.load(), await lock.with(({ n }) => n.load())].join()`,
  },
  'a lock that each thread drops': {
    'state.ts': `import { AtomicI32, drop } from 'fearless'
export const n = new AtomicI32(0)
export const add = () => { n.fetchAdd(1); drop(n) }
export const read = () => n.load()`,
  },
  'a lock of a file that throws in its evaluation the first time': {
    'fails.ts': `import { Mutex } from 'fearless'
const a = new Mutex(0)
throw new Error('no')`,
    'state.ts': `import { AtomicI32 } from 'fearless'
export const failure = await import('./fails.ts').catch(error => error.message)
const n = new AtomicI32(0)
export const add = () => { n.fetchAdd(1) }
export const read = () => failure + n.load()`,
  },
}

const EXPECTED: Record<string, string> = {
  'an Arc of a lock that threads read one after another': '3,3,3',
  'a lock that a function of another file makes, in a file that does not mention the library': '0,3',
  'locks of a list': '0,3,6',
  'a lock of a file that throws in its evaluation the first time': 'no3',
}

for (const [what, files] of Object.entries(shared)) {
  test(`${what} is one object in all threads`, options, () => {
    assert.equal(run({ 'app.ts': THREE, ...files }), EXPECTED[what] ?? '3')
  })
}

test('a module that threads evaluate first is the same in main afterwards', options, () => {
  const output = run({
    'app.ts': `import { thread } from 'fearless'
const add = async () => { const { n } = await import('./state.ts'); n.fetchAdd(1) }
await Promise.all([1, 2, 3].map(() => thread.spawn(async () => { const { n } = await import('./state.ts'); n.fetchAdd(1) }).join()))
await add()
console.log((await import('./state.ts')).n.load())`,
    'state.ts': `import { AtomicI32 } from 'fearless'\nexport const n = new AtomicI32(0)`,
  })
  assert.equal(output, '4')
})

test('a lock of the entry is captured by several closures without `move`', options, () => {
  const output = run({
    'app.ts': `import { Mutex, move, thread } from 'fearless'
const n = new Mutex(0), same = n
const add = () => { n.update(n => n + 1).wait() }
await Promise.all([thread.spawn(add), thread.spawn(() => add()), thread.spawn(move(() => { same.update(n => n + 1).wait() }))].map(h => h.join()))
console.log(await n.update(n => n))`,
  })
  assert.equal(output, '3')
})

/** Closures without `move` that name the module's pool and its cyclic Arc. */
const NAMING = `import { Arc, AtomicI32, thread } from 'fearless'
const pool = thread.pool({ threads: 2 }), same = pool
const tree = Arc.newCyclic(self => ({ self, n: new AtomicI32(0) }))
const double = (n) => pool.run((n) => n * 2, n).wait()
export const run = async () => {
  const sums = await Promise.all([
    thread.spawn(() => { tree.value.n.fetchAdd(1); return pool.run(() => 1).wait() }).join(),
    thread.spawn(() => { tree.value.n.fetchAdd(1); return same.run((n) => n, 2).wait() }).join(),
    thread.spawn((n) => { tree.value.n.fetchAdd(1); return double(n) }, 3).join(),
  ])
  while (pool.finished < 3) await thread.sleep(1)
  return sums.join() + ' ' + tree.value.n.load() + ' ' + pool.finished
}
`

test('a pool of the entry is captured by several closures without `move`', options, () => {
  assert.equal(run({ 'app.ts': `${NAMING}console.log(await run())` }), '1,2,6 3 3')
})

test("a pool of another module is captured by that module's closures without `move`", options, () => {
  const files = { 'jobs.ts': NAMING, 'app.ts': `import { run } from './jobs.ts'\nconsole.log(await run())` }
  assert.equal(run(files), '1,2,6 3 3')
})

test('a program that runs while its module is evaluated owns the objects that it makes', options, () => {
  const output = run({
    'app.ts': `import './program.ts'`,
    'program.ts': `import { Arc, Mutex, move, thread } from 'fearless'
const arc = new Arc({ n: 1 })
function main() {
  const lock = new Mutex([1]), moved = new Mutex(5), other = Arc.clone(arc)
  { using data = other }
  { using data = Arc.getMut(arc)!; data.value.n = 2 }
  console.log(Arc.strongCount(arc), Arc.weakCount(arc), arc.value.n, lock.intoInner())
  console.log(thread.spawn(move(() => moved.intoInner())).join().wait(), Arc.tryUnwrap(arc))
  for (let i = 0; i < 10_000; i++) new Mutex(i)
}
main()`,
  })
  assert.equal(output, '1 0 2 [ 1 ]\n5 { n: 2 }')
})

const refused: Record<string, { files: Record<string, string>; error: RegExp }> = {
  'a channel': {
    files: {
      'state.ts': `import { mpsc } from 'fearless'
const [tx, rx] = mpsc.channel()
export const add = () => tx.send(1)
export const read = () => rx.recv()`,
    },
    error:
      /StaticError: A (?:Sender|Receiver) was created at state\.ts:2:\d+ while state\.ts was evaluated in a thread, .* pass it/,
  },
  'a vec outside of a lock': {
    files: {
      'state.ts': `import { vec } from 'fearless'
const cells = vec.i32(1)
export const add = () => cells.set(0, 1)
export const read = () => cells.get(0)`,
    },
    error: /StaticError: A Vec was created at state\.ts:2:\d+ while/,
  },
  'a lock of another kind than in main': {
    files: {
      'state.ts': `import { AtomicI32, Mutex } from 'fearless'
import { isMainThread } from 'node:worker_threads'
const n = isMainThread ? new Mutex(0) : new AtomicI32(0)
export const add = () => { n.fetchAdd(1) }
export const read = () => n.load()`,
    },
    error: /StaticError: state\.ts created another object here than in another thread/,
  },
}

for (const [what, { files, error }] of Object.entries(refused)) {
  test(`${what} that a module makes is refused in a thread`, options, () => {
    assert.match(run({ 'app.ts': THREE, ...files }), error)
  })
}

test('a lock of an uncompiled file is refused in a thread', options, () => {
  const output = run(
    {
      'app.mjs': `import { thread } from 'fearless'
const url = new URL('./state.mjs', import.meta.url).href
await thread.spawn(async url => { (await import(url)).n.fetchAdd(1) }, url).join().catch(error => console.log(error.message))`,
      'state.mjs': `import { AtomicI32 } from 'fearless'\nexport const n = new AtomicI32(0)`,
    },
    'app.mjs',
    false,
  )
  assert.match(output, /An AtomicI32 was created while state\.mjs was evaluated .* Run the program with `fearless run`/)
})

test(
  'a constant of the module is copied for each closure that captures it and is read-only afterwards',
  options,
  () => {
    const output = run({
      'app.ts': `import { Arc, Mutex, move, parIter, thread } from 'fearless'
const config = { ...JSON.parse('{ "factor": 2, "list": [1] }'), names: new Map([['a', 1]]), lock: new Arc(new Mutex(0)) }
const twice = () => config.factor * 2
const set = (of: typeof config) => { of.names.set('b', 2) }
const add = (to: number[]) => { to.push(2) }
const tried = (f: () => void) => { try { f(); return 'done' } catch (error) { return error.name } }
const handles = [1, 2].map(() => thread.spawn(move(() => { config.lock.update(n => n + 1).wait(); return twice() })))
for (const handle of handles) console.log(await handle.join())
console.log(await config.lock.update(n => n), await parIter([2]).map(n => n * config.factor).sum())
console.log(tried(() => { set(config) }), tried(() => { add(config.list) }))
console.log(await thread.spawn(move(() => tried(() => { set(config) }))).join())`,
    })
    assert.equal(output, '4\n4\n2 4\nReadonlyError TypeError\nReadonlyError')
  },
)

test('a constant that holds a channel or a buffer is moved', options, () => {
  const output = run({
    'app.ts': `import { mpsc, move, thread } from 'fearless'
const ends = Object.assign({}, { channel: mpsc.channel<number>() })
const bytes = Object.assign({}, { data: new Uint8Array(JSON.parse('[1, 2]')) })
const send = () => { for (const [tx] of [ends.channel]) tx.send(1) }
await thread.spawn(move(() => { send(); return ends.channel.length })).join()
console.log(await thread.spawn(move(() => bytes.data.length)).join())
const tried = (f: () => void) => { try { f(); return 'done' } catch (error) { return error.name } }
console.log(tried(() => { ends.channel[0].send(2) }), tried(() => { bytes.data.fill(1) }))`,
  })
  assert.match(output, /^2\nMovedError (?:MovedError|TypeError)$/)
})
