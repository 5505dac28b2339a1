/** A session with the language server as an editor has it: the built command, over its standard input and output. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
  type CodeAction,
  type Hover,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node.js'
import { COMMAND, Scratch } from '../scratch.ts'

const limit = { timeout: 60_000 }

class Editor implements AsyncDisposable {
  readonly #server
  readonly #connection: ProtocolConnection
  readonly #waiting = new Map<string, (said: PublishDiagnosticsParams) => void>()
  readonly #said = new Map<string, PublishDiagnosticsParams>()
  #version = 0

  constructor() {
    this.#server = spawn(process.execPath, [COMMAND, 'lsp'], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 40_000 })
    this.#connection = createProtocolConnection(
      new StreamMessageReader(this.#server.stdout),
      new StreamMessageWriter(this.#server.stdin),
    )
    this.#connection.onNotification('textDocument/publishDiagnostics', (said: PublishDiagnosticsParams) => {
      const key = `${said.uri} ${said.version}`
      this.#said.set(key, said)
      this.#waiting.get(key)?.(said)
    })
    this.#connection.listen()
  }

  async start(folder: string): Promise<Record<string, unknown>> {
    const root = pathToFileURL(folder).href
    const answer: { capabilities: Record<string, unknown> } = await this.#connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: root,
      capabilities: {},
    })
    await this.#connection.sendNotification('initialized', {})
    return answer.capabilities
  }

  async open(uri: string, text: string): Promise<PublishDiagnosticsParams> {
    const version = ++this.#version
    const textDocument = { uri, languageId: 'typescript', version, text }
    await this.#connection.sendNotification('textDocument/didOpen', { textDocument })
    return this.#next(uri, version)
  }

  async change(uri: string, text: string): Promise<PublishDiagnosticsParams> {
    const version = ++this.#version
    await this.#connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ text }],
    })
    return this.#next(uri, version)
  }

  ask<T>(method: string, params: object): Promise<T> {
    return this.#connection.sendRequest(method, params)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#server, 'exit')
    await this.#connection.sendRequest('shutdown')
    await this.#connection.sendNotification('exit')
    const [code] = await ended
    this.#connection.dispose()
    assert.equal(code, 0)
  }

  #next(uri: string, version: number): Promise<PublishDiagnosticsParams> {
    const key = `${uri} ${version}`
    const said = this.#said.get(key)
    return said ? Promise.resolve(said) : new Promise(done => this.#waiting.set(key, done))
  }
}

const REFUSED = `import { move, thread } from 'fearless'

export function run(data: number[]): number {
  thread.spawn(move(() => data.length))
  return data.length
}
`

test('diagnostics, fixes and hovers while typing', limit, async () => {
  using project = new Scratch({ 'app.ts': `export const nothing = 1\n` })
  const uri = pathToFileURL(project.path('app.ts')).href
  await using editor = new Editor()
  const capabilities = await editor.start(project.folder)
  assert.equal(capabilities['hoverProvider'], true)

  assert.deepEqual((await editor.open(uri, project.read('app.ts'))).diagnostics, [])

  const [moved, ...more] = (await editor.change(uri, REFUSED)).diagnostics
  assert.deepEqual(more, [])
  assert.equal(moved!.code, 'F0382')
  assert.equal(moved!.severity, 1)
  assert.deepEqual(moved!.range, { start: { line: 4, character: 9 }, end: { line: 4, character: 13 } })
  assert.match(moved!.message, /^use of moved value: `data`\nhelp: /)
  assert.deepEqual(
    moved!.relatedInformation!.map(({ location, message }) => `${location.range.start.line + 1}: ${message}`),
    [
      '5: value used here after move',
      '4: value moved into closure here',
      '4: variable moved due to use in closure',
      '3: move occurs because `data` has type `number[]`, which is not copied',
    ],
  )

  const at = { textDocument: { uri }, position: { line: 4, character: 10 } }
  const hover = await editor.ask<Hover>('textDocument/hover', at)
  assert.match(
    (hover.contents as { value: string }).value,
    /`data`: `number\[\]` has one owner.*\n\nIt is gone here: moved at line 4\./,
  )

  const unmoved = REFUSED.replace('move(() => data.length)', '() => data.length')
  const [borrow, ...others] = (await editor.change(uri, unmoved)).diagnostics
  assert.deepEqual(others, [])
  assert.equal(borrow!.code, 'F0373')
  const context = { diagnostics: [borrow] }
  const actions = await editor.ask<CodeAction[]>('textDocument/codeAction', {
    textDocument: { uri },
    range: borrow!.range,
    context,
  })
  assert.equal(actions.length, 1)
  assert.equal(actions[0]!.isPreferred, true)
  const edits = actions[0]!.edit!.changes![uri]!
  assert.deepEqual(
    edits.map(({ newText }) => newText),
    ['move(', ')'],
  )

  const mended = REFUSED.replace('return data.length', 'return 0')
  assert.deepEqual((await editor.change(uri, mended)).diagnostics, [])
})

test('what is refused depends on the text of other files in the editor', limit, async () => {
  const helper = `import { type Sender } from 'fearless'\nexport function use(tx: Sender<number>): void { tx.send(1) }\n`
  const program = `import { mpsc } from 'fearless'
import { use } from './helper.ts'
const [tx, rx] = mpsc.channel<number>()
use(tx)
use(tx)
console.log(rx)
`
  using project = new Scratch({ 'helper.ts': helper, 'app.ts': program })
  const [app, other] = ['app.ts', 'helper.ts'].map(name => pathToFileURL(project.path(name)).href) as [string, string]
  await using editor = new Editor()
  await editor.start(project.folder)
  assert.deepEqual((await editor.open(app, program)).diagnostics, [])
  await editor.open(other, helper)
  await editor.change(
    other,
    helper.replace('{ type Sender }', '{ drop, type Sender }').replace('tx.send(1)', 'drop(tx)'),
  )
  const said = await editor.change(app, `${program}\n`)
  assert.deepEqual(
    said.diagnostics.map(({ code }) => code),
    ['F0382'],
  )
})

test('a syntax error is said, and the server goes on', limit, async () => {
  using project = new Scratch({ 'app.ts': REFUSED })
  const uri = pathToFileURL(project.path('app.ts')).href
  await using editor = new Editor()
  await editor.start(project.folder)
  assert.equal((await editor.open(uri, REFUSED)).diagnostics[0]!.code, 'F0382')
  assert.equal((await editor.change(uri, REFUSED.replace('{', '{ ('))).diagnostics[0]!.code, 'F0001')
  assert.equal((await editor.change(uri, REFUSED)).diagnostics[0]!.code, 'F0382')
})

test('a file of no project is left alone', limit, async () => {
  await using editor = new Editor()
  await editor.start('/')
  const untitled = { textDocument: { uri: 'untitled:one' }, position: { line: 0, character: 0 } }
  assert.equal(await editor.ask('textDocument/hover', untitled), null)
})
