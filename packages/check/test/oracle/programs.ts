/**
 * Generates a random program of moves, aliases, calls, classes, locks, borrows and waits, with at most one planted
 * misuse.
 *
 * - The generator tracks the owned values at each statement. So Rust would accept the equivalent of a program without
 *   misuse.
 * - The output of such a program does not depend on the schedule. The program joins a thread before it reads the
 *   thread's writes, and threads modify shared values by commutative operations.
 * - One statement plants a misuse. After it the program prints the values that the misuse may have damaged.
 */
import { randomFrom } from './generate.ts'
import { KINDS } from './kinds.ts'
import { MISUSES } from './misuses.ts'
import { Writer, bury, copyOf, isWhole, items, overlaps, someLock, someNumbers, type Counter } from './writer.ts'

export interface Program {
  readonly seed: number
  /** Its number in its file: 12 for `export async function p12`. */
  readonly id: number
  /** The statements of its body, each with one or more lines. */
  readonly chunks: readonly string[]
  /** Its declarations in the file `statics`. */
  readonly statics: readonly string[]
  /** The planted misuse; undefined in a correct program. */
  readonly misuse: string | undefined
}

type Statement = (writer: Writer) => void

/** Creates an alias of a value, or stores it in a container. */
const alias: Statement = w => {
  const path = w.own().length > 0 ? w.pick(w.own()) : w.make()
  const { text, value } = path
  const { patterns, parts, type } = value.kind
  const name = w.name('a')
  switch (w.random(9)) {
    case 0: {
      w.line(`const ${name} = ${text}`)
      w.add(name, value, true)
      return
    }
    case 1:
    case 2: {
      const living = value.parts.flatMap((part, at) => (part.isGone ? [] : [at]))
      if (living.length === 0) return
      const at = w.pick(living)
      const pattern = patterns[at]
      if (pattern !== undefined && w.chance(50)) w.line(`const ${pattern.join(name)} = ${text}`)
      else w.line(`const ${name} = ${text}${parts[at]![0]}`)
      w.add(name, value.parts[at]!, true)
      return
    }
    case 3: {
      w.line(`const ${name} = { v: ${text} }`)
      w.add(`${name}.v`, value, false)
      return
    }
    case 4: {
      w.line(`const ${name} = new Holder(${text})`)
      w.add(w.chance(50) ? `${name}.item` : `${name}.get()`, value, false)
      return
    }
    case 5: {
      w.line(`const ${name} = () => ${text}`)
      w.add(`${name}()`, value, false)
      return
    }
    case 6: {
      w.line(`const ${name} = new Map<string, ${type}>([['x', ${text}]])`)
      w.add(`${name}.get('x')!`, value, false)
      return
    }
    case 7: {
      w.line(`const ${name} = same(${text})`)
      w.add(name, value, true)
      return
    }
    case 8: {
      w.line(`const ${name} = each(${text})`)
      w.add(`(${name}.next().value as ${type})`, value, false)
    }
  }
}

const change: Statement = w => {
  const path = w.whole().length > 0 ? w.pick(w.whole()) : w.make()
  const write = w.write(path)
  switch (w.random(6)) {
    case 0:
      return w.line(`if (yes) {\n  ${write}\n} else {\n  ${w.write(path)}\n}`)
    case 1:
      return w.line(`for (let i = 0; i < 2; i++) {\n  ${write}\n}`)
    case 2:
      return w.line(`try {\n  ${write}\n} finally {\n  ${w.write(path)}\n}`)
    default:
      return w.line(write)
  }
}

const look: Statement = w => {
  const paths = w.paths.filter(({ value }) => isWhole(value))
  if (paths.length > 0) w.out(w.read(w.pick(paths)))
}

const send: Statement = w => {
  const path = w.someWhole()
  const channel = w.channelOf(path.value.kind)
  if (w.chance(20)) return w.send(channel, `clone(${path.text})`)
  w.send(channel, path.text)
  w.give(path)
}

