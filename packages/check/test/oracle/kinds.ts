/** The data of random programs: for each kind, the expressions that create, read and modify a value, and its parts. */

export interface Kind {
  readonly name: string
  readonly type: string
  /** Returns an expression for a new value, from a number. */
  readonly make: (k: number) => string
  /** Statements that modify the value of an expression. `k` occurs once in a program. */
  readonly writes: readonly ((e: string, k: number) => string)[]
  /** The indices of the commutative ones: their order does not change any read. */
  readonly adds: readonly number[]
  /** Expressions with a number as their value. */
  readonly reads: readonly ((e: string) => string)[]
  /** The parts of a value: the path to each, and its kind. */
  readonly parts: readonly (readonly [path: string, kind: string])[]
  /** Patterns that bind a part to a name: the text before the name, and the text after it. */
  readonly patterns: readonly (readonly [before: string, after: string])[]
}

const kinds: readonly Kind[] = [
  {
    name: 'List',
    type: 'number[]',
    make: k => `[${k}, ${k + 1}]`,
    writes: [
      (e, k) => `${e}.push(${k})`,
      (e, k) => `${e}[${e}.length] = ${k}`,
      (e, k) => `${e}.splice(${e}.length, 0, ${k})`,
      (e, k) => `${e}[1] = ${k}`,
      (e, k) => `;[${e}[1]] = [${k}]`,
      (e, k) => `Object.assign(${e}, [${k}])`,
      (e, k) => `${e}.fill(${k})`,
      (e, k) => `${e}.unshift(${k})`,
    ],
    adds: [0, 1, 2],
    reads: [
      e => `${e}.length`,
      e => `${e}[0]!`,
      e => `${e}.reduce((a, b) => a + b, 0)`,
      e => `[...${e}].length`,
      e => `JSON.stringify(${e}).length`,
      e => `Math.max(...${e})`,
    ],
    parts: [],
    patterns: [],
  },
  {
    name: 'Rec',
    type: 'Rec',
    make: k => `{ n: ${k}, tags: [${k}] }`,
    writes: [
      (e, k) => `${e}.n += ${k}`,
      (e, k) => `${e}.tags.push(${k})`,
      (e, k) => `${e}['n'] -= ${k}`,
      (e, k) => `${e}.n = ${k}`,
      (e, k) => `Object.assign(${e}, { n: ${k} })`,
      // The semicolon is needed, because before a block TypeScript 7.0 parses this as the parameters of an arrow
      // function.
      (e, k) => `;({ n: ${e}.n } = { n: ${k} });`,
      (e, k) => `Reflect.set(${e}, 'n', ${k})`,
    ],
    adds: [0, 1, 2],
    reads: [
      e => `${e}.n`,
      e => `${e}.tags.length`,
      e => `JSON.stringify(${e}).length`,
      e => `Object.entries(${e}).length`,
    ],
    parts: [['.tags', 'List']],
    patterns: [['{ tags: ', ' }']],
  },
  {
    name: 'Table',
    type: 'Table',
    make: k => `{ id: ${k}, inner: { n: ${k}, tags: [${k}] }, rows: [[${k}], [${k}, 0]] }`,
    writes: [
      (e, k) => `${e}.id += ${k}`,
      (e, k) => `${e}.inner.n += ${k}`,
      (e, k) => `${e}.rows[0]!.push(${k})`,
      (e, k) => `${e}.inner.tags.push(${k})`,
      (e, k) => `for (const row of ${e}.rows) row.push(${k})`,
    ],
    adds: [0, 1, 2, 3, 4],
    reads: [
      e => `${e}.id`,
      e => `${e}.inner.n`,
      e => `${e}.rows[0]!.length`,
      e => `${e}.rows.flat().reduce((a, b) => a + b, 0)`,
      e => `JSON.stringify(${e}).length`,
    ],
    parts: [
      ['.inner', 'Rec'],
      ['.rows', 'Lists'],
    ],
    patterns: [
      ['{ inner: ', ' }'],
      ['{ rows: ', ' }'],
    ],
  },
  {
    name: 'Lists',
    type: 'number[][]',
    make: k => `[[${k}], [${k}, 1]]`,
    writes: [
      (e, k) => `${e}[0]!.push(${k})`,
      (e, k) => `${e}.at(-1)!.push(${k})`,
      (e, k) => `${e}.push([${k}])`,
      (e, k) => `${e}.forEach(row => { row.push(${k}) })`,
    ],
    adds: [0, 2],
    reads: [e => `${e}.length`, e => `${e}.flat().reduce((a, b) => a + b, 0)`, e => `${e}[0]!.length`],
    parts: [
      ['[0]!', 'List'],
      ['[1]!', 'List'],
    ],
    patterns: [],
  },
  {
    name: 'Names',
    type: 'Map<string, number>',
    make: k => `new Map([['a', ${k}]])`,
    writes: [(e, k) => `${e}.set('k${k}', ${k})`, (e, k) => `${e}.set('a', ${k})`, e => `${e}.delete('a')`],
    adds: [0],
    reads: [e => `${e}.size`, e => `(${e}.get('a') ?? -1)`, e => `[...${e}.values()].reduce((a, b) => a + b, 0)`],
    parts: [],
    patterns: [],
  },
  {
    name: 'Groups',
    type: 'Map<string, number[]>',
    make: k => `new Map([['a', [${k}]], ['b', []]])`,
    writes: [
      (e, k) => `${e}.get('a')!.push(${k})`,
      (e, k) => `${e}.set('k${k}', [${k}])`,
      (e, k) => `for (const list of ${e}.values()) list.push(${k})`,
    ],
    adds: [0, 1],
    reads: [e => `${e}.size`, e => `${e}.get('a')!.length`, e => `[...${e}.values()].flat().length`],
    parts: [
      [`.get('a')!`, 'List'],
      [`.get('b')!`, 'List'],
    ],
    patterns: [],
  },
  {
    name: 'Seen',
    type: 'Set<number>',
    make: k => `new Set([${k}])`,
    writes: [(e, k) => `${e}.add(${k})`, e => `${e}.clear()`],
    adds: [0],
    reads: [e => `${e}.size`, e => `[...${e}].length`, e => `Math.max(0, ...${e})`],
    parts: [],
    patterns: [],
  },
  {
    name: 'Day',
    type: 'Date',
    make: k => `new Date(${k})`,
    writes: [(e, k) => `${e}.setTime(${k})`, (e, k) => `${e}.setTime(${e}.getTime() + ${k})`],
    adds: [1],
    reads: [e => `${e}.getTime()`, e => `Number(${e})`, e => `${e}.valueOf()`],
    parts: [],
    patterns: [],
  },
  {
    name: 'Cells',
    type: 'Int32Array<ArrayBuffer>',
    make: k => `new Int32Array([${k}, 0, 1])`,
    writes: [
      (e, k) => `${e}[1]! += ${k}`,
      (e, k) => `${e}[0] = ${k}`,
      (e, k) => `${e}.fill(${k})`,
      (e, k) => `${e}.set([${k}], 2)`,
      (e, k) => `${e}.subarray(1).fill(${k})`,
    ],
    adds: [0],
    reads: [e => `${e}[0]!`, e => `${e}.length`, e => `${e}.reduce((a, b) => a + b, 0)`],
    parts: [],
    patterns: [],
  },
]

