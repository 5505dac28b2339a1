/**
 * Builds the core as WebAssembly (embedded as text), then the `dist` folder of each package.
 *
 *   node scripts/build.ts [--help] [--core] [--force]
 *
 * Skips a package whose sources are older than its last build.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'
import { withConstants } from './constants.ts'
import { SIZE_REDUCTIONS, modelPlugin } from './model/simulated-build.ts'
import { CALLED_FUNCTIONS } from './model/death-points.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const { values } = parseArgs({
  options: { help: { type: 'boolean' }, core: { type: 'boolean' }, force: { type: 'boolean' } },
})
if (values.help) {
  console.log('node scripts/build.ts [--core: only the WebAssembly core] [--force: even if nothing changed]')
  process.exit(0)
}

const own = fileURLToPath(import.meta.url)
const modelBuild = ['death-points', 'module-state', 'simulated-build', 'transform'].map(name =>
  join(root, `scripts/model/${name}.ts`),
)
const core = join(root, 'packages/fearless/src/core')
const generated = join(core, 'core.generated.ts')

/** The compiler's entry modules for runtimes and bundlers. */
const HOSTS = ['register', 'bun', 'deno', 'rollup', 'vite', 'esbuild', 'webpack', 'webpack-loader', 'jest', 'cli']

buildCore()
if (!values.core) {
  await buildPackage('fearless', bundleRuntime)
  await buildPackage('compiler', bundleCompiler)
  await buildPackage('check')
}

/** Compiles the core's sources with AssemblyScript, with `memory.wasm.ts` in place of `memory.ts`. */
function buildCore(): void {
  const sources = readdirSync(core).filter(
    f => /^[a-z-]+\.ts$/.test(f) && !['index.ts', 'shared-memory.ts', 'globals.d.ts'].includes(f),
  )
  const newest = newestOf([own, join(core, 'memory.wasm.ts'), ...sources.map(f => join(core, f))])
  if (!values.force && existsSync(generated) && statSync(generated).mtimeMs > newest) return
  const work = join(root, 'node_modules/.cache/fearless-core')
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  cpSync(join(core, 'memory.wasm.ts'), join(work, 'memory.ts'))
  for (const file of sources) {
    if (file === 'memory.ts') continue
    const text = readFileSync(join(core, file), 'utf8').replaceAll(/from '(\.\/[a-z-]+)\.ts'/g, "from '$1'")
    writeFileSync(join(work, file), text)
  }
  const flags =
    '--runtime stub -O3 --converge --noAssert --enable threads,bulk-memory,simd --importMemory --sharedMemory'
  const pages = ['--initialMemory', '1', '--maximumMemory', '32768', '--memoryBase', '64', '--zeroFilledMemory']
  execFileSync(
    process.execPath,
    [
      join(root, 'node_modules/assemblyscript/bin/asc.js'),
      join(work, 'exports.ts'),
      '--outFile',
      join(work, 'core.wasm'),
      '--textFile',
      join(work, 'core.wat'),
      ...flags.split(' '),
      ...pages,
    ],
    { stdio: 'inherit', cwd: work },
  )
  checkCalls(readFileSync(join(work, 'core.wat'), 'utf8'))
  const bytes = readFileSync(join(work, 'core.wasm'))
  writeFileSync(
    generated,
    `/** The core as WebAssembly, ${bytes.length} bytes, made from this folder's sources by scripts/build.ts. */\n` +
      `export const wasm =\n  '${bytes.toString('base64')}'\n`,
  )
  console.log(`core: ${bytes.length} bytes of WebAssembly`)
}

/**
 * Checks that CALLED_FUNCTIONS lists every function that the binary calls: in the model checker a thread may die on
 * entry of these.
 */
function checkCalls(text: string): void {
  const called = new Set([...text.matchAll(/call \$([\w-]+\/\w+)/g)].map(match => match[1]))
  const unknown = [...called].filter(name => !CALLED_FUNCTIONS.has(name))
  if (unknown.length === 0) return
  throw new Error(
    `The core's binary called ${unknown.join(', ')}, missing in CALLED. Add them to CALLED in scripts/model/death-points.ts.`,
  )
}

