/** One configuration suppresses a code in the load hook, in bundlers and in the checker. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import { ConfigError } from './config.ts'
import { CompileError } from './diagnostics/errors.ts'
import forEsbuild from './hosts/esbuild.ts'
import { transform } from './index.ts'
import forRollup from './hosts/rollup.ts'
import { transformFile } from './transform.ts'

const limit = { timeout: 30_000 }
const PAGE = `import { thread } from 'fearless'\nthread.spawn(() => document.title)\n`
const ALLOWED = '{ "fearless": { "allow": ["F1009"] } } // as TypeScript reads it'

function inFolder<R>(files: Record<string, string>, body: (folder: string) => R): R {
  const folder = mkdtempSync(join(tmpdir(), 'fearless-config-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const result = body(folder)
  if (result instanceof Promise) return result.finally(remove) as R
  remove()
  return result
}

function isRefused(path: string): boolean {
  try {
    assert.ok(transform(pathToFileURL(path).href, PAGE))
    assert.ok(transformFile(pathToFileURL(path).href, PAGE))
    return false
  } catch (error) {
    if (error instanceof CompileError && error.code === 'F1009') return true
    throw error
  }
}

for (const [name, files, refused] of [
  ['no configuration', {}, true],
  ['tsconfig.json', { 'tsconfig.json': ALLOWED }, false],
  ['a tsconfig.json further up', { 'tsconfig.json': ALLOWED, 'src/package.json': '{}' }, false],
  ['a nearer tsconfig.json without the section', { 'tsconfig.json': ALLOWED, 'src/tsconfig.json': '{}' }, true],
  ['package.json beside tsconfig.json', { 'tsconfig.json': '{}', 'package.json': ALLOWED }, false],
  ['package.json alone', { 'package.json': ALLOWED }, false],
  ['another code', { 'tsconfig.json': '{ "fearless": { "allow": ["F1006"] } }' }, true],
  ['a folder that is not checked', { 'tsconfig.json': '{ "fearless": { "exclude": ["src"] } }' }, false],
] as const) {
  test(`${refused ? 'refused' : 'allowed'}: ${name}`, limit, () =>
    inFolder({ ...files, 'src/page.ts': PAGE }, folder => {
      assert.equal(isRefused(join(folder, 'src/page.ts')), refused)
    }),
  )
}

test('a configuration with an unknown option is refused when it is read', limit, () =>
  inFolder({ 'tsconfig.json': '{ "fearless": { "alow": [] } }', 'page.ts': PAGE }, folder => {
    assert.throws(() => isRefused(join(folder, 'page.ts')), ConfigError)
  }),
)

test('bundlers apply the same configuration as the load hook', limit, () =>
  inFolder({ 'page.js': PAGE }, async folder => {
    const [page, config] = [join(folder, 'page.js'), join(folder, 'tsconfig.json')]
    const byEsbuild = () =>
      build({
        entryPoints: [page],
        bundle: true,
        format: 'esm',
        write: false,
        outdir: join(folder, 'out'),
        external: ['fearless'],
        logLevel: 'silent',
        plugins: [forEsbuild()],
      })
    const byRollup = async () => {
      const bundle = await rollup({ input: page, external: ['fearless'], plugins: [forRollup()] })
      await bundle.close()
    }
    for (const bundle of [byEsbuild, byRollup]) {
      writeFileSync(config, '{}')
      await assert.rejects(bundle, /F1009/)
      writeFileSync(config, ALLOWED)
      await bundle()
    }
  }),
)
