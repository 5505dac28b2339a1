/** Tests that a scratch folder finds the packages, and that it is removed, also after a failure. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { root } from './runtimes.ts'
import { ScratchFolder } from './scratch.ts'

const limit = { timeout: 30_000 }

test('a program in a scratch folder loads the modules of the workspace', limit, async () => {
  using scratch = new ScratchFolder({
    'deep/app.ts': "export const found: string = import.meta.resolve('fearless')\nexport * from 'fearless/api'\n",
  })
  assert.ok(!scratch.path.startsWith(root))
  const { found } = (await import(pathToFileURL(scratch.at('deep/app.ts')).href)) as { found: string }
  assert.equal(found, import.meta.resolve('fearless'))
})

test('a link replaces a package of the workspace', limit, async () => {
  using scratch = new ScratchFolder({
    'own/package.json': '{ "name": "fearless", "type": "module", "exports": "./index.js" }',
    'own/index.js': 'export const own = true\n',
    'app.js': "export * from 'fearless'\n",
  })
  scratch.link('fearless', scratch.at('own'))
  assert.deepEqual({ ...((await import(pathToFileURL(scratch.at('app.js')).href)) as object) }, { own: true })
})

test('a scratch folder is removed at the end of its scope', limit, () => {
  let path: string
  {
    using scratch = new ScratchFolder({ 'a/b.txt': 'b' })
    path = scratch.path
    assert.equal(scratch.read('a/b.txt'), 'b')
  }
  assert.ok(!existsSync(path))
})

for (const [end, last] of [
  ['returns', ''],
  ['throws', "throw new Error('failed')"],
  ['exits', 'process.exit(3)'],
]) {
  test(`the scratch folders of a process that ${end} are removed`, limit, () => {
    using scratch = new ScratchFolder({
      'app.ts': `import { ScratchFolder } from ${JSON.stringify(pathToFileURL(join(root, 'scripts/scratch.ts')).href)}
for (const n of [1, 2]) console.log(new ScratchFolder({ 'file.txt': String(n) }).path)
${last}
`,
    })
    const { stdout } = spawnSync(process.execPath, [scratch.at('app.ts')], { encoding: 'utf8', timeout: 20_000 })
    const [one, two, ...others] = stdout.trim().split('\n')
    assert.deepEqual(others, [])
    assert.notEqual(one, two)
    assert.ok(one.startsWith(join(realpathSync(tmpdir()), 'fearless-')), stdout)
    assert.deepEqual([one, two].filter(existsSync), [])
  })
}

test("no file makes a temporary folder outside of the system's", limit, () => {
  const sources = globSync(
    ['packages/*/{src,test}/**/*.ts', '{scripts,bench,lessons,examples,runtimes,promise}/**/*.ts'],
    {
      cwd: root,
      exclude: ['**/node_modules/**', '**/dist/**'],
    },
  )
  assert.ok(sources.length > 500)
  const elsewhere = sources.filter(file =>
    /\bmkdtemp(?:Sync)?\((?!join\(tmpdir\(\))/.test(readFileSync(join(root, file), 'utf8')),
  )
  assert.deepEqual(elsewhere, [])
})
