/**
 * The commands `fearless check`, `fearless explain` and `fearless lsp`.
 *
 * Exit codes: 0 the program is accepted, 1 it is refused, 2 it could not be checked.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { isatty } from 'node:tty'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import type { Colours } from '@fearless/compiler/analysis'
import { createColors } from 'picocolors'
import { EXPLAINED, pageOf } from './explain.ts'
import { FORMATS, formatted, type Format } from './report/formats.ts'
import type { Outcome } from './run.ts'

const CHECK_HELP = `Usage: fearless check [options] [file...]

Checks the project of the tsconfig.json here, or of the nearest folder above that has one; with files, only those.

  -p, --project PATH  another tsconfig.json, or its folder
      --fix           applies the fixes that are safe
      --format NAME   ${FORMATS.join(', ')} (text)
      --color         colours, also if this is no terminal (--no-color: none)
      --no-cache      looks at everything again
  -w, --watch         checks again when a file changes

Exit code: 0 nothing is refused, 1 something is, 2 nothing could be checked.
`

const EXPLAIN_HELP = `Usage: fearless explain CODE

Prints the page of a code: the mistake, a program that is refused, and the ways out.
`

const OPTIONS = {
  project: { type: 'string', short: 'p' },
  fix: { type: 'boolean' },
  format: { type: 'string', default: 'text' },
  color: { type: 'boolean' },
  cache: { type: 'boolean', default: true },
  watch: { type: 'boolean', short: 'w' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies NonNullable<ParseArgsConfig['options']>

/** A wrong command line: a sentence about the mistake, and the repair. */
class UsageError extends Error {}

export async function check(args: readonly string[]): Promise<number> {
  return await answering(async () => {
    const { values, positionals } = arguments_(args)
    if (values.help) return say(CHECK_HELP)
    const format = values.format as Format
    if (!FORMATS.includes(format))
      throw new UsageError(`There is no format \`${format}\`. Choose ${FORMATS.join(', ')}.`)
    const files = positionals.map(file => existing(resolve(file)))
    const config = await configFor(values.project, files)
    const { exitCode, run, watch } = await checking()
    const options = { config, files, fix: values.fix ?? false, cache: values.cache }
    const terminal = isatty(process.stdout.fd) && !process.env['NO_COLOR']
    const colours = values.color ?? (format === 'text' && terminal)
    const report = ({ diagnostics, sources, looked }: Outcome): void => {
      process.stdout.write(formatted(format, diagnostics, sources, paintFor(colours)))
      if (format === 'text') process.stdout.write(`${looked}\n`)
    }
    if (values.watch) return await watch(options, report, interrupted())
    const outcome = run(options)
    report(outcome)
    return exitCode(outcome.diagnostics)
  })
}

function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort())
  return controller.signal
}

export async function explain(args: readonly string[]): Promise<number> {
  return await answering(async () => {
    const [code] = args
    if (code === '--help' || code === '-h') return say(EXPLAIN_HELP)
    if (code === undefined || args.length > 1)
      throw new UsageError(`No code was given. Give one, such as F0382.\n\n${EXPLAIN_HELP}`)
    const page = pageOf(code)
    if (page === undefined)
      throw new UsageError(`There is no page for \`${code}\`. Choose one of ${EXPLAINED.join(', ')}.`)
    return say(page)
  })
}

export async function lsp(args: readonly string[]): Promise<number> {
  return await answering(async () => {
    if (args.includes('--help') || args.includes('-h'))
      return say('Usage: fearless lsp\n\nA language server that speaks over standard input and output.\n')
    await checking()
    const { serve } = await import('./lsp/server.ts')
    await serve(process.stdin, process.stdout)
    return 0
  })
}

/** Loads the part that needs TypeScript 7, only if files are to be checked. */
async function checking(): Promise<typeof import('./run.ts')> {
  try {
    return await import('./run.ts')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'ERR_PACKAGE_PATH_NOT_EXPORTED') throw error
    throw new UsageError('TypeScript 7 is not installed. Install it: `npm install --save-dev typescript@7`.', {
      cause: error,
    })
  }
}

function arguments_(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, allowNegative: true })
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${CHECK_HELP}`, { cause: error })
  }
}

function existing(path: string): string {
  if (!existsSync(path))
    throw new UsageError(`There is no file ${path}. Give a path relative to the current directory.`)
  return path
}

async function configFor(named: string | undefined, files: readonly string[]): Promise<string> {
  if (named !== undefined) {
    const path = existing(resolve(named))
    return statSync(path).isDirectory() ? existing(resolve(path, 'tsconfig.json')) : path
  }
  const { findConfig } = await checking()
  const from = files[0] === undefined ? process.cwd() : dirname(files[0])
  const config = findConfig(from)
  if (config !== undefined) return config
  throw new UsageError(
    `There is no tsconfig.json in ${from} or above. Make one (\`npx tsc --init\`), or name another: \`fearless check -p PATH\`.`,
  )
}

async function answering(work: () => Promise<number>): Promise<number> {
  try {
    return await work()
  } catch (error) {
    const expected = error instanceof UsageError || (error as Error).name === 'ConfigError'
    if (!expected) throw error
    process.stderr.write(`fearless: ${(error as Error).message.trimEnd()}\n`)
    return 2
  }
}

/** Returns colours for a terminal, and plain text elsewhere. */
function paintFor(colours: boolean): Colours {
  const c = createColors(colours)
  return {
    error: text => c.bold(c.red(text)),
    warning: text => c.bold(c.yellow(text)),
    note: text => c.bold(c.blue(text)),
    help: text => c.bold(c.cyan(text)),
    strong: text => c.bold(text),
  }
}

function say(text: string): number {
  process.stdout.write(text)
  return 0
}
