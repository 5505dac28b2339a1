/** The misuses that are planted in random programs: Rust refuses each, and a wall must refuse it here. */
import { KINDS } from './kinds.ts'
import { bury, items, overlaps, someLock, someNumbers, type Path, type Writer } from './writer.ts'

export interface Misuse {
  readonly name: string
  readonly plant: (writer: Writer) => void
}

/** Returns an alias of a variable that is about to be captured or sent. */
function secondWay(w: Writer, path: Path): Path {
  const { text, value } = path
  const name = w.name('z')
  const { parts, type } = value.kind
  const at = parts.length === 0 ? -1 : w.random(parts.length)
  const ways: (() => Path)[] = [
    () => {
      w.line(`const ${name} = ${text}`)
      return w.add(name, value, true)
    },
    () => {
      w.line(`const ${name} = { inner: { v: ${text} } }`)
      return w.add(`${name}.inner.v`, value, false)
    },
    () => {
      w.line(`const ${name} = [${text}]`)
      return w.add(`${name}[0]!`, value, false)
    },
    () => {
      w.line(`const ${name} = new Holder(${text})`)
      return w.add(`${name}.get()`, value, false)
    },
    () => {
      w.line(`const ${name} = () => ${text}`)
      return w.add(`${name}()`, value, false)
    },
    () => {
      w.line(`const ${name} = each(${text})`)
      return w.add(`(${name}.next().value as ${type})`, value, false)
    },
    () => {
      w.line(`const ${name} = same(${text})`)
      return w.add(name, value, true)
    },
    () => {
      w.line(`const ${name} = new Map<number, ${type}>([[1, ${text}]])`)
      return w.add(`${name}.get(1)!`, value, false)
    },
    () => {
      w.line(`class ${name} {\n  static kept = ${text}\n}`)
      return w.add(`${name}.kept`, value, false)
    },
    () => {
      w.line(`const ${name} = new WeakRef(${text})`)
      return w.add(`${name}.deref()!`, value, false)
    },
  ]
  if (at >= 0) {
    ways.push(() => {
      w.line(`const ${name} = ${text}${parts[at]![0]}`)
      return w.add(name, value.parts[at]!, true)
    })
  }
  return w.pick(ways)()
}

/** Moves a value in one of many ways. Returns a function that writes a read of the value at its destination. */
function away(w: Writer, path: Path): () => void {
  const { kind } = path.value
  const { text } = path
  const seen = (expression: string) => () => w.out(w.readOf(expression, kind))
  const name = w.name('y')
  switch (w.random(11)) {
    case 0:
    case 1: {
      const channel = w.channelOf(kind)
      w.send(channel, text)
      return () => {
        for (let left = channel.waiting; left > 0; left--) w.out(w.read(w.receive(channel)))
      }
    }
    case 2: {
      const captured = w.named(path)
      w.line(`const ${name} = thread.spawn(move(() => ${w.read(captured)}))`)
      return () => w.out(`await ${name}`)
    }
    case 3: {
      w.line(`const ${name} = thread.spawn((x: ${kind.type}) => ${w.readOf('x', kind)}, ${text})`)
      return () => w.out(`await ${name}`)
    }
    case 4: {
      w.line(`const ${name} = new Mutex(${text})`)
      return seen(`(await ${name}.with(v => snapshot(v)))`)
    }
    case 5: {
      w.line(`const ${name} = new RwLock(${text})`)
      return seen(`(await ${name}.with(v => snapshot(v)))`)
    }
    case 6: {
      if (kind.name === 'Cells' || kind.name === 'Day') return away(w, path)
      w.line(`const ${name} = new Arc(${text})`)
      return () => w.out(kind.reads[0]!(`${name}.value`))
    }
    case 7: {
      w.line(`const [${name}tx, ${name}rx] = oneshot.channel<${kind.type}>()\n${name}tx.send(${text})`)
      return seen(`(await ${name}rx.recv())`)
    }
    case 8: {
      w.line(`const ${name} = new ConcurrentMap<string, ${kind.type}>()\nawait ${name}.set('a', ${text})`)
      return () => w.out(kind.reads[0]!(`(await ${name}.get('a'))!`))
    }
    case 9: {
      w.line(
        `const ${name} = new Mutex<${kind.type}>(${kind.make(w.k())})\n{\n  using g = await ${name}.lock()\n  g.value = ${text}\n}`,
      )
      return seen(`(await ${name}.with(v => snapshot(v)))`)
    }
    default: {
      const captured = w.named(path)
      const sink = w.channelOf(kind, false)
      const mine = w.name('tx')
      w.line(
        `const ${mine} = ${sink.tx}.clone()\nconst ${name} = thread.spawn(move(() => { ${mine}.send(${captured.text}) }))`,
      )
      sink.waiting++
      return () => {
        w.line(`await ${name}`)
        for (let left = sink.waiting; left > 0; left--) w.out(w.read(w.receive(sink)))
      }
    }
  }
}

