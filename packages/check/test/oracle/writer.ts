/**
 * Writes a random program: its text, and the values, locks and channels that it has at the next statement.
 */
import type { Random } from './generate.ts'
import { KINDS, type Kind } from './kinds.ts'

/** A value of the program and its parts; `isGone` after the program has moved it. */
export interface Value {
  readonly kind: Kind
  readonly parts: readonly Value[]
  isGone: boolean
}

/** An expression by which the program reaches a value. */
export interface Path {
  readonly text: string
  readonly value: Value
  /** Whether it is a variable, which a closure may capture. */
  readonly isName: boolean
  /** Whether the value may only be read. */
  readonly isRead: boolean
}

export interface Channel {
  readonly tx: string
  readonly rx: string
  readonly kind: Kind
  readonly isBounded: boolean
  waiting: number
}

export interface Lock {
  readonly name: string
  readonly kind: Kind
  /** The method that acquires it for writing: `lock` or `write`. */
  readonly enter: 'lock' | 'write'
  readonly isShared: boolean
  isGone: boolean
}

/** A counter: threads add to it, and main reads it after they have ended. */
export interface Counter {
  /** Returns a statement for a thread that adds a number. */
  readonly add: (k: number) => string
  /** An expression of main with the counter's value. */
  readonly read: string
}

export interface Numbers {
  readonly name: string
  state: 'own' | 'frozen' | 'gone'
}

export const copyOf = (value: Value): Value => ({ ...value, parts: value.parts.map(copyOf), isGone: false })
export const isWhole = (value: Value): boolean => !value.isGone && value.parts.every(isWhole)

export function bury(value: Value): void {
  value.isGone = true
  value.parts.forEach(bury)
}

export class Writer {
  readonly random: Random
  readonly id: number
  readonly chunks: string[] = []
  readonly statics: string[] = []
  paths: Path[] = []
  readonly channels: Channel[] = []
  readonly locks: Lock[] = []
  readonly counters: Counter[] = []
  readonly numbers: Numbers[] = []
  /** The handles of the threads that were not joined yet. */
  handles: string[] = []
  #lines: string[] = []
  #names = 0
  #k = 10

  constructor(random: Random, id: number) {
    this.random = random
    this.id = id
  }

