/**
 * Programs with each kind of nesting, and of sequences. Run as a program, this file compiles them all and prints the
 * outcomes. A stack overflow of the parser would end the process.
 */
import { isMainThread, Worker } from 'node:worker_threads'
import { transformFile } from '../transform.ts'

type Kinds = Readonly<Record<string, (levels: number) => string>>

const rep = (n: number, f: (i: number) => string): string => Array.from({ length: n }, (_, i) => f(i)).join('')

export const NESTED: Kinds = {
  parens: n => `x = ${'('.repeat(n)}1${')'.repeat(n)}`,
  arrays: n => `x = ${'['.repeat(n)}${']'.repeat(n)}`,
  objects: n => `x = ${'{a:'.repeat(n)}1${'}'.repeat(n)}`,
  blocks: n => `${'{'.repeat(n)}${'}'.repeat(n)}`,
  calls: n => `${'f('.repeat(n)}1${')'.repeat(n)}`,
  elseIf: n => `${rep(n, i => `if (n > ${i}) { g() } else `)}h()`,
  ifNoBraces: n => `${'if (n) '.repeat(n)}h()`,
  ternary: n => `x = ${rep(n, i => `n > ${i} ? ${i} : `)}0`,
  arrows: n => `x = ${'a => '.repeat(n)}1`,
  arrowsParen: n => `x = ${'(a) => '.repeat(n)}1`,
  unary: n => `x = ${'!'.repeat(n)}1`,
  typeof: n => `x = ${'typeof '.repeat(n)}1`,
  awaits: n => `async function f() { ${'await '.repeat(n)}1 }`,
  news: n => `x = ${'new '.repeat(n)}A`,
  assign: n => `${'x = '.repeat(n)}1`,
  plus: n => `x = ${'1 + '.repeat(n)}1`,
  and: n => `x = ${'a && '.repeat(n)}b`,
  nullish: n => `x = ${'a ?? '.repeat(n)}b`,
  pow: n => `x = ${'2 ** '.repeat(n)}2`,
  members: n => `x = a${'.b'.repeat(n)}`,
  chain: n => `x = a${'.b()'.repeat(n)}`,
  optional: n => `x = a${'?.b'.repeat(n)}`,
  index: n => `x = a${'[0]'.repeat(n)}`,
  indexIn: n => `x = ${'a['.repeat(n)}0${']'.repeat(n)}`,
  templates: n => `x = ${'`${'.repeat(n)}1${'}`'.repeat(n)}`,
  tagged: n => `x = a${'``'.repeat(n)}`,
  functions: n => `${'function f() {'.repeat(n)}${'}'.repeat(n)}`,
  classes: n => `${'class A { m() {'.repeat(n)}${'}}'.repeat(n)}`,
  labels: n => `${rep(n, i => `l${i}: `)}g()`,
  loops: n => `${'for (;;) '.repeat(n)}g()`,
  whiles: n => `${'while (1) '.repeat(n)}g()`,
  dos: n => `${'do '.repeat(n)}g()${'; while (0)'.repeat(n)}`,
  tries: n => `${'try {'.repeat(n)}${'} finally {}'.repeat(n)}`,
  typeArrays: n => `let x: number${'[]'.repeat(n)}`,
  typeParens: n => `let x: ${'('.repeat(n)}number${')'.repeat(n)}`,
  typeArgs: n => `let x: ${'A<'.repeat(n)}number${'>'.repeat(n)}`,
  typeFns: n => `let x: ${'() => '.repeat(n)}number`,
  typeConds: n => `type X<T> = ${rep(n, i => `T extends ${i} ? ${i} : `)}0`,
  typeObjects: n => `let x: ${'{a:'.repeat(n)}1${'}'.repeat(n)}`,
  keyof: n => `let x: ${'keyof '.repeat(n)}A`,
  asAs: n => `x = 1${' as A'.repeat(n)}`,
  nonNull: n => `x = a${'!'.repeat(n)}`,
  casts: n => `x = ${'<A>'.repeat(n)}1`,
  jsx: n => `x = ${'<a>'.repeat(n)}${'</a>'.repeat(n)}`,
  patterns: n => `let ${'['.repeat(n)}a${']'.repeat(n)} = b`,
  patternsObj: n => `let ${'{a:'.repeat(n)}b${'}'.repeat(n)} = c`,
  namespaces: n => `${'namespace A {'.repeat(n)}${'}'.repeat(n)}`,
  yields: n => `function* f() { ${'yield '.repeat(n)}1 }`,
  objectMethods: n => `x = ${'{ a() { return '.repeat(n)}1${'}}'.repeat(n)}`,
  classExpressions: n => `x = ${'class extends ('.repeat(n)}A${') {}'.repeat(n)}`,
  staticBlocks: n => `${'class A { static { '.repeat(n)}${'}}'.repeat(n)}`,
  asyncArrows: n => `x = ${'async () => { await '.repeat(n)}1${'}'.repeat(n)}`,
  generics: n => `x = ${'f<A>('.repeat(n)}1${')'.repeat(n)}`,
  elseIfOnLines: n => `${rep(n, i => `if (n > ${i})\n{ g() }\nelse\n`)}h()`,
  switches: n => `${'switch (1) { case 1: '.repeat(n)}${'}'.repeat(n)}`,
}

