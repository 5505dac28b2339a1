/** The pages of the tests, built by Vite with the plugin of the compiler, or served by Vite's development server. */
import { globSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fearless from '@fearless/compiler/vite'
import { build, createServer, type InlineConfig, type Plugin } from 'vite'

const root = join(import.meta.dirname, '../..')
const conformance = join(root, 'runtimes/programs')
const lessons = join(root, 'lessons')

/** The programs that no browser can run, with the reason. */
export const NOT_IN_BROWSERS: Readonly<Record<string, string>> = {
  'command-line.ts': 'has the arguments and the environment of a process',
  'console-order.ts': 'writes to the standard output of the process',
  'exit-code.ts': 'ends the process',
  'exit-in-thread.ts': 'calls process.exit',
  'files.ts': 'reads files',
  'heap-limit.ts': 'a browser has no limit of the heap of one worker',
  'imports.ts': 'imports node:path',
  'last-words-killed.ts': 'kills the process',
  'last-words.ts': 'ends the process',
  'leads-back.ts': 'a bundle has no entry that a thread could import again',
  'left-behind.ts': 'changes the process',
  'main-blocks.ts': 'calls process.exit',
  'no-compiler.ts': 'a bundle is always compiled',
  'pool.ts': 'asks for the version of the runtime',
  'stack-limit.ts': 'a browser has no limit of the stack of one worker',
  'tools.ts': 'reads files',
  'uncaught-in-main.ts': 'ends the process',
}

export interface Program {
  readonly name: string
  readonly source: string
  /** The lines that it prints, in order. */
  readonly lines: readonly string[]
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8')

export const programs: readonly Program[] = readdirSync(conformance)
  .map(name => ({ name, source: read(conformance, name) }))
  .filter(({ source }) => source.includes('//=>'))
  .map(each => ({ ...each, lines: [...each.source.matchAll(/\/\/=> (.*)/g)].map(match => match[1]) }))

export const lessonFiles: readonly string[] = readdirSync(lessons).filter(name => /^\d-.*\.ts$/.test(name))

function virtualPrograms(): Plugin {
  const name = 'virtual:programs'
  const files = [
    ...programs
      .filter(program => NOT_IN_BROWSERS[program.name] === undefined)
      .map(({ name }) => join(conformance, name)),
    ...lessonFiles.map(name => join(lessons, name)),
  ]
  const entries = files.map(
    file => `${JSON.stringify(file.replace(/^.*\//, ''))}: () => import(${JSON.stringify(file)})`,
  )
  return {
    name: 'programs',
    resolveId: id => (id === name ? `\0${name}` : null),
    load: id => (id === `\0${name}` ? `export const programs = { ${entries.join(',\n')} }` : null),
  }
}

function configOf(folder: string): InlineConfig {
  const plugins = (): Plugin[] => [virtualPrograms(), fearless() as Plugin]
  return {
    root: folder,
    configFile: false,
    logLevel: 'warn',
    plugins: plugins(),
    worker: { plugins, rolldownOptions: { checks: { pluginTimings: false } } },
    build: {
      target: 'esnext',
      emptyOutDir: true,
      sourcemap: true,
      rolldownOptions: {
        input: globSync('*.html', { cwd: folder }).map(file => join(folder, file)),
        checks: { pluginTimings: false },
      },
    },
  }
}

/** Builds the pages of a folder. Returns the folder of the output. */
export async function buildSite(folder: string): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'fearless-site-'))
  const config = configOf(folder)
  await build({ ...config, build: { ...config.build, outDir } })
  return outDir
}

/** Builds the example as its own configuration does. Returns the folder of the output. */
export async function buildExample(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), 'fearless-example-'))
  await build({
    root: join(root, 'examples/mandelbrot'),
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, rolldownOptions: { checks: { pluginTimings: false } } },
  })
  return outDir
}

interface DevServer extends AsyncDisposable {
  readonly origin: string
}

/** Serves the pages of a folder from their sources. */
export async function serveSources(folder: string): Promise<DevServer> {
  const server = await createServer({
    ...configOf(folder),
    server: { host: '127.0.0.1', port: 0, fs: { strict: false } },
  })
  await server.listen()
  const { port } = server.httpServer!.address() as { port: number }
  return {
    origin: `http://localhost:${port}`,
    [Symbol.asyncDispose]: () => server.close(),
  }
}