  name(prefix: string): string {
    return `${prefix}${this.#names++}`
  }
  /** Returns a number that the program has not used yet. */
  k(): number {
    return (this.#k += 1 + this.random(3))
  }
  pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)]!
  }
  chance(percent: number): boolean {
    return this.random(100) < percent
  }
  line(text: string): void {
    // Statements have no final semicolon, so a line that starts with a bracket would continue the line before.
    this.#lines.push(/^[([]/.test(text) ? `;${text}` : text)
  }
  out(expression: string): void {
    this.line(`out(${expression})`)
  }
  /** Ends a statement, which the minimiser may remove as a whole. */
  cut(): void {
    if (this.#lines.length > 0) this.chunks.push(this.#lines.join('\n'))
    this.#lines = []
  }

  newValue(kind: Kind): Value {
    return { kind, parts: kind.parts.map(([, part]) => this.newValue(KINDS.get(part)!)), isGone: false }
  }
  add(text: string, value: Value, isName: boolean, isRead = false): Path {
    const path = { text, value, isName, isRead }
    this.paths.push(path)
    return path
  }
  /** Returns paths to values that the program owns. */
  own(wanted: (path: Path) => boolean = () => true): Path[] {
    return this.paths.filter(path => !path.value.isGone && !path.isRead && wanted(path))
  }
  /** Returns paths to values that may be moved as a whole. */
  whole(wanted: (path: Path) => boolean = () => true): Path[] {
    return this.own(path => isWhole(path.value) && wanted(path))
  }
  someWhole(wanted: (path: Path) => boolean = () => true): Path {
    const found = this.whole(wanted)
    return found.length > 0 && this.chance(85) ? this.pick(found) : this.make(wanted)
  }
  /** Creates a value of a wanted kind. */
  make(wanted: (path: Path) => boolean = () => true): Path {
    for (;;) {
      const kind = this.pick([...KINDS.values()])
      const path: Path = { text: this.name('v'), value: this.newValue(kind), isName: true, isRead: false }
      if (!wanted(path)) continue
      this.line(`const ${path.text}: ${kind.type} = ${kind.make(this.k())}`)
      this.paths.push(path)
      return path
    }
  }
  /** Returns a variable for the value at a path, because closures capture variables. */
  named(path: Path): Path {
    if (path.isName) return path
    const name = this.name('c')
    this.line(`const ${name} = ${path.text}`)
    return this.add(name, path.value, true, path.isRead)
  }
  give(path: Path): void {
    bury(path.value)
  }
  write(path: { text: string; value: { kind: Kind } } | Path): string {
    return this.writeOf(path.text, path.value.kind)
  }
  writeOf(text: string, kind: Kind): string {
    if (this.chance(15)) return this.pick([`change${kind.name}(${text})`, `new ${kind.name}Changer().change(${text})`])
    return this.pick(kind.writes)(text, this.k())
  }
  /** Returns a commutative modification. */
  addOf(text: string, kind: Kind): string {
    return kind.writes[this.pick(kind.adds)]!(text, this.k())
  }
  /** Returns an expression with a number as its value. Of a partly moved value only the first read may be left. */
  read(path: Path): string {
    return this.readOf(path.text, path.value.kind)
  }
  readOf(text: string, kind: Kind): string {
    return this.pick(kind.reads)(text)
  }
  joinAll(): void {
    if (this.handles.length > 1 && this.chance(50)) {
      this.line(`for (const each of await Promise.all([${this.handles.join(', ')}])) out(each)`)
    } else {
      for (const handle of this.handles) this.out(this.chance(50) ? `await ${handle}` : `await ${handle}.join()`)
    }
    this.handles = []
  }
  channelOf(kind: Kind, isBounded = this.chance(30)): Channel {
    const found = this.channels.filter(channel => channel.kind === kind && channel.isBounded === isBounded)
    if (found.length > 0) return this.pick(found)
    const [tx, rx] = [this.name('tx'), this.name('rx')]
    this.line(`const [${tx}, ${rx}] = mpsc.channel<${kind.type}>(${isBounded ? '64' : ''})`)
    const channel = { tx, rx, kind, isBounded, waiting: 0 }
    this.channels.push(channel)
    return channel
  }
  /** Sends the value of an expression. */
  send(channel: Channel, text: string): void {
    channel.waiting++
    const { kind, tx } = channel
    if (channel.isBounded) return this.line(`await ${tx}.send(${text})`)
    const ways = [
      `${tx}.send(${text})`,
      `give${kind.name}(${tx}, ${text})`,
      `new ${kind.name}Queue(${tx}).add(${text})`,
    ]
    this.line(this.chance(60) ? ways[0]! : this.pick(ways.slice(1)))
  }
  receive(channel: Channel): Path {
    channel.waiting--
    const name = this.name('r')
    this.line(`const ${name} = await ${channel.rx}.recv()`)
    return this.add(name, this.newValue(channel.kind), true)
  }
  lockOf(path: Path): Lock {
    const name = this.name('m')
    const isShared = this.chance(60)
    const enter = this.chance(70) ? 'lock' : 'write'
    const made = `new ${enter === 'lock' ? 'Mutex' : 'RwLock'}(${path.text})`
    this.line(`const ${name} = ${isShared ? `new Arc(${made})` : made}`)
    const lock: Lock = { name, kind: path.value.kind, enter, isShared, isGone: false }
    this.locks.push(lock)
    return lock
  }
}

export function someLock(w: Writer, wanted: (lock: Lock) => boolean = () => true): Lock {
  const locks = w.locks.filter(each => !each.isGone && wanted(each))
  if (locks.length > 0) return w.pick(locks)
  for (;;) {
    const path = w.someWhole()
    const made = w.lockOf(path)
    w.give(path)
    if (wanted(made)) return made
    made.isGone = true
  }
}

/** Returns an expression for a list of numbers, short or long. */
export const items = (w: Writer): string =>
  w.chance(70) ? `[${w.k()}, ${w.k()}, 3]` : `Array.from({ length: 20_000 }, (_, i) => i % 7)`

export function someNumbers(w: Writer): Numbers {
  const own = w.numbers.filter(({ state }) => state === 'own')
  if (own.length > 0 && w.chance(60)) return w.pick(own)
  const made: Numbers = { name: w.name('w'), state: 'own' }
  w.line(`const ${made.name} = vec.i32([${w.k()}, ${w.k()}])`)
  w.numbers.push(made)
  return made
}

const holds = (value: Value, part: Value): boolean => value === part || value.parts.some(each => holds(each, part))
export const overlaps = (a: Value, b: Value): boolean => holds(a, b) || holds(b, a)
