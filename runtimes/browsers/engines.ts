/**
 * The three browser engines behind one interface. They are Debian's packages, which the first use installs.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { miniBrowser, startWebKit } from './webdriver.ts'

export type EngineName = 'chromium' | 'firefox' | 'webkit'

export const engineNames: readonly EngineName[] = ['chromium', 'firefox', 'webkit']

export interface Browser {
  readonly name: EngineName
  readonly version: string
  open(url: string): Promise<Page>
  close(): Promise<void>
}

export interface Page {
  /** The console's lines so far, of the page and of its workers. */
  readonly console: readonly string[]
  onConsole: (line: string) => void
  goto(url: string): Promise<void>
  back(): Promise<void>
  /** Evaluates an expression in the page, awaits it and returns its JSON value. */
  evaluate<T>(expression: string): Promise<T>
  /** Returns a PNG of the page in a window of this size. */
  screenshot(width: number, height: number): Promise<Uint8Array>
  close(): Promise<void>
}

interface Engine {
  readonly packages: readonly string[]
  isInstalled(): boolean
  start(): Promise<Browser>
}

/** The time limit of each step of an installation. */
const INSTALL_LIMIT_MS = 240_000

/** The program itself instead of its launcher, which prints warnings and changes the flags. */
const CHROMIUM = '/usr/lib/chromium/chromium'
const FIREFOX = '/usr/bin/firefox-esr'

const ENGINES: Record<EngineName, Engine> = {
  chromium: {
    packages: ['chromium'],
    isInstalled: () => existsSync(CHROMIUM),
    start: () => startWithPuppeteer('chromium'),
  },
  firefox: {
    packages: ['firefox-esr'],
    isInstalled: () => existsSync(FIREFOX),
    start: () => startWithPuppeteer('firefox'),
  },
  webkit: {
    packages: ['webkit2gtk-driver', 'xvfb', 'xauth'],
    isInstalled: () => miniBrowser() !== undefined && existsSync('/usr/bin/xvfb-run'),
    start: startWebKit,
  },
}

/** Returns undefined if the engine can be started, installing it first; otherwise the reason why it cannot. */
export function prepare(name: EngineName): string | undefined {
  const engine = ENGINES[name]
  if (!existsSync(join(import.meta.dirname, 'node_modules/puppeteer-core'))) {
    process.stderr.write('installing the driver of browsers ...\n')
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  }
  if (engine.isInstalled()) return undefined
  const packages = engine.packages.join(' ')
  if (spawnSync('apt-get', ['--version']).status !== 0)
    return `${name} is not installed, and this system has no apt to install ${packages}`
  process.stderr.write(`installing ${packages} ...\n`)
  const root = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...engine.packages]]) {
    const [program, ...rest] = [...root, 'apt-get', ...args]
    const { status, stderr } = spawnSync(program, rest, {
      encoding: 'utf8',
      timeout: INSTALL_LIMIT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status !== 0) return `${name} is not installed, and \`apt-get ${args.join(' ')}\` failed: ${stderr?.trim()}`
  }
  return engine.isInstalled() ? undefined : `${packages} have no browser where it is expected`
}

export const start = (name: EngineName): Promise<Browser> => ENGINES[name].start()

async function startWithPuppeteer(name: 'chromium' | 'firefox'): Promise<Browser> {
  const { launch } = await import('puppeteer-core')
  const browser =
    name === 'chromium'
      ? await launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
      : await launch({ browser: 'firefox', executablePath: FIREFOX })
  return {
    name,
    version: await browser.version(),
    async open(url) {
      const page = await browser.newPage()
      const lines: string[] = []
      const opened: Page = {
        console: lines,
        onConsole: () => {},
        goto: async to => void (await page.goto(to)),
        back: async () => void (await page.goBack()),
        evaluate: expression => page.evaluate(expression) as Promise<never>,
        async screenshot(width, height) {
          await page.setViewport({ width, height })
          return page.screenshot()
        },
        close: () => page.close(),
      }
      const read = (text: string): void => {
        lines.push(text)
        opened.onConsole(text)
      }
      page.on('console', message => read(message.text()))
      page.on('pageerror', error => read(String((error as Error).stack ?? error)))
      // The console of a worker is not the page's in the protocol, as it is in the developer tools.
      await page.goto(url)
      return opened
    },
    close: () => browser.close(),
  }
}
