/** Tests the language server as an editor uses it: the built command, over its standard input and output. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import {
  CancellationTokenSource,
  ResponseError,
  StreamMessageReader,
  StreamMessageWriter,
  createProtocolConnection,
  type CodeAction,
  type Hover,
  type ProtocolConnection,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver/node.js'
import { COMMAND, ScratchProject } from '../../test/scratch.ts'

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
      this.#said.delete(key)
      this.#said.set(key, said)
      this.#waiting.get(key)?.(said)
    })
    this.#connection.onRequest('client/registerCapability', () => null)
    this.#connection.listen()
  }

  async start(folder: string): Promise<Record<string, unknown>> {
    const root = pathToFileURL(folder).href
    const answer: { capabilities: Record<string, unknown> } = await this.#connection.sendRequest('initialize', {
      processId: process.pid,
      rootUri: root,
      capabilities: { workspace: { didChangeWatchedFiles: { dynamicRegistration: true } } },
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

  /** Sends edits without a pause, and waits for the diagnostics of the last one. */
  async type(uri: string, texts: readonly string[]): Promise<PublishDiagnosticsParams> {
    for (const text of texts) {
      const textDocument = { uri, version: ++this.#version }
      await this.#connection.sendNotification('textDocument/didChange', { textDocument, contentChanges: [{ text }] })
    }
    return this.#next(uri, this.#version)
  }

  async watched(...changes: { uri: string; type: number }[]): Promise<void> {
    await this.#connection.sendNotification('workspace/didChangeWatchedFiles', { changes })
  }

  /** Returns the last diagnostics of a file, after all earlier requests were answered. */
  async says(uri: string): Promise<string[]> {
    await this.ask('textDocument/hover', { textDocument: { uri }, position: { line: 0, character: 0 } })
    const last = [...this.#said.values()].findLast(said => said.uri === uri)
    return last!.diagnostics.map(({ code }) => String(code))
  }

  async cancelled(method: string, params: object): Promise<unknown> {
    const source = new CancellationTokenSource()
    const answer = this.#connection.sendRequest<unknown>(method, params, source.token)
    source.cancel()
    return answer.catch((error: unknown) => error)
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

test('the server sends diagnostics, fixes and hovers for edited text', limit, async () => {
  using project = new ScratchProject({ 'app.ts': `export const nothing = 1\n` })
  const uri = pathToFileURL(project.at('app.ts')).href
  await using editor = new Editor()
  const capabilities = await editor.start(project.path)
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

test('the diagnostics of a file depend on the editor text of other files', limit, async () => {
  const helper = `import { type Sender } from 'fearless'\nexport function use(tx: Sender<number>): void { tx.send(1) }\n`
  const program = `import { mpsc } from 'fearless'
import { use } from './helper.ts'
const [tx, rx] = mpsc.channel<number>()
use(tx)
use(tx)
console.log(rx)
`
  using project = new ScratchProject({ 'helper.ts': helper, 'app.ts': program })
  const [app, other] = ['app.ts', 'helper.ts'].map(name => pathToFileURL(project.at(name)).href) as [string, string]
  await using editor = new Editor()
  await editor.start(project.path)
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

test('a syntax error is reported, and the server continues', limit, async () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const uri = pathToFileURL(project.at('app.ts')).href
  await using editor = new Editor()
  await editor.start(project.path)
  assert.equal((await editor.open(uri, REFUSED)).diagnostics[0]!.code, 'F0382')
  assert.equal((await editor.change(uri, REFUSED.replace('{', '{ ('))).diagnostics[0]!.code, 'F0001')
  assert.equal((await editor.change(uri, REFUSED)).diagnostics[0]!.code, 'F0382')
})

test('a file without a project gets no diagnostics', limit, async () => {
  await using editor = new Editor()
  await editor.start('/')
  const untitled = { textDocument: { uri: 'untitled:one' }, position: { line: 0, character: 0 } }
  assert.equal(await editor.ask('textDocument/hover', untitled), null)
})

test('the server answers the last of several edits that arrive faster than answers', limit, async () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const uri = pathToFileURL(project.at('app.ts')).href
  await using editor = new Editor()
  await editor.start(project.path)
  await editor.open(uri, REFUSED)
  const broken = REFUSED.replace('{', '{ (')
  const mended = REFUSED.replace('return data.length', 'return 0')
  assert.deepEqual((await editor.type(uri, [broken, REFUSED, broken, mended])).diagnostics, [])
  const again = await editor.type(uri, [mended, broken, REFUSED])
  assert.deepEqual(
    again.diagnostics.map(({ code }) => code),
    ['F0382'],
  )
})

test('the server answers a cancelled request and the next one', limit, async () => {
  using project = new ScratchProject({ 'app.ts': REFUSED })
  const uri = pathToFileURL(project.at('app.ts')).href
  await using editor = new Editor()
  await editor.start(project.path)
  await editor.open(uri, REFUSED)
  const at = { textDocument: { uri }, position: { line: 4, character: 10 } }
  const answer = await editor.cancelled('textDocument/hover', at)
  assert.ok(answer instanceof ResponseError ? answer.code === -32800 : (answer as Hover).contents, String(answer))
  assert.ok((await editor.ask<Hover>('textDocument/hover', at)).contents)
})

const HELPER = `import { type Sender } from 'fearless'\nexport function use(tx: Sender<number>): void { tx.send(1) }\n`
const DROPPING = HELPER.replace('{ type Sender }', '{ drop, type Sender }').replace('tx.send(1)', 'drop(tx)')
const USING = (file: string): string => `import { mpsc } from 'fearless'
import { use } from './${file}.ts'
export const [tx, rx] = mpsc.channel<number>()
use(tx)
use(tx)
`

test('the server notices files that change, appear and disappear on the disk', limit, async () => {
  using project = new ScratchProject({ 'helper.ts': HELPER, 'app.ts': USING('helper') })
  const uriOf = (name: string): string => pathToFileURL(project.at(name)).href
  await using editor = new Editor()
  await editor.start(project.path)
  assert.deepEqual((await editor.open(uriOf('app.ts'), USING('helper'))).diagnostics, [])

  writeFileSync(project.at('helper.ts'), DROPPING)
  await editor.watched({ uri: uriOf('helper.ts'), type: 2 })
  assert.deepEqual(await editor.says(uriOf('app.ts')), ['F0382'])

  // After the rename the import resolves to no file, so the function is unresolved.
  renameSync(project.at('helper.ts'), project.at('other.ts'))
  await editor.watched({ uri: uriOf('helper.ts'), type: 3 }, { uri: uriOf('other.ts'), type: 1 })
  assert.deepEqual(await editor.says(uriOf('app.ts')), [])
  await editor.change(uriOf('app.ts'), USING('other'))
  assert.deepEqual(await editor.says(uriOf('app.ts')), ['F0382'])

  writeFileSync(
    project.at('tsconfig.json'),
    project.read('tsconfig.json').replace(/^\{/, '{ "fearless": { "allow": ["F0382"] },'),
  )
  await editor.watched({ uri: uriOf('tsconfig.json'), type: 2 })
  assert.deepEqual(await editor.says(uriOf('app.ts')), [])
})

test('unsaved buffers may import each other', limit, async () => {
  const [one, two] = [
    `import { drop, type Sender } from 'fearless'\nimport { second } from './two.ts'\nexport const first = (tx: Sender<number>): void => drop(tx)\nexport const both = second\n`,
    `import { mpsc } from 'fearless'\nimport { first } from './one.ts'\nexport function second(): void {\n  const [tx] = mpsc.channel<number>()\n  first(tx)\n  tx.send(1)\n}\n`,
  ]
  using project = new ScratchProject({ 'one.ts': 'export {}\n', 'two.ts': 'export {}\n' })
  const uriOf = (name: string): string => pathToFileURL(project.at(name)).href
  await using editor = new Editor()
  await editor.start(project.path)
  await editor.open(uriOf('two.ts'), two!)
  await editor.open(uriOf('one.ts'), one!)
  assert.deepEqual(await editor.says(uriOf('two.ts')), ['F0382'])
  await editor.change(uriOf('one.ts'), one!.replace('drop(tx)', 'tx.send(1)'))
  assert.deepEqual(await editor.says(uriOf('two.ts')), [])
})

test('a file outside its project is checked without types, and closing it removes its diagnostics', limit, async () => {
  using project = new ScratchProject({
    'app.ts': REFUSED,
    'tsconfig.json': JSON.stringify({ files: ['app.ts'], extends: '../../../../tsconfig.base.json' }),
  })
  const uri = pathToFileURL(project.at('elsewhere.ts')).href
  await using editor = new Editor()
  await editor.start(project.path)
  const program = REFUSED.replace('move(() => data.length)', '() => document.title')
  assert.deepEqual(
    (await editor.open(uri, program)).diagnostics.map(({ code }) => code),
    ['F1009'],
  )
})
