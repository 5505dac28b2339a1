import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompileError } from './errors.ts'
import { transform } from '../index.ts'

const HEAD = `import { closure, move, parIter, thread, threadLocal, Arc, Mutex } from 'fearless'\n`
const URL_ = 'file:///app/main.ts'

function refusal(program: string, entry?: string): CompileError {
  try {
    transform(URL_, HEAD + program, entry === undefined ? {} : { entries: new Set([entry]) })
  } catch (error) {
    if (error instanceof CompileError) return error
    throw error
  }
  return assert.fail('it was not refused')
}

/** Asserts a refusal that points to the text `at`, its `nth` occurrence from 0. */
function refuses(name: string, code: string, program: string, at: string, nth = 0, help?: RegExp): void {
  test(`${code}: refuses ${name}`, { timeout: 5_000 }, () => {
    const { diagnostics, message } = refusal(program)
    const source = HEAD + program
    let offset = -1
    for (let i = 0; i <= nth; i++) offset = source.indexOf(at, offset + 1)
    const before = source.slice(0, offset).split('\n')
    const [{ line, column, ...rest }] = diagnostics as [(typeof diagnostics)[0]]
    assert.deepEqual(
      { codes: diagnostics.map(({ code }) => code), line, column },
      { codes: [code], line: before.length, column: before.at(-1)!.length + 1 },
      message,
    )
    assert.match(message, new RegExp(`^error\\[${code}\\]: `))
    assert.match(message, / = help: /)
    if (help) assert.match(rest.help, help)
  })
}

function allows(name: string, program: string): void {
  test(`allows ${name}`, { timeout: 5_000 }, () => {
    assert.ok(transform(URL_, HEAD + program))
  })
}

test('a refusal is reported with its frame and help', { timeout: 5_000 }, () => {
  const { message, code, stack, diagnostics } = refusal(`
async function main() {
  const data = [1, 2, 3]
\tawait thread.spawn(() => data.length).join()
}
`)
  assert.equal(
    message,
    `error[F0373]: closure may outlive the current function, but it borrows \`data\`, which is owned by the current function
 --> /app/main.ts:5:21
  |
4 |   const data = [1, 2, 3]
  |         ---- \`data\` is declared here
5 |     await thread.spawn(() => data.length).join()
  |                        ^^^^^ ---- \`data\` is borrowed here
  |                        |
  |                        may outlive borrowed value \`data\`
  |
  = help: to give the thread ownership of \`data\`, wrap the closure: \`move(() => ...)\``,
  )
  assert.equal(code, 'F0373')
  assert.equal(stack, `${message}\n    at /app/main.ts:5:21`)
  assert.deepEqual(
    diagnostics.map(({ file, line, column }) => ({ file, line, column })),
    [{ file: '/app/main.ts', line: 5, column: 21 }],
  )
})

