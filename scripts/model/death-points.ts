/**
 * Inserts `deathPoint()` where V8 can terminate a thread inside the core: at the entry of functions that the binary
 * calls, and at loop heads.
 */
import MagicString from 'magic-string'
import { children, parse, type Node } from '../../packages/compiler/src/syntax/syntax.ts'

/** The functions that the binary calls. All others are inlined into their callers. */
export const CALLED_FUNCTIONS: ReadonlySet<string> = new Set([
  'alloc/allocate',
  'alloc/batch',
  'alloc/carve',
  'alloc/detachSpan',
  'alloc/fill',
  'alloc/moveFree',
  'alloc/refill',
  'alloc/free',
  'alloc/returnBlock',
  'alloc/returnCaches',
  'alloc/spill',
  'alloc/allocateOfClass',
  'alloc/takePages',
  'broadcast/unpinBroadcast',
  'channel-handles/closeReceiving',
  'channel-handles/wakeAllQueues',
  'channel-push/pushed',
  'channel-push/room',
  'channel-take/advance',
  'channel-take/countTaken',
  'channel-take/endTurn',
  'channel-take/takeTurn',
  'channel/newChannel',
  'channel/newSegment',
  'handles/freeHandle',
  'handles/newHandle',
  'mutex/mutexUnlock',
  'once/endClaim',
  'once/giveUp',
  'pages/linkRun',
  'pages/returnRun',
  'pages/takeRun',
  'pages/unlinkRun',
  'rendezvous/meet',
  'run-queue/mendPool',
  'run-queue/popThread',
  'rw-lock/anyReader',
  'rw-lock/wakeAdmitted',
  'rw-lock/stepBack',
  'rw-lock/takeSeat',
  'semaphore/serve',
  'table/tableOf',
  'wait-group/leaveGroup',
  'wait-queue/registerWaiter',
  'wait-queue/wakeAll',
  'wait-queue/wakeOne',
])

/** `file` is a file of the core; `from` is the module that exports `deathPoint`. */
export function withDeathPoints(file: string, source: string, from: string): string {
  const name = file.replace(/^core\/|\.ts$/g, '')
  const parsed = parse(`file:///${file}`, source)
  if (parsed === undefined) throw new Error(`${file}: does not parse`)
  const edits = new MagicString(source)
  let points = 0
  const visit = (node: Node): void => {
    const { body } = node
    if (
      /^(?:For|While|DoWhile)\w*Statement$/.test(node.type) ||
      (node.type === 'FunctionDeclaration' && isCalled(name, node))
    ) {
      points++
      if (body.type === 'BlockStatement') edits.appendRight(body.start + 1, ' deathPoint();')
      else {
        edits.appendRight(body.start, '{ deathPoint(); ')
        edits.appendLeft(body.end, ' }')
      }
    }
    children(node, visit)
  }
  visit(parsed.program)
  return points === 0 ? source : `import { deathPoint } from ${JSON.stringify(from)};${edits.toString()}`
}

const isCalled = (file: string, node: Node): boolean => CALLED_FUNCTIONS.has(`${file}/${node.id.name}`)
