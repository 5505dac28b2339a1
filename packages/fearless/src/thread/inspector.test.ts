/** Breakpoints in closures: a debugger that sets them by file and line stops in the thread. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const LIMIT_MS = 40_000
const root = join(import.meta.dirname, '../../../..')

const PROGRAM = `import { move, thread } from 'fearless'
const n = 3
const sum = await thread
  .spawn(
    move(() => {
      const twice = n * 2
      return twice + 1
    }),
  )
  .join()
console.log(sum)
process.exit()
`
/** The line of `return twice + 1`, counted from 0. */
const LINE = 6

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly sessionId: string; readonly message: string } & Paused
}

interface Paused {
  readonly hitBreakpoints?: readonly string[]
  readonly callFrames?: readonly { readonly location: { readonly lineNumber: number } }[]
}

/** Debugs a program as VS Code does, with a breakpoint in every worker. Returns its output and the lines of the stops. */
async function debug(folder: string): Promise<{ stops: number[]; out: string }> {
  const args = ['--inspect-brk=0', '--import', '@fearless/compiler/register', 'app.ts']
  const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, NODE_OPTIONS: '' } })
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  let out = ''
  child.stdout.on('data', chunk => (out += chunk))
  const url = await new Promise<string>(resolve => {
    let told = ''
    child.stderr.on('data', chunk => {
      const found = /ws:\S+/.exec((told += chunk))
      if (found) resolve(found[0])
    })
  })
  const socket = new WebSocket(url)
  await new Promise(resolve => socket.addEventListener('open', resolve))
  let id = 0
  const send = (method: string, params: object = {}): void => socket.send(JSON.stringify({ id: ++id, method, params }))
  const toWorker = (sessionId: string, method: string, params: object = {}): void =>
    send('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: ++id, method, params }) })
  const stops: number[] = []

  socket.addEventListener('message', ({ data }) => {
    const { method, params } = JSON.parse(String(data)) as Message
    if (method === 'Debugger.paused') send('Debugger.resume')
    if (params === undefined) return
    if (method === 'NodeWorker.attachedToWorker') {
      toWorker(params.sessionId, 'Debugger.enable')
      const urlRegex = '.*/app\\.ts($|\\?)'
      toWorker(params.sessionId, 'Debugger.setBreakpointByUrl', { lineNumber: LINE, urlRegex })
      toWorker(params.sessionId, 'Runtime.runIfWaitingForDebugger')
    }
    if (method !== 'NodeWorker.receivedMessageFromWorker') return
    const inner = JSON.parse(params.message) as { method?: string; params?: Paused }
    if (inner.method !== 'Debugger.paused') return
    if (inner.params?.hitBreakpoints?.length) stops.push(inner.params.callFrames![0].location.lineNumber)
    toWorker(params.sessionId, 'Debugger.resume')
  })
  send('NodeWorker.enable', { waitForDebuggerOnStart: true })
  send('Debugger.enable')
  send('Runtime.runIfWaitingForDebugger')
  // A process that ends waits for its debugger.
  child.stderr.on('data', chunk => {
    if (String(chunk).includes('Waiting for the debugger to disconnect')) socket.close()
  })
  await new Promise(resolve => child.on('close', resolve))
  clearTimeout(limit)
  socket.close()
  return { stops, out }
}

test(
  'a breakpoint by file and line stops in the closure, with --inspect-brk',
  { timeout: LIMIT_MS + 5000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fearless-'))
    try {
      symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
      writeFileSync(join(folder, 'app.ts'), PROGRAM)
      const { stops, out } = await debug(folder)
      assert.deepEqual(stops, [LINE])
      assert.equal(out, '7\n')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
