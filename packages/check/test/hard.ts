/**
 * Generates programs of a given size that are hard to check, each of one kind.
 */

const HEAD = `import { Mutex, drop, move, mpsc, thread, type Sender } from 'fearless'\n`
const MISTAKE = `export function mistaken(data: number[]): number {
  thread.spawn(move(() => data.length))
  return data.length
}
`
const list = (n: number, line: (i: number) => string): string => Array.from({ length: n }, (_, i) => line(i)).join('')
const nested = (n: number, before: (i: number) => string, inner: string, after: (i: number) => string): string =>
  list(n, before) + inner + list(n, i => after(n - 1 - i))
const run = (body: string, params = 'n: number'): string =>
  `${HEAD}export function run(${params}): void {\n${body}}\n${MISTAKE}`

/** Each program ends with one function that contains one mistake. */
export const HARD: Readonly<Record<string, { readonly size: number; of(n: number): string }>> = {
  'try inside try': {
    size: 60,
    of: n =>
      run(
        nested(
          n,
          () => 'try {\n',
          'if (n > 1) return\nconsole.log(n)\n',
          () => '} finally { console.log(n) }\n',
        ),
      ),
  },
  'try inside finally': {
    size: 14,
    of: n =>
      run(
        nested(
          n,
          () => 'try { console.log(n) } finally {\n',
          'console.log(n)\n',
          () => '}\n',
        ),
      ),
  },
  'try inside finally, with ways out': {
    size: 14,
    of: n =>
      run(
        `for (;;) {\n${nested(
          n,
          i =>
            `try { if (n > ${i}) return\nif (n < -${i}) break\nconsole.log(n) } catch { console.log(1) } finally {\n`,
          'console.log(n)\n',
          () => '}\n',
        )}}\n`,
      ),
  },
  'conditional moves of as many variables': {
    size: 300,
    of: n =>
      run(list(n, i => `const d${i} = [n]\n`) + list(n, i => `if (n > ${i}) thread.spawn(move(() => d${i}.length))\n`)),
  },
  'conditional moves of one variable': {
    size: 300,
    of: n => run(`let d = [n]\n${list(n, i => `if (n > ${i}) { thread.spawn(move(() => d.length)); d = [n] }\n`)}`),
  },
  'conditional drops of as many senders': {
    size: 300,
    of: n =>
      run(
        list(n, i => `const [t${i}, r${i}] = mpsc.channel<number>()\n`) +
          list(n, i => `if (n > ${i}) drop(t${i}); else console.log(r${i})\n`),
      ),
  },
  'nested ifs': {
    size: 300,
    of: n =>
      run(
        nested(
          n,
          i => `if (n > ${i}) {\n`,
          'console.log(n)\n',
          () => '}\n',
        ),
      ),
  },
  'nested blocks': {
    size: 300,
    of: n =>
      run(
        nested(
          n,
          i => `{ const a${i} = n\n`,
          'console.log(n)\n',
          () => '}\n',
        ),
      ),
  },
  statements: { size: 1500, of: n => run(list(n, i => `n += ${i}\n`)) },
  calls: {
    size: 1000,
    of: n =>
      `${HEAD}${list(n, i => `function f${i}(tx: Sender<number>): void { f${i + 1}(tx) }\n`)}function f${n}(tx: Sender<number>): void { drop(tx) }\nconst [tx, rx] = mpsc.channel<number>()\nf0(tx)\nconsole.log(rx)\n${MISTAKE}`,
  },
  'calls that each lock': {
    size: 300,
    of: n =>
      `${HEAD}${list(n, i => `const m${i} = new Mutex(0)\nfunction f${i}(): void { m${i}.update(v => v + 1).wait(); f${i + 1}() }\n`)}function f${n}(): void {}\nf0()\n${MISTAKE}`,
  },
  'loops in a row': {
    size: 500,
    of: n =>
      run(
        `let d = [n]\n${list(n, i => `for (let i = 0; i < ${i}; i++) { thread.spawn(move(() => d.length)); d = [i] }\n`)}`,
      ),
  },
  'loops in loops': {
    size: 150,
    of: n =>
      run(
        `let d = [n]\n${nested(
          n,
          i => `for (let i${i} = 0; i${i} < n; i${i}++) {\n`,
          'thread.spawn(move(() => d.length)); d = [n]\n',
          () => '}\n',
        )}`,
      ),
  },
  'labelled loops that leave each other': {
    size: 100,
    of: n =>
      run(
        nested(
          n,
          i => `a${i}: for (let i${i} = 0; i${i} < n; i${i}++) { try {\n`,
          list(n, i => `if (n === ${i}) break a${i}\n`),
          () => '} finally { console.log(n) } }\n',
        ),
      ),
  },
  sums: { size: 500, of: n => run(`console.log(${Array.from({ length: n }, () => 'n').join(' + ')})\n`) },
  'lists in lists': { size: 300, of: n => run(`console.log(${'['.repeat(n)}${']'.repeat(n)})\n`) },
  'conditions in conditions': {
    size: 300,
    of: n => run(`console.log(${list(n, i => `n > ${i} ? ${i} : `)}n)\n`),
  },
  'calls of calls': { size: 300, of: n => run(`console.log(${'String('.repeat(n)}n${')'.repeat(n)})\n`) },
  'guards in blocks': {
    size: 200,
    of: n =>
      `${HEAD}export function run(locks: Mutex<number>[]): void {\n${nested(
        n,
        i => `{ using g${i} = locks[${i}]!.lock().wait()\n`,
        '',
        i => `g${i}.value++ }\n`,
      )}}\n${MISTAKE}`,
  },
  'aliases of aliases': {
    size: 200,
    of: n =>
      run(`const d0 = [n]\n${list(n, i => `const d${i + 1} = d${i}\n`)}thread.spawn(move(() => d${n}.length))\n`),
  },
  'closures of one variable': {
    size: 500,
    of: n =>
      run(
        `const d = [n]\n${list(n, i => `const f${i} = () => d.length + ${i}\nif (n > ${i}) f${i}()\n`)}thread.spawn(move(() => d.length))\n`,
      ),
  },
  'closures of closures': {
    size: 150,
    of: n =>
      run(
        `const d = [n]\nconst f0 = () => d.length\n${list(n, i => `const f${i + 1} = () => f${i}()\n`)}f${n}()\nthread.spawn(move(() => d.length))\n`,
      ),
  },
  'functions in functions': {
    size: 200,
    of: n =>
      run(
        nested(
          n,
          i => `function f${i}(): void {\n`,
          'console.log(n)\n',
          i => `}\nf${i}()\n`,
        ),
      ),
  },
  'locks in a row': {
    size: 1000,
    of: n =>
      `${HEAD}${list(n, i => `const m${i} = new Mutex(${i})\n`)}export function run(): void {\n${list(n, i => `{ using g = m${i}.lock().wait(); g.value++ }\n`)}}\n${MISTAKE}`,
  },
  'channels in a row': {
    size: 500,
    of: n =>
      run(
        list(n, i => `const [t${i}, r${i}] = mpsc.channel<number>()\nt${i}.send(n)\nr${i}.recv().try()\ndrop(t${i})\n`),
      ),
  },
  'arms of a switch': {
    size: 1000,
    of: n =>
      run(`const d = [n]\nswitch (n) {\n${list(n, i => `case ${i}: thread.spawn(move(() => d.length)); break\n`)}}\n`),
  },
  'an object literal': {
    size: 2000,
    of: n => run(`const d = [n]\nconsole.log({\n${list(n, i => `k${i}: [d, ${i}],\n`)}})\n`),
  },
  'a chain of `&&`': {
    size: 400,
    of: n =>
      run(`const d = [n]\nif (${Array.from({ length: n }, (_, i) => `d.length > ${i}`).join(' && ')}) drop(d)\n`),
  },
  'deep types': {
    size: 80,
    of: n => `${HEAD}export type Deep = ${'{ a: ['.repeat(n)}number${'] }'.repeat(n)}\n${MISTAKE}`,
  },
  'templates in templates': { size: 200, of: n => run(`console.log(${'`a${'.repeat(n)}n${'}`'.repeat(n)})\n`) },
  'classes in classes': {
    size: 100,
    of: n =>
      run(
        nested(
          n,
          i => `class A${i} { static run(): void {\n`,
          'console.log(n)\n',
          i => `} }\nA${i}.run()\n`,
        ),
      ),
  },
  'a chain of `else if`': {
    size: 400,
    of: n => run(`const d = [n]\n${list(n, i => `if (n === ${i}) { drop(d) } else `)}console.log(d)\n`),
  },
}