/** Sends a value on one of two branches, and does not use it after them. */
const sendOnOneWay: Statement = w => {
  const path = w.someWhole()
  const channel = w.channelOf(path.value.kind, false)
  w.line(`if (yes) {`)
  w.send(channel, path.text)
  w.line('} else {')
  w.line(`  ${w.write(path)}`)
  w.line('}')
  w.give(path)
}

/** Fills batches, and sends each full one. */
const batches: Statement = w => {
  const kind = KINDS.get('List')!
  const channel = w.channelOf(kind, false)
  const [batch, full] = [w.name('b'), w.name('f')]
  w.line(`let ${batch}: number[] = []`)
  w.line(`for (let i = 0; i < 4; i++) {\n  ${batch}.push(${w.k()} + i)\n  if (${batch}.length < 2) continue`)
  w.line(`  const ${full} = ${batch}\n  ${batch} = []\n  ${channel.tx}.send(${full})\n}`)
  channel.waiting += 2
  w.out(`${batch}.length`)
}

const receive: Statement = w => {
  w.joinAll()
  const channels = w.channels.filter(({ waiting }) => waiting > 0)
  if (channels.length === 0) return
  const path = w.receive(w.pick(channels))
  w.out(w.read(path))
}

/** Spawns a thread that owns its captures. */
const spawn: Statement = w => {
  const path = w.someWhole()
  const { kind } = path.value
  const handle = w.name('h')
  switch (w.random(7)) {
    case 0:
    case 1: {
      const { text, value } = w.named(path)
      w.line(
        `const ${handle} = thread.spawn(move(() => {\n  ${w.writeOf(text, kind)}\n  return ${w.readOf(text, kind)}\n}))`,
      )
      bury(value)
      w.handles.push(handle)
      return
    }
    case 2: {
      const { text, value } = w.named(path)
      const name = w.name('t')
      w.line(
        `const ${name} = await thread.spawn(move(() => {\n  ${w.writeOf(text, kind)}\n  return ${text}\n})).join()`,
      )
      const back = copyOf(value)
      bury(value)
      w.add(name, back, true)
      return
    }
    case 3: {
      const body = `{ ${w.writeOf('x', kind)}; return ${w.readOf('x', kind)} }`
      const isCopied = w.chance(30)
      w.line(
        `const ${handle} = thread.spawn((x: ${kind.type}) => ${body}, ${isCopied ? `clone(${path.text})` : path.text})`,
      )
      if (!isCopied) w.give(path)
      w.handles.push(handle)
      return
    }
    case 4: {
      const { text, value } = w.named(path)
      const channel = w.channelOf(kind, false)
      const mine = w.name('tx')
      w.line(`const ${mine} = ${channel.tx}.clone()`)
      w.line(`const ${handle} = thread.spawn(move(() => {\n  ${w.writeOf(text, kind)}\n  ${mine}.send(${text})\n}))`)
      w.line(`await ${handle}.join()`)
      bury(value)
      channel.waiting++
      return
    }
    case 5: {
      const { text, value } = w.named(path)
      w.line(
        `const ${handle} = thread.spawn(move(() => thread.spawn(move(() => ${w.readOf(text, kind)})).join().wait()))`,
      )
      bury(value)
      w.handles.push(handle)
      return
    }
    case 6: {
      const other = w.someWhole(({ value }) => value !== path.value && !overlaps(value, path.value))
      const [a, b] = [w.named(path), w.named(other)]
      w.line(
        `const ${handle} = thread.spawn(move(() => {\n  ${w.write(a)}\n  ${w.write(b)}\n  return ${w.read(a)} + ${w.read(b)}\n}))`,
      )
      bury(path.value)
      bury(other.value)
      w.handles.push(handle)
    }
  }
}

const lock: Statement = w => {
  const path = w.someWhole()
  w.lockOf(path)
  w.give(path)
}

