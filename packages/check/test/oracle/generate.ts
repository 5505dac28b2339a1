/**
 * Generates a random program in Rust and in TypeScript, equal in each statement and line.
 *
 * A function has some values that are not `Copy`, arrays of such values, and a number. Its body consists of moves,
 * uses, drops, assignments, borrows by closures and by aliases, labelled loops, early exits and branches. `unmoved`
 * functions contain no move and spawn threads without `move`. There rustc keeps the captures of a closure borrowed
 * until the end, which is another mistake than the checker's. `unmoved` functions have no unreachable code, which rustc
 * ignores and the checker reports.
 */

export interface Twin {
  readonly rust: string
  readonly typescript: string
  /** The first line of each function, from 1. */
  readonly starts: readonly number[]
}

export const RUST_HEAD = `#![allow(warnings)]
struct V; fn mk() -> V { V } fn cond() -> bool { std::env::args().count() > 1 } fn pick() -> usize { std::env::args().count() }
fn look(_: &V) {} fn num(_: usize) {} fn spawn<F: FnOnce() + Send + 'static>(_: F) {} fn main() {}
`
export const TYPESCRIPT_HEAD = `import { drop, move, thread, type Sender } from 'fearless'
declare function mk(): Sender<number>; declare function cond(): boolean; declare function pick(): number
declare function look(value: Sender<number>): void; declare function num(value: number): void
`
const HEAD_LINES = 3

export function generate(seed: number, functions: number): Twin {
  const rust: string[] = []
  const typescript: string[] = []
  const starts: number[] = []
  for (let at = 0; at < functions; at++) {
    starts.push(rust.length + HEAD_LINES + 1)
    const body = new Body(randomFrom(seed + at * 7919))
    body.write(`f${at}`)
    rust.push(...body.rust)
    typescript.push(...body.typescript)
  }
  return {
    rust: `${RUST_HEAD}${rust.join('\n')}\n`,
    typescript: `${TYPESCRIPT_HEAD}${typescript.join('\n')}\n`,
    starts,
  }
}

export type Random = (below: number) => number

