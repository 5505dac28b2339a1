/**
 * Copies the README, the licenses and the changelog into the package that npm is about to pack.
 *
 *   node ../../scripts/pack.ts [--remove]     in the folder of a package; npm runs it as `prepack` and `postpack`
 *
 * The copies exist only while npm packs, so the repository has one text of each. A page on npmjs.com has no folder
 * beside it, so a relative link becomes the address of its file in the repository.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'
import { root } from './runtimes.ts'

/** The document that becomes the README of each package. */
const READMES: Readonly<Record<string, string>> = {
  fearless: 'README.md',
  compiler: 'docs/where.md',
  check: 'docs/check.md',
}
const COPIES = ['LICENSE-MIT', 'LICENSE-APACHE', 'CHANGELOG.md']

const folder = process.cwd()
const readme = READMES[basename(folder)]
if (readme === undefined || dirname(folder) !== join(root, 'packages'))
  throw new Error(`There is no package to pack in ${folder}. Run \`npm pack -w NAME\` in the root of the repository.`)

if (process.argv.includes('--remove')) {
  for (const name of ['README.md', ...COPIES]) rmSync(join(folder, name), { force: true })
} else {
  for (const name of COPIES) copyFileSync(join(root, name), join(folder, name))
  const { homepage } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { homepage: string }
  const text = readFileSync(join(root, readme), 'utf8')
  writeFileSync(join(folder, 'README.md'), withAddresses(text, homepage.replace(/#.*/, '')))
}

/** Replaces the target of each relative link by its address in the repository. */
function withAddresses(text: string, repository: string): string {
  return text.replaceAll(/\]\((?![a-z]+:|#)([^)\s]+)\)/g, (_, target: string) => {
    const path = posix.join(posix.dirname(readme!), target)
    return `](${repository}/blob/main/${path})`
  })
}
