/**
 * F1003: something is made that does nothing unless it is used.
 */
import { unwrap, type Node } from '@fearless/compiler/analysis'
import type { FileModel } from '../model.ts'
import type { Rule } from './rule.ts'
import { label } from './words.ts'

/** Methods and functions whose result is a `Wait`: a recipe that nobody has carried out yet. */
export const WAITS: ReadonlySet<string> = new Set(
  Object.entries({
    Mutex: 'lock update with',
    ReentrantMutex: 'lock',
    RwLock: 'read write upgradableRead update with',
    UpgradableGuard: 'upgrade',
    Condvar: 'until',
    Barrier: 'arrive',
    WaitGroup: 'finished',
    Semaphore: 'acquire',
    Once: 'callOnce callOnceForce completed',
    OnceLock: 'getOrInit set filled',
    LazyLock: 'force',
    ConcurrentMap: 'get has set update remove getOrInsert entries clear',
    Receiver: 'recv recvMany',
    SharedReceiver: 'recv recvMany',
    OneshotReceiver: 'recv',
    BroadcastReceiver: 'recv',
    Timer: 'recv',
    SyncSender: 'send reserve',
    OneshotSender: 'closed',
    WatchSender: 'closed',
    WatchReceiver: 'changed',
    JoinHandle: 'join',
    TaskHandle: 'join',
    JoinSet: 'joinNext',
    Wait: 'within',
    ParIter: 'all any collect count find findAny forEach max maxBy min minBy reduce sum',
  }).flatMap(([owner, methods]) => methods.split(' ').map(method => `${owner}.${method}`)),
)
export const WAITING: ReadonlySet<string> = new Set([
  'sleep',
  'select',
  'select.biased',
  'par.join',
  'thread.park',
  'thread.sleep',
  'thread.yieldNow',
  'task.sleep',
  'task.yieldNow',
])
const HANDLES =
  /^(?:(?:Sender|SyncSender|SharedReceiver|WatchReceiver|BroadcastSender|WaitGroup)\.clone|(?:WatchSender|BroadcastSender)\.subscribe)$/

export const unused: Rule = {
  code: 'F1003',
  severity: 'warning',
  title: 'a `Wait` that nobody waits for, or a handle that nobody uses',
  page: `A \`Wait\` is a recipe: \`m.lock()\`, \`rx.recv()\`, \`sleep(10)\` do nothing until somebody waits. A clone of a sender that
nobody keeps is alive all the same, and keeps its channel open for ever.

Refused:

\`\`\`ts
import { sleep } from 'fearless'
sleep(100)
console.log('too early')
\`\`\`

Way out: wait, in one of the four ways: \`await\`, \`.wait()\`, \`.try()\`, \`.within(ms)\`.

\`\`\`ts
import { sleep } from 'fearless'
await sleep(100)
console.log('in time')
\`\`\`

Way out: give it to somebody who waits.

\`\`\`ts
import { select, sleep, thread } from 'fearless'
const worker = thread.spawn(() => 1)
console.log(await select({ late: sleep(100), done: worker.join() }))
\`\`\`
`,

  *file({ file }) {
    for (const { node: call } of file.scopes.calls) {
      const statement = statementAround(call)
      if (statement === undefined) continue
      const what = unusedBy(file, call)
      if (what === undefined) continue
      const start = call.start
      yield {
        message: `unused ${what === 'wait' ? '`Wait` that must be waited for' : 'handle'}`,
        at: label(
          call,
          what === 'wait' ? 'nothing happens until this is waited for' : 'this is alive, and nobody has it',
        ),
        help:
          what === 'wait'
            ? {
                text: 'wait for it: `await` it, or `.wait()`; if it should not happen, remove it',
                edits: [{ start, end: start, text: 'await ' }],
              }
            : { text: 'keep it and use it, or remove the call' },
      }
    }
  },
}

function unusedBy(file: FileModel, call: Node): 'wait' | 'handle' | undefined {
  const path = file.pathOf(call.callee)
  if (path !== undefined) return path === 'Arc.clone' ? 'handle' : WAITING.has(path) ? 'wait' : undefined
  const method = file.methodOf(call)
  return method === undefined ? undefined : WAITS.has(method) ? 'wait' : HANDLES.test(method) ? 'handle' : undefined
}

/** The statement that a call is all of. */
function statementAround(call: Node): Node | undefined {
  let at: Node | undefined = call.parent
  while (at !== undefined && unwrap(at) !== at) at = at.parent
  return at?.type === 'ExpressionStatement' ? at : undefined
}
