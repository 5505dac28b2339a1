/** The output of other compilers runs in threads, and its `using` poisons a lock exactly when an error leaves its block. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { transform } from '../index.ts'

const limit = { timeout: 120_000 }
const root = join(import.meta.dirname, '../../../..')

const PROGRAM = `import { Arc, Mutex, move, thread } from 'fearless'
function logged(_: unknown, context: ClassMethodDecoratorContext): void { console.log(context.name) }
class Greeter { @logged greet(name: string): string { return 'hi ' + name } }
console.log(new Greeter().greet('x'))
const run = async (f: (m: Arc<Mutex<number>>) => unknown): Promise<void> => {
  const m = new Arc(new Mutex(0))
  await f(m)
  try { using guard = await m.lock(); console.log('free', guard.value) } catch (e) { console.log((e as Error).name) }
}
await run(m => thread.spawn(move(() => { using guard = m.lock().wait(); guard.value = 1 })).join())
await run(m => thread.spawn(move(() => {
  try { using guard = m.lock().wait(); guard.value = 2; throw new Error('caught') } catch { }
})).join())
await run(m => thread.spawn(move(() => { for (;;) { using guard = m.lock().wait(); guard.value = 3; break } })).join())
await run(m => thread.spawn(move(() => {
  // The inner disposer fails, so its error leaves the block of the lock.
  try { using guard = m.lock().wait(), other = { [Symbol.dispose](): void { throw new Error('disposer') } }; guard.value = other ? 4 : 0 } catch { }
})).join())
await run(m => thread.spawn(move(async () => {
  await using later = { async [Symbol.asyncDispose]() { await thread.yieldNow() } }
  using guard = await m.lock()
  guard.value = later ? 5 : 0
})).join())
`

const EXPECTED = ['greet', 'hi x', 'free 1', 'PoisonError', 'free 3', 'PoisonError', 'free 5', ''].join('\n')

/** Calls `body` with a folder that exists during the call. */
function inFolder(body: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'fearless-'))
  try {
    mkdirSync(join(folder, 'node_modules/@fearless'), { recursive: true })
    for (const [name, of] of [
      ['fearless', 'packages/fearless'],
      ['@fearless/compiler', 'packages/compiler'],
      ['@types', 'node_modules/@types'],
    ])
      symlinkSync(join(root, of), join(folder, 'node_modules', name), 'junction')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'app.ts'), PROGRAM)
    body(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function node(folder: string, ...args: string[]): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  return stdout + stderr
}

const TSC = join(root, 'node_modules/typescript/bin/tsc')

for (const target of ['es2022', 'es2024']) {
  test(`output of tsc for ${target} runs in threads and poisons as Rust does`, limit, () =>
    inFolder(folder => {
      const flags = ['--target', target, '--module', 'esnext', '--moduleResolution', 'bundler', '--noCheck']
      assert.equal(node(folder, TSC, ...flags, 'app.ts'), '')
      assert.equal(node(folder, '--import', '@fearless/compiler/register', 'app.js'), EXPECTED)
    }),
  )
}

test('output of esbuild without native `using` runs in threads and poisons as Rust does', limit, () =>
  inFolder(folder => {
    const esbuild = join(root, 'node_modules/esbuild/bin/esbuild')
    const { status, stderr } = spawnSync(esbuild, ['app.ts', '--outfile=app.js', '--target=node22', '--keep-names'], {
      cwd: folder,
      encoding: 'utf8',
    })
    assert.equal(status, 0, stderr)
    assert.equal(node(folder, '--import', '@fearless/compiler/register', 'app.js'), EXPECTED)
  }),
)

for (const [by, add, end, from] of [
  ['swc', '_ts_add_disposable_resource', '_ts_dispose_resources', '@swc/helpers'],
  ['tslib', '__addDisposableResource', '__disposeResources', 'tslib'],
]) {
  test(`the helpers of ${by} for \`using\` are replaced`, () => {
    const found = transform(
      'file:///app.js',
      `import { ${add}, ${end} } from '${from}'
import { thread } from 'fearless'
thread.spawn(() => {
  const env = { stack: [], error: void 0, hasError: false }
  try { ${add}(env, lock(), false) } catch (e) { env.error = e; env.hasError = true } finally { ${end}(env) }
})`,
    )
    const text = found?.texts.get('file:///app.js?fl=0') ?? ''
    assert.match(text, /try \{ __added\$\(env, lock\(\), false\) \}.*finally \{ __disposed\$\(env\) \}/)
    assert.match(text, /import \{ __added\$, __disposed\$ \} from 'fearless\/closure'/)
    assert.doesNotMatch(text, new RegExp(`from '${from}`))
  })
}

test('a helper that tsc declares by `this` is copied into the module of the closures', () => {
  const found = transform(
    'file:///app.js',
    `import { thread } from 'fearless'
var __rest = (this && this.__rest) || function (s, e) { return [s, e] };
thread.spawn(() => __rest(1, 2))`,
  )
  assert.match(found?.texts.get('file:///app.js?fl=lib') ?? '', /var __rest = +function \(s, e\)/)
})