/** Returns a statement for a closure that modifies a value: directly, through an alias, or through a function. */
function lentWrite(w: Writer, path: Path): string {
  const { text, value } = path
  const { kind } = value
  const write = kind.writes[w.pick(kind.adds)]!
  const k = w.k()
  const at = kind.parts.length === 0 ? -1 : w.random(kind.parts.length)
  const ways = [
    write(text, k),
    `const inner = ${text}; ${write('inner', k)}`,
    `change${kind.name}(${text})`,
    `${kind.name}Changer.change(${text})`,
    `new ${kind.name}Changer().change(${text})`,
    `const { ${kind.name}Changer: inner } = { ${kind.name}Changer: change${kind.name} }; inner(${text})`,
    `for (const inner of [${text}]) ${write('inner', k)}`,
    `;[${text}].forEach(inner => { ${write('inner', k)} })`,
    `const f = (inner: ${kind.type}) => { ${write('inner', k)} }; f(${text})`,
    `same(${text}); ${write(`same(${text})`, k)}`,
  ]
  if (at >= 0) {
    const part = KINDS.get(kind.parts[at]![1])!
    ways.push(`const inner = ${text}${kind.parts[at]![0]}; ${part.writes[part.adds[0]!]!('inner', k)}`)
  }
  return w.pick(ways)
}

const many = (w: Writer): string => (w.chance(60) ? `[1, 2, 3]` : `Array.from({ length: 60_000 }, (_, i) => i)`)

/** The kinds that the run time can freeze: it cannot freeze a typed array, and a detached one ignores writes. */
const frozen = [...KINDS.values()].filter(({ name }) => name !== 'Cells')
const isFrozen = ({ value }: Path): boolean => frozen.includes(value.kind)