export const FLAT: Kinds = {
  comma: n => `x = (${'1, '.repeat(n)}1)`,
  decorators: n => `${'@a '.repeat(n)}class B {}`,
  regex: n => `x = /${'('.repeat(n)}${')'.repeat(n)}/`,
  statements: n => rep(n, i => `g(${i});\n`),
  switchArms: n => `switch (x) { ${rep(n, i => `case ${i}: g();`)} }`,
  imports: n => rep(n, i => `import a${i} from 'a';`),
  assignments: n => rep(n, i => `x = a + ${i}\n`),
  ifs: n => rep(n, i => `if (a < ${i}) { g() }\n`),
  ifsOnOneLine: n => rep(n, i => `if (a < ${i}) { g() } `),
  arrowsInARow: n => rep(n, i => `const f${i} = (a: Map<string, number>) => a.get('it\\'s') ?? ${i}\n`),
  members: n => `interface A { ${rep(n, i => `m${i}?: Array<string>\n`)} }`,
  fields: n => `class A { ${rep(n, i => `m${i} = new Map<string, number>()\n`)} }`,
  functions: n => rep(n, i => `function f${i}(a = 1): number { return a < 1 ? 2 : 3 }\n`),
  objectLiteral: n => `const o = { ${rep(n, i => `k${i}: [${i}, 'a'],\n`)} }`,
  unions: n => `type A = ${rep(n, i => `| 'a${i}'\n`)}`,
  regexps: n => rep(n, () => `g(a / 2, /[(/{]'/, 1)\n`),
}

const SIZES = [100, 1_000, 10_000, 100_000]

/** Compiles a text. Returns `whole`, `cut`, or the code of a refusal. */
export function outcomeOf(text: string): string {
  try {
    return transformFile('file:///a.ts', `import { thread } from 'fearless'\n${text}\n`) === undefined ? 'whole' : 'cut'
  } catch (error) {
    return String((error as { code?: string }).code ?? error)
  }
}

export interface Ending {
  readonly kind: string
  readonly size: number
  readonly outcome: string
}

if (import.meta.main && isMainThread && process.argv[2] === 'in a worker') {
  const worker = new Worker(import.meta.filename)
  worker.on('error', error => console.error(error))
} else if (import.meta.main || !isMainThread) {
  const all = Object.entries({
    ...NESTED,
    ...Object.fromEntries(Object.entries(FLAT).map(([kind, of]) => [`flat ${kind}`, of])),
  })
  for (const [kind, of] of all)
    for (const size of SIZES) {
      // The tree of a long sequence is large.
      if (kind.startsWith('flat') && size > 10_000) continue
      console.log(JSON.stringify({ kind, size, outcome: outcomeOf(of(size)) } satisfies Ending))
    }
}
