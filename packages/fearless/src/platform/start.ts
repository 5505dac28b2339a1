/**
 * How a program of Node, Bun or Deno was started, for an error that names the line which adds the compiler.
 *
 * A test runner and a framework start the program themselves, so their configuration is the place of that line. Only an
 * error asks, so nothing here runs before.
 */
const nodeModule = process.getBuiltinModule('node:module')
const { basename, isAbsolute, relative } = process.getBuiltinModule('node:path')

/**
 * `text` is the argument of `node -e`, or standard input. `bundle` is a bundle of any other bundler than webpack.
 * `commonjs` means that a CommonJS file called the library.
 */
export type StartKind =
  'bun' | 'deno' | 'vitest' | 'jest' | 'next' | 'webpack' | 'bundle' | 'text' | 'commonjs' | 'modules'

export interface Start {
  readonly kind: StartKind
  /** The file of the program, as the user would type it. */
  readonly file: string
  /** Whether the compiler is installed beside the program. */
  readonly hasCompiler: boolean
}

/** A module of this package, as it was installed: in a bundle its URL is that of the bundle, or absent. */
const INSTALLED = /[\\/]fearless[\\/](?:dist|src)[\\/]/
const EVALUATES = /^(?:-e|-p|-pe|--eval|--print)(?:=|$)/

/** `caller` is the location in the program that called the library, as a stack has it. */
export function describeStart(caller: string): Start {
  const started = process.argv[1]
  return {
    kind: kindOf(caller, started),
    file: started === undefined ? 'app.ts' : fileAsTyped(started),
    hasCompiler: isInstalled(started ?? `${process.cwd()}/app.ts`),
  }
}

function kindOf(caller: string, started: string | undefined): StartKind {
  if (process.versions['bun'] !== undefined) return 'bun'
  if (process.versions['deno'] !== undefined) return 'deno'
  // Children of a test runner inherit its variables, but not its globals and arguments.
  if ('__vitest_worker__' in globalThis) return 'vitest'
  if (process.env['JEST_WORKER_ID'] !== undefined && /[\\/]jest/.test(started ?? '')) return 'jest'
  if (process.env['NEXT_RUNTIME'] !== undefined) return 'next'
  // webpack replaces `import.meta.url` by the URL of the source, and defines this name.
  if (typeof __webpack_require__ !== 'undefined') return 'webpack'
  if (!INSTALLED.test(String((import.meta as { url?: string }).url))) return 'bundle'
  if (started === undefined || process.execArgv.some(option => EVALUATES.test(option))) return 'text'
  // A frame of a module has a URL, and a frame of a CommonJS file has a path.
  return isAbsolute(caller) || /\.c[jt]s$/.test(started) ? 'commonjs' : 'modules'
}

declare const __webpack_require__: unknown

function fileAsTyped(started: string): string {
  const path = relative(process.cwd(), started)
  return path.startsWith('..') ? basename(started) : path
}

function isInstalled(from: string): boolean {
  try {
    // A bundler must not follow the name.
    nodeModule.createRequire(from).resolve(['@fearless', 'compiler/package.json'].join('/'))
    return true
  } catch {
    return false
  }
}