/** Modifies or reads the value of a lock in the main thread. */
const useLock: Statement = w => {
  const lock = someLock(w)
  const { name, kind, enter } = lock
  switch (w.random(7)) {
    case 0:
      if (enter === 'write') w.joinAll()
      return w.line(
        `await ${name}.with(v => { ${enter === 'lock' ? w.addOf('v', kind) : `out(${w.readOf('v', kind)})`} })`,
      )
    case 1:
      return w.line(`{\n  using g = await ${name}.${enter}()\n  ${w.addOf('g.value', kind)}\n}`)
    case 2: {
      w.joinAll()
      return w.out(`await ${name}.with(v => ${w.readOf('v', kind)})`)
    }
    case 3: {
      // A typed array of a lock cannot be used after the release.
      if (kind.name === 'Cells') return
      w.joinAll()
      const snap = w.name('s')
      w.line(`const ${snap} = snapshot(await ${name}.with(v => v)) as ${kind.type}`)
      w.add(snap, w.newValue(kind), true, true)
      return
    }
    case 4: {
      w.joinAll()
      const path = w.someWhole(({ value }) => value.kind === kind)
      w.line(`{\n  using g = await ${name}.${enter}()\n  g.value = ${path.text}\n}`)
      return w.give(path)
    }
    case 5: {
      if (lock.isShared) return
      w.joinAll()
      const inner = w.name('i')
      w.line(`const ${inner} = ${name}.intoInner()`)
      lock.isGone = true
      w.add(inner, w.newValue(kind), true)
      return
    }
    case 6: {
      w.line(
        `{\n  const g = await ${name}.${enter}()\n  const inner = g.value\n  ${w.addOf('inner', kind)}\n  drop(g)\n}`,
      )
    }
  }
}

/** Modifies the value of a lock in threads. */
const shareLock: Statement = w => {
  const { name, kind, enter } = someLock(w, each => each.isShared)
  for (let count = 1 + w.random(3); count > 0; count--) {
    const handle = w.name('h')
    const bodies = [
      `using g = ${name}.${enter}().wait()\n  ${w.addOf('g.value', kind)}`,
      `const g = ${name}.${enter}().wait()\n  ${w.addOf('g.value', kind)}\n  drop(g)`,
    ]
    if (enter === 'lock') bodies.push(`${name}.with(v => { ${w.addOf('v', kind)} }).wait()`)
    w.line(`const ${handle} = thread.spawn(move(() => {\n  ${w.pick(bodies)}\n  return 0\n}))`)
    w.handles.push(handle)
  }
}

const counter: Statement = w => {
  const name = w.name('n')
  const made: Counter[] = [
    { add: k => `${name}.fetchAdd(${k})`, read: `${name}.load()` },
    { add: k => `${name}.update(n => n + ${k}).wait()`, read: `await ${name}.with(n => n)` },
    { add: k => `${name}.update('a', n => (n ?? 0) + ${k}).wait()`, read: `(await ${name}.get('a')) ?? 0` },
    { add: k => `{ using g = ${name}.lock().wait(); g.value += ${k} }`, read: `await ${name}.with(n => n)` },
  ]
  const at = w.random(made.length)
  const makers = [
    'new AtomicI32(0)',
    'new Arc(new Mutex(0))',
    'new Arc(new ConcurrentMap<string, number>())',
    'new Arc(new Mutex(0))',
  ]
  w.line(`const ${name} = ${makers[at]}`)
  w.counters.push(made[at]!)
}