test('all refusals of a file are reported in order and once each', { timeout: 5_000 }, () => {
  const { diagnostics } = refusal(`function f(a: number, b: number) {
  thread.spawn(() => a + b + a)
  thread.spawn(function* () {})
}`)
  assert.deepEqual(
    diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`),
    ['F0373 3:16', 'FL1002 4:16'],
  )
})

refuses('a local without move', 'F0373', `function f(a: number) { thread.spawn(() => [1, a]) }`, '() =>', 0, /move\(/)
refuses(
  'a local used by a local function',
  'F0373',
  `function f(a: number) { const g = () => a; thread.spawn(() => g()) }`,
  '() => g()',
)
refuses('an impure module constant', 'F0373', `const started = Date.now()\nthread.spawn(() => started)`, '() =>')
refuses(
  'a module function that uses an impure module constant',
  'F0373',
  `const started = Date.now()\nfunction work() { return started }\nthread.spawn(() => work())`,
  '() => work',
)
refuses(
  'a named function that uses an impure module constant',
  'F0373',
  `const started = Date.now()\nfunction work() { return started }\nthread.spawn(work)`,
  'work',
  1,
)
refuses(
  'a local in a closure of a thread builder',
  'F0373',
  `function f(a: number) { const b = thread.builder({ name: 'x' }); b.spawn(() => a) }`,
  '() =>',
)
refuses(
  'a local in an inner closure',
  'F0373',
  `function f(a: number) { thread.spawn(move(() => { thread.spawn(() => a) })) }`,
  '() => a)',
)
allows('a pure module constant', `const limits = { a: [1] }\nthread.spawn(() => limits.a)`)
allows(
  'borrowing closures',
  `function f(a: number) { return [parIter([1]).map(x => x + a), closure(() => a), thread.scope(s => { s.spawn(() => a) })] }`,
)

refuses('this', 'F1007', `class A { x = 1; m() { thread.spawn(() => this.x) } }`, 'this')
refuses('this in a field', 'F1007', `class A { x = thread.spawn(move(() => this)) }`, 'this')
refuses(
  'this in a local function',
  'F1007',
  `class A { m() { const g = () => this; thread.spawn(() => g()) } }`,
  'this',
)
refuses('super', 'F1007', `class A { m() { thread.spawn(() => super.toString()) } }`, 'super')
refuses('arguments', 'F1007', `function f() { thread.spawn(() => arguments.length) }`, 'arguments', 0, /\.\.\.args/)
refuses('new.target', 'F1007', `function f() { thread.spawn(() => new.target) }`, 'new.target')
allows(
  'its own this and arguments',
  `thread.spawn(() => { class B { x = this; m() { return [this, super.toString] } }; function g(this: B) { return [this, arguments, new.target] } return [B, g] })`,
)

refuses('a generator', 'FL1002', `thread.spawn(function* () { yield 1 })`, 'function*')
refuses('a generator by name', 'FL1002', `function* g() { yield 1 }\nthread.spawn(g)`, 'g)')
refuses('assignment', 'F0594', `function f() { let n = 0; thread.spawn(move(() => { n = 1 })) }`, 'n = 1')
refuses('increment', 'F0594', `function f() { let n = 0; parIter([1]).forEach(() => { n++ }) }`, 'n++')
refuses(
  'destructuring',
  'F0594',
  `function f() { let n = 0; thread.spawn(move(() => { [{ n }] = [{ n: 1 }] })) }`,
  'n }] =',
)
refuses(
  'a loop variable outside of the closure',
  'F0594',
  `function f() { let n = 0; thread.spawn(move(() => { for (n of [1]); })) }`,
  'n of',
)
refuses(
  'an assignment in a local function',
  'F0594',
  `function f() { let n = 0; const g = () => { n += 1 }; thread.spawn(move(() => g())) }`,
  'n +=',
)
refuses('an assignment to a module variable', 'F0594', `let n = 0\nthread.spawn(() => { n += 1 })`, 'n += 1')
refuses('a reassigned module variable', 'F1006', `let n = 0\nn = 1\nthread.spawn(move(() => n))`, 'n))')
refuses(
  'a reassigned module variable used by a function',
  'F1006',
  `let n = 0\nfunction next() { return ++n }\nthread.spawn(() => next())`,
  'n }',
)
refuses('a reassigned variable of a pattern', 'F1006', `let [n] = [0];\n[n] = [1]\nthread.spawn(move(() => n))`, 'n))')
refuses(
  'a Map that a function fills',
  'F1006',
  `const cache = new Map()\nfunction f(k: string) { cache.set(k, 1) }\nthread.spawn(move(() => f('a')))`,
  'cache.',
  0,
  /threadLocal/,
)
refuses(
  'an array that the closure fills',
  'F1006',
  `const list: number[] = []\nthread.spawn(move(() => list.push(1)))\nconsole.log(list)`,
  'list.push',
)
refuses(
  'an array that closures in a loop fill',
  'F1006',
  `const list: number[] = []\nfor (const i of [1]) thread.spawn(move(() => list.push(i)))`,
  'list.push',
)
refuses(
  'an object that a function changes',
  'F1006',
  `const o = { a: { b: 1 } }\nconst set = () => { o.a.b++ }\nthread.spawn(() => o.a)\nset()`,
  'o.a)',
)
refuses(
  'an object changed by delete and Object.assign',
  'F1006',
  `const o: any = { a: 1 }\nexport function f() { delete o.a; Object.assign(o, {}) }\nthread.spawn(move(() => o.a))`,
  'o.a))',
)
refuses(
  'a static property that a constructor changes',
  'F1006',
  `class Id { static next = 0; id = Id.next++ }\nthread.spawn(() => new Id())`,
  'Id()',
)
refuses(
  'an array that the module fills, without move',
  'F1006',
  `const list: number[] = []\nlist.push(1)\nthread.spawn(() => list.length)`,
  'list.length',
  0,
  /move/,
)
allows(
  'methods that change nothing',
  `const list = [1]\nconst m = new Map([[1, 2]])\nexport const f = () => list.map(x => x)\nthread.spawn(() => [list.length, m.get(1), list.slice()])`,
)
refuses('a namespace', 'FL1006', `namespace N { export const x = 1 }\nthread.spawn(() => N.x)`, 'N.x')
refuses(
  'a class with decorators',
  'FL1007',
  `const d: any = () => {}\n@d class A {}\nthread.spawn(() => new A())`,
  'A())',
)
refuses(
  'a class with a static block',
  'FL1007',
  `class A { static { console.log(1) } }\nthread.spawn(() => new A())`,
  'A())',
  0,
  /import it/,
)
refuses(
  'a class with an impure static field',
  'FL1007',
  `class A { static t = Date.now() }\nfunction f() { return A.t }\nthread.spawn(() => f())`,
  'A.t',
)
refuses(
  'two variables of one name',
  'FL1008',
  `const k = Math.random()\nfunction f() { return k }\nfunction main(k: number) { thread.spawn(move(() => [k, f()])) }`,
  'k }',
)
refuses(
  'a name that refers to another variable at the spawn',
  'FL1008',
  `const k = Math.random()\nfunction f() { return k }\nfunction main(k: number) { thread.spawn(move(() => f())) }`,
  'f())',
)
refuses('a method', 'FL1009', `const o = { m() {} }\nthread.spawn(o.m)`, 'o.m', 0, /\(\) => /)
refuses('a method of this', 'FL1009', `class A { m() { thread.spawn(this.m) } }`, 'this.m')
refuses('direct eval', 'FL1010', `thread.spawn(() => eval('1'))`, 'eval')
refuses('direct eval in a function', 'FL1010', `const f = () => eval('1')\nthread.spawn(() => f())`, 'eval')
allows('indirect eval', `thread.spawn(() => globalThis.eval('1'))`)
refuses(
  'a conditional expression',
  'FL1011',
  `const f = () => 1, g = () => 2\nthread.spawn(Math.random() > 0.5 ? f : g)`,
  'Math',
)
refuses('the result of a call', 'FL1011', `const make = () => () => 1\nthread.spawn(make())`, 'make()', 0, /closure\(/)
refuses('a variable that is assigned to again', 'FL1011', `let f = () => 1\nf = () => 2\nthread.spawn(f)`, 'f)')
allows(
  'a closure that was marked elsewhere',
  `function go(f: () => number) { return thread.spawn(f) }\nconst job = closure(() => 1)\nthread.spawn(job)\ngo(job)`,
)
allows(
  'functions that are not imported from fearless',
  `const other = { spawn(f: () => void) { f() } }\nfunction f(this: any, a: number) { other.spawn(() => this.x + a); { const thread = other; thread.spawn(() => a) } }\nclosure(() => 1)\nvoid f`,
)

refuses('a global that only pages have', 'F1009', `thread.spawn(() => document.title)`, 'document')
refuses(
  'a page-only global used by a function',
  'F1009',
  `const f = () => alert('no')\nthread.spawn(() => f())`,
  'alert',
)
allows(
  'a page-only global that is tested with typeof',
  `thread.spawn(() => (typeof document === 'undefined' ? '' : document.title))`,
)
allows(
  'a page-only global that is allowed by a comment',
  `// fearless-allow F1009: it is there\nthread.spawn(() => document.title)`,
)
allows(
  'a page-only global that is allowed on its line',
  `thread.spawn(() => document.title) // fearless-allow F1005, F1009: it is`,
)
allows('a variable with the name of a page-only global', `const alert = () => 1\nthread.spawn(() => alert())`)

test('F1009: a suppression of another code or without a reason allows nothing', { timeout: 5_000 }, () => {
  for (const comment of ['fearless-allow F1005: why', 'fearless-allow F1009', 'fearless-allow F1009:'])
    assert.equal(refusal(`// ${comment}\nthread.spawn(() => document.title)`).code, 'F1009')
})

test('F1009: a global that the runtime has is allowed', { timeout: 5_000 }, () => {
  const program = HEAD + `thread.spawn(() => localStorage.length)`
  assert.throws(() => transform(URL_, program, { globals: {} }), { code: 'F1009' })
  assert.ok(transform(URL_, program, { globals: { localStorage: undefined } }))
})

test('FL2001: refuses an import of the entry of the program', { timeout: 5_000 }, () => {
  const program = `import { helper } from './start.ts'\nimport type { T } from './start.ts'\nfunction f() { return helper() }\nthread.spawn(() => f() as T)`
  assert.deepEqual(
    refusal(program, 'file:///app/start.ts').diagnostics.map(({ code, line, column }) => [code, line, column]),
    [['FL2001', 2, 24]],
  )
  assert.ok(transform(URL_, HEAD + program, { entries: new Set(['file:///app/other.ts']) }))
  assert.ok(
    transform(URL_, HEAD + `import { helper } from './start.ts'\nhelper()\nthread.spawn(() => 1)`, {
      entries: new Set(['file:///app/start.ts']),
    }),
  )
})

test('positions are right with CRLF, tabs, a byte order mark and astral characters', { timeout: 5_000 }, () => {
  assert.throws(
    () =>
      transform(
        URL_,
        `\ufeff${HEAD.replace('\n', '\r\n')}function f(a) {\r\n\tconst s = '😀'; thread.spawn(() => a)\r\n}`,
      ),
    ({ diagnostics: [first] }: CompileError) => first.line === 3 && first.column === 31,
  )
})