/** Type-checks a package with tsc, which writes the declarations; `after` bundles the code that ships. */
async function buildPackage(name: string, after?: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(root, 'packages', name)
  const stamp = join(folder, 'dist/.built')
  const files = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(f => f.endsWith('.ts') && !/\.(test|bench|fixture)\.ts$/.test(f))
    .map(f => join(folder, 'src', f))
  const newest = newestOf([
    own,
    ...modelBuild,
    ...files,
    join(folder, 'tsconfig.json'),
    join(root, 'tsconfig.base.json'),
  ])
  if (!values.force && existsSync(stamp) && statSync(stamp).mtimeMs > newest) return
  rmSync(join(folder, 'dist'), { recursive: true, force: true })
  const only = after === undefined ? [] : ['--emitDeclarationOnly']
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, ...only], {
    stdio: 'inherit',
    cwd: root,
  })
  await after?.(folder)
  writeFileSync(stamp, '')
  console.log(`${name}: dist built`)
}

/**
 * Bundles the runtime into a few files: every worker loads all of it, and eighty small modules cost it 25 ms.
 * Each entry keeps the path of its module, because workers and the package's exports refer to these paths.
 */
async function bundleRuntime(folder: string): Promise<void> {
  const entries = [
    'index',
    'internal',
    'api',
    'thread/closure/closure',
    'thread/pool/entry',
    'thread/pool/browser-entry',
    'platform/evaluation',
    'platform/load',
    'platform/node',
    'platform/bun',
    'platform/deno',
    'platform/browser',
  ]
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map(entry => [entry, join(folder, 'src', `${entry}.ts`)])),
    external: ['#platform', /^node:/],
    platform: 'neutral',
    // Some modules are imported for their side effects: they register with the codec or with the reaper.
    treeshake: { moduleSideEffects: () => true },
    // Constants are inlined as numbers, because V8 folds no constant of another module (constants.ts).
    optimization: { inlineConst: { mode: 'all', pass: 3 } },
  })
  await bundle.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    sourcemap: true,
    // Line breaks are kept, because Node prints the source line of an uncaught error.
    minify: { compress: false, mangle: false, codegen: { removeWhitespace: false } },
    comments: { annotation: true, legal: false, jsdoc: false },
    chunkFileNames: 'shared/[name].js',
  })
  await bundle.close()
  const shared = readdirSync(join(folder, 'dist/shared')).filter(f => f.endsWith('.js'))
  const own = ['dist/thread/pool/entry.js', 'dist/platform/evaluation.js', 'dist/platform/load.js']
  const files = [...shared.map(f => join('dist/shared', f)), ...own].map(file => join(folder, file))
  const texts = files.map(path => ({ path, code: readFileSync(path, 'utf8') }))
  for (const { path, code } of withConstants(texts)) writeFileSync(path, inOneByte(code))
  await bundleModel(folder)
  await bundleScript(folder, 'isolate')
}

/** Bundles a classic script, which a page loads without a bundler. */
async function bundleScript(folder: string, name: string): Promise<void> {
  const bundle = await rolldown({ input: join(folder, `src/${name}.ts`), platform: 'browser' })
  await bundle.write({ file: join(folder, `dist/${name}.js`), format: 'iife' })
  await bundle.close()
}

/**
 * Escapes characters beyond Latin-1. Every worker keeps the source texts, and V8 stores a text that has such a
 * character in two bytes per character. Saves 0.34 MB a worker.
 */
function inOneByte(code: string): string {
  return code.replaceAll(/[\u0100-\uffff]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Bundles the model checker with the simulated backend of the library (scripts/model/simulated-build.ts). */
async function bundleModel(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: {
      index: join(folder, 'src/model/index.ts'),
      closure: join(folder, 'src/thread/closure/closure.ts'),
      cli: join(folder, 'src/model/cli/cli.ts'),
      job: join(folder, 'src/model/cli/job.ts'),
    },
    external: /^node:/,
    platform: 'neutral',
    treeshake: { moduleSideEffects: () => true },
    plugins: [modelPlugin(SIZE_REDUCTIONS, () => undefined)],
    checks: { pluginTimings: false },
  })
  await bundle.write({
    dir: join(folder, 'dist/model'),
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name].js',
  })
  await bundle.close()
}

/**
 * Bundles the compiler into a few files: a process loads it before the first file that mentions the library, and single
 * modules cost 10 ms.
 */
async function bundleCompiler(folder: string): Promise<void> {
  const entries = ['index', 'analysis', 'transform', ...HOSTS.map(host => `hosts/${host}`)]
  const bundle = await rolldown({
    input: Object.fromEntries(entries.map(entry => [entry, join(folder, 'src', `${entry}.ts`)])),
    external: /^(?!\.|\/)/,
    platform: 'neutral',
  })
  await bundle.write({
    dir: join(folder, 'dist'),
    format: 'esm',
    sourcemap: true,
    chunkFileNames: 'shared/[name].js',
  })
  await bundle.close()
}

function newestOf(files: string[]): number {
  return Math.max(...files.map(f => statSync(f).mtimeMs))
}