/** Uses a static of another module, in one of the forms that modules declare them in. */
const staticCounter: Statement = w => {
  const s = `s${w.id}_${w.name('')}`
  const shapes: (() => Counter)[] = [
    () => {
      w.statics.push(`export const ${s} = new Mutex(0)`)
      return { add: k => `${s}.update(n => n + ${k}).wait()`, read: `await ${s}.with(n => n)` }
    },
    () => {
      w.statics.push(
        `class C${s} {\n  readonly #n = new Mutex(0)\n  add(k: number): void { this.#n.update(n => n + k).wait() }\n  read(): number { return this.#n.with(n => n).wait() }\n}\nexport const ${s} = new C${s}()`,
      )
      return { add: k => `${s}.add(${k})`, read: `${s}.read()` }
    },
    () => {
      w.statics.push(`export class ${s} {\n  static readonly hits = new AtomicI32(0)\n}`)
      return { add: k => `${s}.hits.fetchAdd(${k})`, read: `${s}.hits.load()` }
    },
    () => {
      w.statics.push(`export const ${s} = { inner: { hits: new AtomicI32(0) } }`)
      return { add: k => `${s}.inner.hits.fetchAdd(${k})`, read: `${s}.inner.hits.load()` }
    },
    () => {
      w.statics.push(`const make${s} = () => new Mutex(0)\nexport const ${s} = [make${s}(), make${s}()]`)
      return { add: k => `${s}[1]!.update(n => n + ${k}).wait()`, read: `await ${s}[1]!.with(n => n)` }
    },
    () => {
      w.statics.push(
        `class B${s} {\n  readonly hits = new AtomicI32(0)\n}\nclass D${s} extends B${s} {}\nexport const ${s} = new D${s}()`,
      )
      return { add: k => `${s}.hits.fetchAdd(${k})`, read: `${s}.hits.load()` }
    },
  ]
  w.counters.push(w.pick(shapes)())
}

const count: Statement = w => {
  if (w.counters.length === 0 || w.chance(30)) w.pick([counter, staticCounter])(w)
  const chosen = w.pick(w.counters)
  for (let threads = 1 + w.random(3); threads > 0; threads--) {
    const handle = w.name('h')
    w.line(`const ${handle} = thread.spawn(move(() => {\n  ${chosen.add(w.k())}\n  return 1\n}))`)
    w.handles.push(handle)
  }
  if (w.chance(50)) return
  w.joinAll()
  w.out(chosen.read)
}

/** Runs closures that borrow their captures, and only read them. */
const lend: Statement = w => {
  const a = w.named(w.someWhole())
  const b = w.named(w.someWhole())
  switch (w.random(6)) {
    case 0:
      return w.out(`await parIter(${items(w)}).map(x => x + ${w.read(a)}).sum()`)
    case 1: {
      const n = w.name('n')
      w.line(`const ${n} = new AtomicI32(0)`)
      w.line(`await parIter(${items(w)}).forEach(x => { ${n}.fetchAdd(x + ${w.read(a)}) })`)
      return w.out(`${n}.load()`)
    }
    case 2:
      return w.out(`(await par.join(() => ${w.read(a)}, () => ${w.read(b)})).join()`)
    case 3: {
      w.line(`await thread.scope(async s => {\n  const h = s.spawn(() => ${w.read(a)})\n  out(await h.join())\n})`)
      return
    }
    case 4: {
      const list = w.someWhole(({ value }) => value.kind.name === 'List')
      const name = w.name('l')
      w.line(`const ${name} = await parIter(${list.text}).map(x => x * 2).collect()`)
      w.add(name, w.newValue(list.value.kind), true)
      return w.out(w.readOf(name, list.value.kind))
    }
    case 5: {
      const rows = w.someWhole(({ value }) => value.kind.name === 'Lists')
      return w.out(`await parIter(${rows.text}).map(row => row.length + ${w.read(a)}).sum()`)
    }
  }
}

/** Shares data in an Arc. */
const arc: Statement = w => {
  const path = w.someWhole(({ value }) => value.kind.name !== 'Cells')
  const name = w.name('arc')
  w.line(`const ${name} = new Arc(${path.text})`)
  w.give(path)
  const handle = w.name('h')
  const { kind } = path.value
  const reads = kind.name === 'Day' ? kind.reads.slice(0, 1) : kind.reads.slice(0, 2)
  w.line(`const ${handle} = thread.spawn(move(() => ${w.pick(reads)(`${name}.value`)}))`)
  w.handles.push(handle)
  w.out(w.pick(reads)(`${name}.value`))
}

