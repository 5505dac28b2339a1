/**
 * F1003: the result of a call is lost, and it does nothing by itself.
 *
 * The library's methods are known by the table, the functions of a program by their types. A result is followed through
 * `&&`, `?:` and `,`, out of a callback whose caller ignores its result, and into a variable that is never read.
 */
import { callAround, memberName, type Node } from '@fearless/compiler/analysis'
import { destinationOf, type Destination } from '../flow/fate.ts'
import type { FileInfo } from '../file-info.ts'
import type { Finding, Help } from '../report/diagnostic.ts'
import type { Rule } from './rule.ts'
import { closureHeadOf, label } from './words.ts'

/** The reason why the result has no effect, and the repair, by class. */
const IDLE: Readonly<Record<string, readonly [nothing: string, help: string]>> = {
  ParIter: [
    'nothing runs until its result is waited for',
    'end it with `collect()`, `forEach(...)` or another step that gives a `Wait`, and `await` that',
  ],
  FileSource: [
    'nothing is read until it is iterated',
    'give it to `parIter(...)`, and end that with a step that gives a `Wait`; or iterate it with `for`',
  ],
  Range: ['nothing runs over it', 'give it to `parIter(...)`, and end that with a step that gives a `Wait`'],
  Builder: ['no thread is started', 'start it: `thread.builder({ ... }).spawn(f)`'],
  PoolBuilder: ['no thread is started', 'start it: `pool.builder({ ... }).run(f)`'],
  Timer: ['nothing waits for it', 'wait for its `recv()`; to let time pass, `await sleep(ms)`'],
  IterableIterator: [
    'nothing is received until it is iterated',
    'receive the available messages: `for (const message of rx.tryIter())`',
  ],
  ReadableStream: [
    'nothing is received until it is read',
    'read it: `for await (const message of rx.stream())`, or pipe it',
  ],
  closure: ['the function is never called', 'give it to `thread.spawn(...)`, or call it'],
}
/**
 * Classes that do nothing until a program waits for them. A `JoinHandle` is not among them: dropping it detaches the
 * thread.
 */
const RECIPES = new Set(['Wait', 'ParIter'])

/** `wait`, `handle`, or a class of `IDLE`. */
type Unused = string

export const unused: Rule = {
  code: 'F1003',
  severity: 'error',
  title: 'a `Wait` that is never waited for, or another object that does nothing by itself',
  page: `A \`Wait\` has not begun: \`m.lock()\`, \`rx.recv()\`, \`sleep(10)\` do nothing until they are waited for, and a bounded
\`tx.send(x)\` sends nothing. The same is true of the steps of a parallel iterator before the last (\`parIter(xs).map(f)\`), a timer, a thread's
builder and a \`move\` closure. A callback whose caller ignores its result (\`forEach\`, \`on\`, \`setTimeout\`) drops it as a
statement does, and so do \`void\`, \`&&\` and a variable that is never read. A clone of a sender that is never used is still
alive, and keeps its channel open for ever. Dropping a \`JoinHandle\` is accepted: it detaches the thread.

Refused:

\`\`\`ts
import { sleep } from 'fearless'
sleep(100)
console.log('too early')
\`\`\`

Way out: wait, in one of the four ways: \`await\`, \`.wait()\`, \`.try()\`, \`.within(ms)\`.

\`\`\`ts
import { drop, mpsc, sleep } from 'fearless'
await sleep(100)
const [tx, rx] = mpsc.channel<number>(2)
for (const n of [1, 2]) await tx.send(n)
drop(tx)
for await (const n of rx) console.log(n)
\`\`\`

Way out: wait inside of the callback.

\`\`\`ts
import { Mutex } from 'fearless'
const ticks = new Mutex(0)
setTimeout(async () => {
  await ticks.update(n => n + 1)
}, 10)
\`\`\`

Way out: give it to a function that waits.

\`\`\`ts
import { select, sleep, thread } from 'fearless'
const worker = thread.spawn(() => 1)
console.log(await select({ late: sleep(100), done: worker }))
\`\`\`
`,

  *file({ file }) {
    for (const { node: call } of file.scopes.calls) {
      const fate = destinationOf(call)
      if (fate.kind === 'used' || (fate.kind === 'named' && !file.isUnread(fate.id))) continue
      const what = unusedBy(file, call)
      if (what === undefined || (what === 'handle' && fate.kind !== 'dropped')) continue
      if (fate.kind === 'returned' && !isIgnored(file, fate.literal)) continue
      yield finding(file, call, fate, what)
    }
  },
}

function unusedBy(file: FileInfo, call: Node): Unused | undefined {
  const row = file.operationOf(call)
  if (row?.waits) return 'wait'
  if (row?.handle) return 'handle'
  if (row !== undefined) return typeof row.gives === 'string' && row.gives in IDLE ? row.gives : undefined
  const gives = file.calleeOf(call)?.gives()
  return gives === undefined || !RECIPES.has(gives) ? undefined : gives === 'ParIter' ? gives : 'wait'
}

/**
 * Whether the caller of a callback ignores its result. `promise.finally(f)` waits for it, although its type is `void`.
 */
function isIgnored(file: FileInfo, literal: Node): boolean {
  const callee = callAround(literal)?.callee
  if (callee?.type === 'MemberExpression' && memberName(callee) === 'finally') return false
  return file.isCalledForNothing(literal)
}

function finding(file: FileInfo, call: Node, fate: Destination, what: Unused): Finding {
  if (what === 'handle')
    return {
      message: 'unused handle',
      at: label(call, 'this handle is alive, and no code uses it'),
      help: { text: 'keep it and use it, or remove the call' },
    }
  const message =
    what === 'wait' || what === 'ParIter'
      ? `unused \`${what === 'wait' ? 'Wait' : what}\` that must be waited for`
      : `unused ${what === 'closure' ? what : `\`${what}\``} that does nothing by itself`
  const nothing = IDLE[what]?.[0] ?? 'nothing happens until this is waited for'
  switch (fate.kind) {
    case 'returned':
      return {
        message,
        at: label(call, nothing),
        also: [label(closureHeadOf(file, fate.literal), 'the caller of this function ignores its result')],
        help: {
          text:
            IDLE[what]?.[1] ??
            'wait for it inside: `async () => { await ... }`, or `.wait()` in a thread; a `for` loop instead of `forEach` may `await`',
        },
      }
    case 'tested':
      return {
        message,
        at: label(call, `this is always an object, and ${nothing}`),
        help: waiting(call, what),
      }
    case 'named':
      return {
        message,
        at: label(call, nothing),
        also: [label(fate.id, `\`${fate.id.name}\` is never read`)],
        help: waiting(call, what),
      }
    default:
      return { message, at: label(call, nothing), help: waiting(call, what) }
  }
}

function waiting({ start }: Node, what: Unused): Help {
  if (IDLE[what] !== undefined) return { text: IDLE[what][1] }
  return {
    text: 'wait for it: `await` it, or `.wait()`; if it should not happen, remove it',
    edits: [{ start, end: start, text: 'await ' }],
  }
}
