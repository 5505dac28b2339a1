/**
 * A client of the language server protocol for hovers, connected to `tsc --lsp --stdio`.
 *
 * A message is a header with a byte count, an empty line, and that many bytes of JSON. A response has the `id` of its
 * request. Requests of the server get an empty response, as from an editor without settings.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'

interface Message {
  id?: number | string
  method?: string
  params?: unknown
  result?: unknown
  error?: { message: string }
}

interface Hover {
  contents: { value: string }
}

interface Pending {
  resolve: (result: unknown) => void
  reject: (why: Error) => void
}

export class LanguageServer implements Disposable {
  readonly #process: ChildProcess
  readonly #pending = new Map<number, Pending>()
  #received: Buffer = Buffer.alloc(0)
  #requests = 0

  constructor(tsc: string) {
    this.#process = spawn(process.execPath, [tsc, '--lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#process.stdout!.on('data', (chunk: Buffer) => this.#receive(chunk))
    this.#process.on('exit', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the language server ended'))
    })
  }

  /** Opens a file. Returns a function that returns the hover at a position. */
  async open(file: string, text: string): Promise<(at: { line: number; column: number }) => Promise<string>> {
    const uri = pathToFileURL(file).href
    const capabilities = { textDocument: { hover: { contentFormat: ['markdown'] } } }
    await this.#request('initialize', { processId: process.pid, rootUri: null, capabilities })
    this.#send({ method: 'initialized', params: {} })
    const textDocument = { uri, languageId: 'typescript', version: 1, text }
    this.#send({ method: 'textDocument/didOpen', params: { textDocument } })
    return async ({ line, column }) => {
      const position = { line, character: column }
      const hover = (await this.#request('textDocument/hover', { textDocument: { uri }, position })) as Hover | null
      // The hover is a signature in a fence, followed by its documentation.
      return /^```\w*\n([^]*?)\n```/.exec(hover?.contents.value ?? '')?.[1] ?? ''
    }
  }

  [Symbol.dispose](): void {
    this.#process.kill()
  }

  #request(method: string, params: unknown): Promise<unknown> {
    const id = ++this.#requests
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#send({ id, method, params })
    })
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
    this.#process.stdin!.write(`Content-Length: ${body.length}\r\n\r\n`)
    this.#process.stdin!.write(body)
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const end = this.#received.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/Content-Length: (\d+)/i.exec(this.#received.toString('latin1', 0, end))?.[1])
      const next = end + 4 + length
      if (this.#received.length < next) return
      const message = JSON.parse(this.#received.toString('utf8', end + 4, next)) as Message
      this.#received = this.#received.subarray(next)
      this.#handle(message)
    }
  }

  #handle(message: Message): void {
    if (message.method !== undefined) {
      if (message.id !== undefined) this.#send({ id: message.id, result: null })
      return
    }
    const pending = this.#pending.get(message.id as number)
    this.#pending.delete(message.id as number)
    if (message.error) pending?.reject(new Error(message.error.message))
    else pending?.resolve(message.result)
  }
}
