/**
 * Tests the tarballs that npm publishes: their files, their texts, their sizes, and whether every kind of import finds
 * them. Packs each package as `npm publish` does, into a scratch folder.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from './runtimes.ts'
import { ScratchFolder } from './scratch.ts'

const limit = { timeout: 120_000 }

interface Shipped {
  readonly folder: string
  /** Matches the path of every file. */
  readonly files: RegExp
  readonly packedKb: number
  readonly unpackedKb: number
}

const DIST = String.raw`dist/(?:[\w-]+/)*[\w-]+(?:\.generated|\.simulated)?(?:\.js(?:\.map)?|\.d\.ts)`
const TEXTS = String.raw`package\.json|README\.md|CHANGELOG\.md|LICENSE-(?:MIT|APACHE)`

const SHIPPED: Readonly<Record<string, Shipped>> = {
  fearless: {
    folder: 'packages/fearless',
    files: new RegExp(`^(?:${TEXTS}|${DIST}|bin/fearless\\.js)$`),
    packedKb: 1600,
    unpackedKb: 6000,
  },
  '@fearless/compiler': {
    folder: 'packages/compiler',
    files: new RegExp(`^(?:${TEXTS}|${DIST})$`),
    packedKb: 300,
    unpackedKb: 1000,
  },
  '@fearless/check': {
    folder: 'packages/check',
    files: new RegExp(`^(?:${TEXTS}|${DIST})$`),
    packedKb: 450,
    unpackedKb: 1800,
  },
}

const scratch = new ScratchFolder()
after(() => scratch[Symbol.dispose]())
const packed = new Map<string, { readonly tarball: string; readonly folder: string }>()

for (const [name, { folder, files, packedKb, unpackedKb }] of Object.entries(SHIPPED)) {
  test(`the tarball of ${name} has its texts and code, and no more`, limit, () => {
    const { tarball, folder: unpacked } = pack(name)
    const paths = globSync('**', { cwd: unpacked }).filter(path => statSync(join(unpacked, path)).isFile())
    assert.deepEqual(
      paths.filter(path => !files.test(path.replaceAll('\\', '/'))),
      [],
    )
    for (const text of ['README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) {
      assert.ok(paths.includes(text), text)
      assert.ok(!existsSync(join(root, folder, text)), `npm left ${folder}/${text} behind`)
    }
    assert.doesNotMatch(readFileSync(join(unpacked, 'README.md'), 'utf8'), /\]\((?!https:|#)/)
    const kb = (bytes: number): number => Math.round(bytes / 1000)
    assert.ok(kb(statSync(tarball).size) < packedKb, `${kb(statSync(tarball).size)} kB packed`)
    const bytes = paths.reduce((sum, path) => sum + statSync(join(unpacked, path)).size, 0)
    assert.ok(kb(bytes) < unpackedKb, `${kb(bytes)} kB unpacked`)
  })

  test(`no file of ${name} names a folder of the machine that built it`, limit, () => {
    const { folder: unpacked } = pack(name)
    const places = [root, root.replaceAll('\\', '\\\\'), process.env['HOME'] ?? root]
    const naming = globSync('**/*.*', { cwd: unpacked }).filter(path => {
      if (!statSync(join(unpacked, path)).isFile()) return false
      const text = readFileSync(join(unpacked, path), 'utf8')
      return places.some(place => place.length > 1 && text.includes(`${place}/`))
    })
    assert.deepEqual(naming, [])
  })

  test(`publint accepts ${name}`, limit, async () => {
    const { folder: unpacked } = pack(name)
    const { messages, pkg } = await publint({ pkgDir: unpacked, pack: false, strict: true })
    assert.deepEqual(
      messages.map(message => formatMessage(message, pkg)),
      [],
    )
  })

  test(`Node, bundlers and require find the types and the code of ${name}`, limit, () => {
    const { tarball } = pack(name)
    const attw = fileURLToPath(new URL('dist/index.js', import.meta.resolve('@arethetypeswrong/cli/package.json')))
    // The packages are modules. Node 22.15 and newer accept `require` of a module, so its warning is no problem.
    const options = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm', '--no-color', '--no-emoji']
    const run = spawnSync(process.execPath, [attw, tarball, ...options], { encoding: 'utf8', timeout: 100_000 })
    assert.equal(run.status, 0, run.stdout + run.stderr)
  })
}

test('the manifests name one version, license and repository, and fearless has no dependency', () => {
  const manifests = Object.values(SHIPPED).map(
    ({ folder }) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Record<string, unknown>,
  )
  for (const each of manifests) {
    assert.equal(each['version'], manifests[0]['version'])
    assert.equal(each['license'], 'MIT OR Apache-2.0')
    const { url } = each['repository'] as { url: string }
    assert.equal(url, (manifests[0]['repository'] as { url: string }).url)
    assert.ok((each['keywords'] as string[]).length >= 5)
    assert.match(each['homepage'] as string, /^https:/)
  }
  assert.equal(manifests[0]['dependencies'], undefined)
})

/** Packs and unpacks a package once. */
function pack(name: string): { readonly tarball: string; readonly folder: string } {
  const known = packed.get(name)
  if (known !== undefined) return known
  const out = execFileSync('npm', ['pack', '-w', name, '--pack-destination', scratch.path, '--silent'], {
    cwd: root,
    encoding: 'utf8',
  })
  const tarball = scratch.at(out.trim().split('\n').at(-1)!)
  const folder = scratch.at(name.replace('/', '-'))
  mkdirSync(folder)
  execFileSync('tar', ['xzf', tarball, '-C', folder, '--strip-components', '1'])
  const result = { tarball, folder }
  packed.set(name, result)
  return result
}