export const MISUSES: readonly Misuse[] = [
  {
    name: 'read of a moved value',
    plant(w) {
      const path = w.someWhole(isFrozen)
      const second = secondWay(w, path)
      const show = away(w, path)
      w.out(w.read(second))
      show()
      bury(path.value)
    },
  },
  {
    name: 'write to a moved value',
    plant(w) {
      const path = w.someWhole(isFrozen)
      const second = secondWay(w, path)
      const show = away(w, path)
      w.line(w.write(second))
      show()
      w.out(w.read(second))
      bury(path.value)
    },
  },
  {
    name: 'late write to a moved value',
    plant(w) {
      const path = w.someWhole(isFrozen)
      const second = secondWay(w, path)
      const late = w.name('late')
      w.line(`const ${late} = sleep(1).then(() => { ${w.write(second)} })`)
      const show = away(w, path)
      w.line(`await ${late}`)
      show()
      w.out(w.read(second))
      bury(path.value)
    },
  },
  {
    name: 'second move',
    plant(w) {
      const path = w.someWhole()
      const second = secondWay(w, path)
      const show = away(w, path)
      const again = away(w, second)
      show()
      again()
      bury(path.value)
    },
  },
  {
    name: 'write in a parallel loop',
    plant(w) {
      const path = w.named(w.someWhole())
      w.line(`await parIter(${many(w)}).forEach(() => { ${lentWrite(w, path)} })`)
      w.out(w.read(path))
      w.out(path.value.kind.reads[0]!(path.text))
    },
  },
  {
    name: 'write in a mapping',
    plant(w) {
      const path = w.named(w.someWhole())
      w.out(`await parIter(${items(w)}).map(x => { ${lentWrite(w, path)}; return x }).sum()`)
      w.out(path.value.kind.reads[0]!(path.text))
      w.out(w.read(path))
    },
  },
  {
    name: 'write to the items of a parallel loop',
    plant(w) {
      const kind = w.pick([...KINDS.values()])
      const name = w.name('z')
      w.line(`const ${name} = [${kind.make(w.k())}, ${kind.make(w.k())}, ${kind.make(w.k())}]`)
      const item: Path = { text: 'item', value: w.newValue(kind), isName: true, isRead: false }
      w.line(`await parIter(${name}).forEach(item => { ${lentWrite(w, item)} })`)
      for (const read of kind.reads.slice(0, 3)) w.out(read(`${name}[1]!`))
    },
  },
  {
    name: 'write in a join',
    plant(w) {
      const a = w.named(w.someWhole())
      const b = w.named(w.someWhole(({ value }) => !overlaps(value, a.value)))
      w.line(`await par.join(() => { ${lentWrite(w, a)} }, () => { ${lentWrite(w, b)} })`)
      for (const path of [a, b]) {
        w.out(w.read(path))
        w.out(path.value.kind.reads[0]!(path.text))
      }
    },
  },
  {
    name: 'write in a scope',
    plant(w) {
      const path = w.named(w.someWhole())
      w.line(`await thread.scope(s => {\n  s.spawn(() => { ${lentWrite(w, path)} })\n})`)
      w.out(w.read(path))
      w.out(path.value.kind.reads[0]!(path.text))
    },
  },
  {
    name: 'write by the lender',
    plant(w) {
      const path = w.named(w.someWhole())
      const { kind } = path.value
      const running = w.name('z')
      w.line(
        `const ${running} = parIter(Array.from({ length: 50_000 }, (_, i) => i % 2)).map(x => x + ${kind.reads[0]!(path.text)}).sum().then(n => n)`,
      )
      const before = w.name('z')
      w.line(`const ${before} = ${kind.reads[0]!(path.text)}`)
      w.line(kind.writes[w.pick(kind.adds)]!(path.text, w.k()))
      w.out(`(await ${running}) === 25_000 + 50_000 * ${before}`)
    },
  },
  {
    name: 'write by the lender in a scope',
    plant(w) {
      const path = w.named(w.someWhole())
      const { kind } = path.value
      w.line(
        `await thread.scope(async s => {\n  const h = s.spawn(() => { sleep(2).wait(); return ${kind.reads[0]!(path.text)} })\n  ${kind.writes[w.pick(kind.adds)]!(path.text, w.k())}\n  await h.join()\n})`,
      )
      w.out(w.read(path))
    },
  },
  {
    name: 'count in a captured variable',
    plant(w) {
      const name = w.name('z')
      w.line(`let ${name} = 0`)
      const body = w.pick([`${name}++`, `${name} = ${name} + 1`, `;[${name}] = [${name} + 1]`, `${name} += 1`])
      w.line(
        w.pick([
          `await parIter(${many(w)}).forEach(() => { ${body} })`,
          `await thread.spawn(move(() => { ${body} })).join()`,
        ]),
      )
      w.out(name)
    },
  },
  {
    name: 'late write to a value of a lock',
    plant(w) {
      const lock = someLock(w, each => frozen.includes(each.kind))
      const { name, kind, enter } = lock
      w.joinAll()
      const kept = w.name('z')
      const ways = [
        `const ${kept} = await ${name}.with(v => v) as ${kind.type}`,
        `let ${kept}!: ${kind.type}\n{\n  using g = await ${name}.${enter}()\n  ${kept} = g.value\n}`,
        `const ${kept}g = await ${name}.${enter}()\nconst ${kept} = ${kept}g.value\ndrop(${kept}g)`,
        `const ${kept}s: ${kind.type}[] = []\nawait ${name}.with(v => { ${kept}s.push(v as ${kind.type}) })\nconst ${kept} = ${kept}s[0]!`,
        `const ${kept}h: { v?: ${kind.type} } = {}\nawait ${name}.with(v => { ${kept}h.v = v as ${kind.type} })\nconst ${kept} = ${kept}h.v!`,
        `const ${kept} = (await ${name}.with(v => () => v))() as ${kind.type}`,
      ]
      w.line(w.pick(ways))
      const part = kind.parts.length > 0 && w.chance(40) ? w.pick(kind.parts) : undefined
      const partKind = part === undefined ? kind : KINDS.get(part[1])!
      w.line(partKind.writes[w.pick(partKind.adds)]!(`${kept}${part?.[0] ?? ''}`, w.k()))
      for (const read of kind.reads.slice(0, 3)) w.out(`await ${name}.with(v => ${read('v')})`)
    },
  },
  {
    name: 'write to a value of a ConcurrentMap',
    plant(w) {
      const kind = w.pick(frozen)
      const name = w.name('z')
      w.line(`const ${name} = new ConcurrentMap<string, ${kind.type}>()\nawait ${name}.set('a', ${kind.make(w.k())})`)
      const inner = w.pick([`(await ${name}.get('a'))!`, `(await ${name}.entries())[0]![1]`])
      w.line(`const ${name}v = ${inner} as ${kind.type}`)
      w.line(kind.writes[w.pick(kind.adds)]!(`${name}v`, w.k()))
      for (const read of kind.reads.slice(0, 3)) w.out(read(`((await ${name}.get('a'))! as ${kind.type})`))
    },
  },
  {
    name: 'write to a watched value',
    plant(w) {
      const kind = w.pick(frozen)
      const name = w.name('z')
      w.line(`const [${name}tx, ${name}rx] = watch.channel<${kind.type}>(${kind.make(w.k())})`)
      w.line(`const ${name} = ${w.pick([`${name}rx`, `${name}tx`])}.borrow() as ${kind.type}`)
      w.line(kind.writes[w.pick(kind.adds)]!(name, w.k()))
      for (const read of kind.reads.slice(0, 3)) w.out(read(`(${name}rx.borrow() as ${kind.type})`))
    },
  },
  {
    name: 'write to a value in an Arc',
    plant(w) {
      const kind = w.pick(frozen)
      const name = w.name('z')
      w.line(`const ${name} = new Arc(${kind.make(w.k())})\nconst ${name}v = ${name}.value as unknown as ${kind.type}`)
      w.line(kind.writes[w.pick(kind.adds)]!(`${name}v`, w.k()))
      w.out(`await thread.spawn(move(() => ${kind.reads[0]!(`${name}.value`)})).join()`)
      w.out(kind.reads[0]!(`${name}v`))
    },
  },
  {
    name: 'kept view of a vec',
    plant(w) {
      const numbers = someNumbers(w)
      const { name } = numbers
      const kept = w.name('z')
      const ways = [
        `let ${kept}!: Int32Array\n${name}.with(view => { ${kept} = view })`,
        `const ${kept}s: Int32Array[] = []\n${name}.with(view => { ${kept}s.push(view) })\nconst ${kept} = ${kept}s[0]!`,
        `const ${kept} = ${name}.with(view => ({ view })).view`,
        `const ${kept} = ${name}.with(view => () => view)()`,
        `const ${kept} = ${name}.with(view => new Holder(view)).item`,
        `const ${kept} = new Int32Array(${name}.with(view => [view.buffer, view.byteOffset] as const)[0] as ArrayBuffer, ${name}.with(view => view.byteOffset), 2)`,
        `const ${kept} = ${name}.with(view => [view.subarray(0)])[0]!`,
        `const ${kept} = ${name}.with(view => each(view)).next().value as Int32Array`,
        `const ${kept}h = new Map<string, Int32Array>()\n${name}.with(view => { ${kept}h.set('a', same(view)) })\nconst ${kept} = ${kept}h.get('a')!`,
      ]
      w.line(w.pick(ways))
      const [next, k] = [w.name('w'), w.k()]
      switch (w.random(4)) {
        case 0:
          w.line(`drop(${name})\nconst ${next} = vec.i32([1, 2])\n${kept}[0] = ${k}`)
          w.out(`${next}.get(0)`)
          break
        case 1:
          w.line(`const ${next} = ${name}.freeze()\n${kept}[0] = ${k}`)
          w.out(`${next}.get(0)`)
          break
        case 2:
          w.line(`const ${next} = thread.spawn(v => { sleep(2).wait(); return v.get(0) }, ${name})\n${kept}[0] = ${k}`)
          w.out(`await ${next}`)
          break
        default:
          w.line(`${kept}[0] = ${k}`)
          w.out(`${name}.get(0)`)
      }
      w.out(`${kept}[0] ?? -1`)
      numbers.state = 'gone'
    },
  },
  {
    name: 'dropped wait',
    plant(w) {
      const name = w.name('z')
      const k = w.k()
      const isSend = w.chance(50)
      w.line(isSend ? `const [${name}, ${name}rx] = mpsc.channel<number>(8)` : `const ${name} = new Mutex(0)`)
      const wait = isSend ? `${name}.send(${k})` : `${name}.update(n => n + ${k})`
      const ways = [
        wait,
        `void ${wait}`,
        `yes && ${wait}`,
        `;[1].forEach(() => ${wait})`,
        `const ${name}w = ${wait}`,
        `const ${name}f = () => ${wait}\n${name}f()`,
        `yes ? ${wait} : undefined`,
        `queueMicrotask(() => ${wait})\nawait sleep(1)`,
        `setTimeout(() => ${wait}, 0)\nawait sleep(3)`,
        `const ${name}a = [${wait}]`,
        `new Holder(${wait}).get()`,
        `same(${wait})`,
        `;(() => { ${wait} })()`,
        `await Promise.resolve().then(() => { ${wait} })`,
        `await (async () => { ${wait} })()`,
      ]
      w.line(w.pick(ways))
      w.out(isSend ? `${name}rx.recv().try() ?? -1` : `await ${name}.with(n => n)`)
    },
  },
  {
    name: 'lost guard',
    plant(w) {
      const name = w.name('z')
      const isRw = w.chance(30)
      w.line(`const ${name} = new ${isRw ? 'RwLock' : 'Mutex'}({ n: 1 })`)
      const lock = `${name}.${isRw ? 'write' : 'lock'}()`
      const ways = [
        `await ${lock}.then(g => { g.value.n++ })`,
        `const { value: ${name}v } = await ${lock}\n${name}v.n++`,
        `await select({ a: ${lock} })`,
        `await Promise.all([${lock}])`,
        `;(await ${lock}).value.n++`,
        `const ${name}g = [await ${lock}]\n${name}g.length = 0`,
        `const ${name}f = async () => { const g = await ${lock}; g.value.n++ }\nawait ${name}f()`,
        `const ${name}s = new Set([await ${lock}])\n${name}s.clear()`,
      ]
      w.line(w.pick(ways))
      w.out(`await ${name}.with(v => v.n)`)
    },
  },
  {
    name: 'async section',
    plant(w) {
      const name = w.name('z')
      w.line(`const ${name} = new Mutex({ n: 1 })`)
      const ways = [
        `await ${name}.with(async v => { await sleep(1); v.n += ${w.k()} })`,
        `await ${name}.with(v => sleep(1).then(() => { v.n += ${w.k()} }))`,
        `await ${name}.with(v => { queueMicrotask(() => { v.n += ${w.k()} }) })\nawait null`,
      ]
      w.line(w.pick(ways))
      w.out(`await ${name}.with(v => v.n)`)
    },
  },
  {
    name: 'plain state of a module',
    plant(w) {
      const s = `s${w.id}_${w.name('z')}`
      const shapes = [
        [
          `let c${s} = 0\nexport const ${s} = { add(k: number) { c${s} += k }, read: () => c${s} }`,
          `${s}.add(2)`,
          `${s}.read()`,
        ],
        [`export class ${s} {\n  static n = 0\n  static add(k: number) { this.n += k }\n}`, `${s}.add(2)`, `${s}.n`],
        [`export const ${s} = new Map<string, number>()`, `${s}.set('a', 2)`, `${s}.get('a') ?? 0`],
        [
          `class C${s} {\n  readonly #all: number[] = []\n  add(k: number) { this.#all.push(k) }\n  get size() { return this.#all.length }\n}\nexport const ${s} = new C${s}()`,
          `${s}.add(2)`,
          `${s}.size`,
        ],
      ] as const
      const [declared, add, read] = w.pick(shapes)
      w.statics.push(declared)
      w.line(`await thread.spawn(() => { ${add} }).join()`)
      w.out(read)
    },
  },
  {
    name: 'use of a dropped handle',
    plant(w) {
      const name = w.name('z')
      const ways = [
        `const ${name} = new Mutex([1])\nconst ${name}g = await ${name}.lock()\nconst ${name}k = ${name}g\ndrop(${name}g)\nout(${name}k.value.length)`,
        `const [${name}, ${name}rx] = mpsc.channel<number>()\nconst ${name}k = ${name}\ndrop(${name})\n${name}k.send(1)\nout(await ${name}rx.recv())`,
        `const ${name} = vec.i32([1])\nconst ${name}k = [${name}]\ndrop(${name})\nout(${name}k[0]!.get(0))`,
        `const [${name}, ${name}rx] = mpsc.channel<number>()\nconst ${name}k = { tx: ${name} }\nthread.spawn(move(() => { ${name}.send(1) }))\n${name}k.tx.send(2)\nout(await ${name}rx.recv())`,
      ]
      w.line(w.pick(ways))
    },
  },
  {
    name: 'wait without an end',
    plant(w) {
      const name = w.name('z')
      const ways = [
        `const ${name} = new Mutex(1)\n{\n  using a = await ${name}.lock()\n  using b = await ${name}.lock()\n  out(a.value + b.value)\n}`,
        `const [${name}, ${name}rx] = mpsc.channel<number>()\nout(await ${name}rx.recv())\ndrop(${name})`,
        `const [${name}, ${name}rx] = mpsc.channel<number>(1)\nawait ${name}.send(1)\nawait ${name}.send(2)\nout(${name}rx.capacity)`,
      ]
      w.line(w.pick(ways))
    },
  },
]
