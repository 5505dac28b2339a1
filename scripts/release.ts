/**
 * Publishes the packages, by default as a rehearsal.
 *
 *   node scripts/release.ts [--publish] [--tag TAG] [--help]
 *
 * It refuses manifests whose versions differ, a changelog without the version, a work tree with changes, and, for a real
 * release, an environment that cannot sign the provenance: npm asks the CI's identity provider, which a machine of a
 * person does not have. Then it builds, tests the tarballs, and publishes them lowest layer first.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './runtimes.ts'

/** Lowest first: each is installable as soon as it is published, except the compiler's peer. */
const PACKAGES = ['fearless', '@fearless/compiler', '@fearless/check']

const { values } = parseArgs({
  options: { publish: { type: 'boolean' }, tag: { type: 'string', default: 'latest' }, help: { type: 'boolean' } },
})

interface Manifest {
  readonly name: string
  readonly version: string
  readonly repository: { readonly url: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const manifests = PACKAGES.map(name => {
  const path = join(root, 'packages', name.replace('@fearless/', ''), 'package.json')
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest
})

if (values.help) {
  console.log('node scripts/release.ts [--publish: for real, in CI] [--tag TAG]')
} else {
  const complaints = complaintsBefore()
  for (const complaint of complaints) console.error(`release: ${complaint}`)
  // A rehearsal goes on, so that one run shows all that is missing.
  if (complaints.length > 0 && values.publish) process.exit(1)
  npm('run', 'build')
  execFileSync(process.execPath, [join(root, 'scripts/test.ts'), '--quick', '--only', 'scripts/pack'], {
    cwd: root,
    stdio: 'inherit',
  })
  for (const name of PACKAGES) npm('publish', '-w', name, ...publishOptions())
  console.log(values.publish ? 'release: published' : 'release: this was a rehearsal; --publish publishes')
  if (complaints.length > 0) process.exitCode = 1
}

/** npm signs a provenance only in CI, also for a dry run. */
function publishOptions(): string[] {
  const options = ['--access', 'public', '--tag', values.tag]
  if (canSign()) options.push('--provenance')
  return values.publish ? options : [...options, '--dry-run']
}

function canSign(): boolean {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: github, SIGSTORE_ID_TOKEN: gitlab } = process.env
  return github !== undefined || gitlab !== undefined
}

function complaintsBefore(): string[] {
  const complaints: string[] = []
  const { version } = manifests[0]
  for (const { name, version: own, dependencies, peerDependencies } of manifests) {
    if (own !== version) complaints.push(`${name} has the version ${own}, and fearless has ${version}.`)
    for (const [other, range] of Object.entries({ ...dependencies, ...peerDependencies }))
      if (PACKAGES.includes(other) && range !== version)
        complaints.push(`${name} needs ${other} ${range}, and its version is ${version}.`)
  }
  if (!readFileSync(join(root, 'CHANGELOG.md'), 'utf8').includes(`\n## ${version}`))
    complaints.push(`CHANGELOG.md has no heading "## ${version}". Rename "## Unreleased".`)
  if (git('status', '--porcelain') !== '') complaints.push('The work tree has changes. Commit them.')
  const [{ repository }] = manifests
  const origin = git('config', '--default', '', '--get', 'remote.origin.url')
  if (pathOf(origin) !== pathOf(repository.url))
    complaints.push(`The provenance names ${repository.url}, got the origin "${origin}". Correct "repository".`)
  if (values.publish && !canSign())
    complaints.push('The provenance cannot be signed here. Run it in CI with `id-token: write`.')
  return complaints
}

/** The owner and name in the address of a repository, which has several forms. */
function pathOf(url: string): string {
  return /[/:]([^/:]+\/[^/]+?)(?:\.git)?$/.exec(url)?.[1] ?? ''
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
}

function npm(...args: string[]): void {
  execFileSync('npm', args, { cwd: root, stdio: 'inherit' })
}