const useVec: Statement = w => {
  const numbers = someNumbers(w)
  const { name } = numbers
  switch (w.random(7)) {
    case 0:
      return w.line(`${name}.with(view => { view[0] = ${w.k()} })`)
    case 1:
      return w.line(`${name}.set(1, ${w.k()})`)
    case 2:
      return w.out(`${name}.with(view => view.reduce((a, b) => a + b, 0))`)
    case 3: {
      const back = w.name('w')
      w.line(
        `const ${back} = await thread.spawn(v => {\n  v.with(view => { view.fill(${w.k()}) })\n  return v\n}, ${name}).join()`,
      )
      numbers.state = 'gone'
      w.numbers.push({ name: back, state: 'own' })
      return w.out(`${back}.get(0)`)
    }
    case 4: {
      const frozen = w.name('w')
      w.line(`const ${frozen} = ${name}.freeze()`)
      numbers.state = 'frozen'
      return w.out(`await thread.spawn(move(() => ${frozen}.get(1))).join()`)
    }
    case 5: {
      w.line(`${name}.with(view => {\n  for (let i = 0; i < view.length; i++) view[i]! += i\n})`)
      return w.out(`${name}.toArray().join()`)
    }
    case 6: {
      const copy = w.name('v')
      w.line(`const ${copy} = ${name}.with(view => view.slice()) as Int32Array<ArrayBuffer>`)
      w.out(`${copy}.length`)
      return w.line(`${name}.set(0, ${w.k()})`)
    }
  }
}

const STATEMENTS: readonly (readonly [weight: number, statement: Statement])[] = [
  [4, alias],
  [4, change],
  [3, look],
  [3, send],
  [1, sendOnOneWay],
  [1, batches],
  [2, receive],
  [4, spawn],
  [2, lock],
  [4, useLock],
  [2, shareLock],
  [3, count],
  [3, lend],
  [1, arc],
  [2, useVec],
]
const TOTAL = STATEMENTS.reduce((sum, [weight]) => sum + weight, 0)

function statement(w: Writer): void {
  let at = w.random(TOTAL)
  for (const [weight, write] of STATEMENTS) {
    at -= weight
    if (at >= 0) continue
    write(w)
    return w.cut()
  }
}

/** Writes the end of a program, which prints all its remaining values. */
function finish(w: Writer): void {
  w.joinAll()
  w.cut()
  for (const channel of w.channels) {
    while (channel.waiting > 0) {
      w.out(w.read(w.receive(channel)))
      w.cut()
    }
  }
  for (const { name, kind, isGone } of w.locks) if (!isGone) w.out(`await ${name}.with(v => ${kind.reads[0]!('v')})`)
  w.cut()
  for (const { read } of w.counters) w.out(read)
  w.cut()
  for (const path of w.paths.filter(({ value }) => isWhole(value))) {
    w.out(path.value.kind.reads[0]!(path.text))
    w.cut()
  }
}

/** Returns the program of a seed. About half of the programs have a misuse. */
export function programOf(seed: number, id: number): Program {
  const w = new Writer(randomFrom(seed), id)
  const before = w.random(8)
  for (let at = 0; at < before; at++) statement(w)
  const planted = w.random(2) === 0 ? w.pick(MISUSES) : undefined
  if (planted !== undefined) {
    planted.plant(w)
    w.cut()
  }
  const after = w.random(planted === undefined ? 10 : 3)
  for (let at = 0; at < after; at++) statement(w)
  finish(w)
  return { seed, id, chunks: w.chunks, statics: w.statics, misuse: planted?.name }
}
