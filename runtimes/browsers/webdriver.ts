/**
 * WebKit, driven by the WebDriver protocol over HTTP: WebKitWebDriver starts MiniBrowser on a virtual display.
 *
 * WebDriver has no console. MiniBrowser writes the console messages of the page and of its workers to its standard
 * output, as `URL:LINE:COLUMN: CONSOLE LOG text`. minibrowser.sh sends this output to a socket.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { globSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from './engines.ts'

const START_LIMIT_MS = 30_000
const COMMAND_LIMIT_MS = 60_000
const CONSOLE_LINE = /^.*?: CONSOLE (?:(?:JS|NETWORK|SECURITY) )?(?:LOG|INFO|DEBUG|WARN|ERROR) (.*)$/

/** Returns the path of MiniBrowser; undefined if it is not installed. */
export function miniBrowser(): string | undefined {
  return globSync('/usr/lib/*/webkit2gtk-4.*/MiniBrowser')[0]
}

export async function startWebKit(): Promise<Browser> {
  let listener: (line: string) => void = () => {}
  const console = await listen(socket => eachLine(socket, line => listener(line)))
  const port = await freePort()
  const child = spawn('xvfb-run', ['-a', '-s', '-screen 0 1400x1000x24', 'WebKitWebDriver', `--port=${port}`], {
    stdio: 'ignore',
    // A process group of its own, so that the display, the driver and the browser end together.
    detached: true,
    env: {
      ...process.env,
      JSC_useSharedArrayBuffer: '1',
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      FEARLESS_MINIBROWSER: miniBrowser(),
      FEARLESS_CONSOLE_PORT: String(portOf(console)),
    },
  })
  const end = (): void => {
    endGroup(child)
    console.close()
  }
  process.once('exit', end)
  const driver = new Session(`http://127.0.0.1:${port}`)
  try {
    await driver.start()
  } catch (error) {
    end()
    throw new Error(`WebKit did not start: ${String(error)}`, { cause: error })
  }
  return {
    name: 'webkit',
    version: driver.version,
    async open(url) {
      const page = new WebKitPage(driver)
      listener = line => page.read(line)
      await page.goto(url)
      return page
    },
    async close() {
      await driver.command('DELETE', '').catch(() => {})
      process.off('exit', end)
      end()
    },
  }
}

function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

class Session {
  readonly #origin: string
  #path = ''
  version = ''

  constructor(origin: string) {
    this.#origin = origin
  }

  async start(): Promise<void> {
    const capabilities = {
      alwaysMatch: {
        'webkitgtk:browserOptions': {
          binary: join(import.meta.dirname, 'minibrowser.sh'),
          args: ['--automation', '--enable-write-console-messages-to-stdout=true'],
        },
      },
    }
    const end = Date.now() + START_LIMIT_MS
    for (;;) {
      const ready = await fetch(`${this.#origin}/status`).then(
        response => response.ok,
        () => false,
      )
      if (ready) break
      if (Date.now() > end) throw new Error('WebKitWebDriver did not answer')
      await delay(50)
    }
    const value = (await this.command('POST', '', { capabilities })) as {
      sessionId: string
      capabilities: { browserVersion: string }
    }
    this.#path = `/${value.sessionId}`
    this.version = value.capabilities.browserVersion
    await this.command('POST', '/timeouts', { script: COMMAND_LIMIT_MS, pageLoad: COMMAND_LIMIT_MS })
  }

  async command(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.#origin}/session${this.#path}${path}`, {
      method,
      signal: AbortSignal.timeout(COMMAND_LIMIT_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const { value } = (await response.json()) as { value: { error?: string; message?: string } | null }
    if (!response.ok) throw new Error(`WebDriver: ${value?.error}: ${value?.message}`)
    return value
  }
}

class WebKitPage implements Page {
  readonly console: string[] = []
  onConsole: (line: string) => void = () => {}
  readonly #driver: Session

  constructor(driver: Session) {
    this.#driver = driver
  }
  /** Reads a line of the browser's output. A message with line breaks continues on the next lines. */
  read(line: string): void {
    const message = CONSOLE_LINE.exec(line)
    const text = message === null ? line : message[1]
    this.console.push(text)
    this.onConsole(text)
  }
  async goto(url: string): Promise<void> {
    await this.#driver.command('POST', '/url', { url })
  }
  async back(): Promise<void> {
    await this.#driver.command('POST', '/back', {})
  }
  async evaluate<T>(expression: string): Promise<T> {
    const script = `const done = arguments[0];
      (async () => (${expression}))().then(value => done({ value }), error => done({ error: String(error && error.stack || error) }))`
    const { value, error } = (await this.#driver.command('POST', '/execute/async', { script, args: [] })) as {
      value: T
      error?: string
    }
    if (error !== undefined) throw new Error(error)
    return value
  }
  async screenshot(width: number, height: number): Promise<Uint8Array> {
    await this.#driver.command('POST', '/window/rect', { width, height })
    return Buffer.from((await this.#driver.command('GET', '/screenshot')) as string, 'base64')
  }
  async close(): Promise<void> {
    await this.goto('about:blank')
  }
}

function eachLine(socket: Socket, read: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('error', () => {})
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) read(line)
  })
}

function listen(connected: (socket: Socket) => void): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer(connected)
    server.on('error', fail)
    server.listen(0, '127.0.0.1', () => done(server.unref()))
  })
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

async function freePort(): Promise<number> {
  const server = await listen(() => {})
  const port = portOf(server)
  await new Promise(done => server.close(done))
  return port
}