export const KINDS: ReadonlyMap<string, Kind> = new Map(kinds.map(kind => [kind.name, kind]))

/** The types of the kinds, for the head of a file. */
export const TYPES = `export interface Rec { n: number; tags: number[] }
export interface Table { id: number; inner: Rec; rows: number[][] }
`

/** The functions and classes of another file through which programs move, keep and modify values. */
export const HELPERS = `import { type Sender } from 'fearless'
${TYPES}
export class Holder<T> {
  readonly item: T
  constructor(item: T) { this.item = item }
  get(): T { return this.item }
}
export function same<T>(value: T): T { return value }
export function* each<T>(value: T): Generator<T> { while (true) yield value }
${kinds
  .map(
    ({
      name,
      type,
      writes,
    }) => `export function give${name}(tx: Sender<${type}>, value: ${type}): void { tx.send(value) }
export class ${name}Queue {
  readonly #tx: Sender<${type}>
  constructor(tx: Sender<${type}>) { this.#tx = tx }
  add(value: ${type}): void { this.#tx.send(value) }
}
export function change${name}(value: ${type}): void { ${writes[0]!('value', 77)} }
export class ${name}Changer {
  change(value: ${type}): void { const inner = value; ${writes[0]!('inner', 78)} }
  static change(value: ${type}): void { change${name}(value) }
}
`,
  )
  .join('')}`