/** Returns a random number generator, Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return below => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

class Body {
  readonly rust: string[] = []
  readonly typescript: string[] = []
  readonly #random: Random
  readonly #unmoved: boolean
  readonly #values: string[] = []
  /** The closures and aliases in scope. */
  #holders: { name: string; closure: boolean; array: boolean }[] = []
  /** The labels of the enclosing loops. */
  readonly #loops: string[] = []
  #left: number
  #names = 0

  constructor(random: Random) {
    this.#random = random
    this.#unmoved = random(8) === 0
    this.#left = 6 + random(18)
  }

  write(name: string): void {
    this.#line(`fn ${name}() {`, `export function ${name}(): void {`)
    const count = 1 + this.#random(4)
    for (let at = 0; at < count; at++) {
      const name = `${this.#random(4) === 0 ? 'a' : 'v'}${at}`
      this.#values.push(name)
      const [rust, typescript] = this.#made(name)
      this.#line(`let mut ${name} = ${rust};`, `let ${name} = ${typescript}`)
    }
    this.#line('let n = 1usize;', 'const n = 1')
    this.#statements(0)
    this.#line('}', '}')
  }

  #line(rust: string, typescript: string): void {
    this.rust.push(rust)
    this.typescript.push(typescript)
  }

  #statements(depth: number): void {
    const holders = this.#holders
    this.#holders = [...holders]
    const count = 1 + this.#random(4)
    for (let at = 0; at < count && this.#left > 0; at++) this.#statement(depth)
    this.#holders = holders
  }

  #value(): string {
    return this.#values[this.#random(this.#values.length)]!
  }

  /** Returns a read of a value, or of an element of an array. */
  #look(v: string): [rust: string, typescript: string] {
    if (!v.startsWith('a')) return [`look(&${v})`, `look(${v})`]
    const index = ['0', '1', 'n'][this.#random(3)]!
    return [`look(&${v}[${index}])`, `look(${v}[${index}]!)`]
  }

  #made(v: string): [rust: string, typescript: string] {
    return v.startsWith('a') ? ['vec![mk(), mk()]', '[mk(), mk()]'] : ['mk()', 'mk()']
  }

  #lookLine(v: string): void {
    const [rust, typescript] = this.#look(v)
    this.#line(`${rust};`, typescript)
  }

  #statement(depth: number): void {
    this.#left--
    const kind = this.#random(depth < 4 ? 26 : 14)
    const v = this.#value()
    switch (kind) {
      case 0:
      case 1:
      case 2:
        return this.#lookLine(v)
      case 3:
        return this.#line('spawn(move || num(n)); num(n);', 'thread.spawn(move(() => num(n))); num(n)')
      case 4:
      case 5:
      case 6:
        return this.#give(v)
      case 7:
        if (this.#unmoved) return this.#lookLine(v)
        return this.#line(`drop(${v});`, `drop(${v})`)
      case 8:
      case 9: {
        const [rust, typescript] = this.#made(v)
        return this.#line(`${v} = ${rust};`, `${v} = ${typescript}`)
      }
      case 10: {
        const name = `b${this.#names++}`
        this.#holders.push({ name, closure: true, array: false })
        const [rust, typescript] = this.#look(v)
        return this.#line(`let ${name} = || ${rust};`, `const ${name} = () => ${typescript}`)
      }
      case 11: {
        const name = `r${this.#names++}`
        this.#holders.push({ name, closure: false, array: v.startsWith('a') })
        return this.#line(`let ${name} = &${v};`, `const ${name} = ${v}`)
      }
      case 12:
      case 13: {
        if (this.#holders.length === 0) return this.#lookLine(v)
        const { name, closure, array } = this.#holders[this.#random(this.#holders.length)]!
        if (closure) return this.#line(`${name}();`, `${name}()`)
        return array
          ? this.#line(`look(&${name}[0]);`, `look(${name}[0]!)`)
          : this.#line(`look(${name});`, `look(${name})`)
      }
      case 14:
      case 15:
        return this.#choice(depth)
      case 16: {
        const [rust, typescript] = this.#look(v)
        this.#line(`if cond() && { ${rust}; cond() } {`, `if (cond() && (${typescript}, cond())) {`)
        this.#statements(depth + 1)
        return this.#line('}', '}')
      }
      case 17:
      case 18:
        return this.#loop(depth, `while cond() {`, 'while (cond()) {')
      case 19:
        return this.#loop(depth, 'for _i in 0..pick() {', 'for (let i = 0; i < pick(); i++) {')
      case 20:
      case 21:
        return this.#unmoved ? this.#choice(depth) : this.#loop(depth, 'loop {', 'for (;;) {')
      case 22:
        return this.#pick(depth)
      case 23: {
        this.#line('{', '{')
        // A shadowing variable, until the closing brace.
        if (this.#random(2) === 0) {
          const [rust, typescript] = this.#made(v)
          this.#line(`let mut ${v} = ${rust};`, `let ${v} = ${typescript}`)
        }
        this.#statements(depth + 1)
        return this.#line('}', '}')
      }
      case 24:
        return this.#jump()
      default:
        this.#line('if cond() { return; }', 'if (cond()) { return }')
    }
  }

  #give(v: string): void {
    const other = this.#random(3) === 0 ? this.#value() : v
    const [one, two] = [this.#look(v), this.#look(other)]
    const inner = other === v && this.#random(4) === 0
    const [rust, typescript] = inner
      ? [`{ let f = || ${one[0]}; f(); }`, `{ const f = () => ${one[1]}; f() }`]
      : other === v
        ? one
        : [`{ ${one[0]}; ${two[0]}; }`, `{ ${one[1]}; ${two[1]} }`]
    if (this.#unmoved) this.#line(`spawn(|| ${rust});`, `thread.spawn(() => ${typescript})`)
    else this.#line(`spawn(move || ${rust});`, `thread.spawn(move(() => ${typescript}))`)
  }

  #choice(depth: number): void {
    this.#line('if cond() {', 'if (cond()) {')
    this.#statements(depth + 1)
    if (this.#random(2) === 0) {
      this.#line('} else {', '} else {')
      this.#statements(depth + 1)
    }
    this.#line('}', '}')
  }

  #pick(depth: number): void {
    this.#line('match pick() {', 'switch (pick()) {')
    const arms = 1 + this.#random(3)
    for (let at = 0; at < arms; at++) {
      this.#line(`${at} => {`, `case ${at}: {`)
      this.#statements(depth + 1)
      this.#line('}', 'break }')
    }
    this.#line('_ => {', 'default: {')
    this.#statements(depth + 1)
    this.#line('} }', '} }')
  }

  #loop(depth: number, rust: string, typescript: string): void {
    const label = `l${this.#names++}`
    this.#line(`'${label}: ${rust}`, `${label}: ${typescript}`)
    this.#loops.push(label)
    this.#statements(depth + 1)
    this.#loops.pop()
    this.#line('}', '}')
  }

  #jump(): void {
    if (this.#loops.length === 0) return this.#line('if cond() { return; }', 'if (cond()) { return }')
    const label = this.#loops[this.#random(this.#loops.length)]!
    const word = this.#random(2) === 0 ? 'break' : 'continue'
    // Half of them are on one branch only.
    if (this.#unmoved || this.#random(2) === 0)
      this.#line(`if cond() { ${word} '${label}; }`, `if (cond()) { ${word} ${label} }`)
    else this.#line(`${word} '${label};`, `${word} ${label}`)
  }
}
