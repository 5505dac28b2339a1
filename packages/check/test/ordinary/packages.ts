/**
 * Checks well-known packages that ship their TypeScript sources and do not use the library. They must have no finding.
 *
 *   npm run ordinary -w @fearless/check
 *
 * They are installed on first use, apart from the workspace.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkAll, described } from './check-all.ts'

const PACKAGES: Record<string, string> = {
  '@automerge/automerge-repo': '2.5.6',
  '@grpc/grpc-js': '1.14.7',
  '@msgpack/msgpack': '3.1.3',
  '@reduxjs/toolkit': '2.11.2',
  '@supabase/realtime-js': '2.109.0',
  '@tanstack/form-core': '1.33.5',
  '@tanstack/query-core': '5.90.12',
  '@tanstack/router-core': '1.171.39',
  '@tanstack/table-core': '8.21.3',
  '@temporalio/client': '1.24.0',
  '@temporalio/common': '1.24.0',
  '@trpc/server': '11.25.2',
  bson: '7.3.4',
  comlink: '4.4.2',
  effect: '3.19.14',
  immer: '11.1.0',
  mobx: '6.15.0',
  mongodb: '7.9.0',
  msw: '2.12.7',
  openai: '6.49.0',
  piscina: '5.3.2',
  'puppeteer-core': '24.43.1',
  redux: '5.0.1',
  reselect: '5.1.1',
  rxdb: '17.6.0',
  rxjs: '7.8.2',
  zod: '4.3.4',
}

const cache = fileURLToPath(new URL('../../../../node_modules/.cache/fearless-ordinary', import.meta.url))
mkdirSync(cache, { recursive: true })
writeFileSync(join(cache, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: PACKAGES }))
const npm = spawnSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock'], {
  cwd: cache,
  stdio: ['ignore', 'ignore', 'inherit'],
  timeout: 300_000,
})
if (npm.status !== 0) process.exit(2)

let refused = 0
let total = 0
for (const [name, version] of Object.entries(PACKAGES)) {
  const folder = join(cache, 'node_modules', name, 'src')
  if (!existsSync(folder)) throw new Error(`${name}@${version} does not ship its sources. Take it off the list.`)
  const config = join(cache, `${name.replaceAll(/\W/g, '-')}.json`)
  const compilerOptions = {
    target: 'es2024',
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'preserve',
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    experimentalDecorators: true,
    types: [],
  }
  writeFileSync(config, JSON.stringify({ compilerOptions, include: [folder], exclude: [] }))
  const { files, lines, diagnostics } = checkAll(config)
  console.log(`${name}@${version}: ${files} files, ${lines} lines, ${diagnostics.length} refused`)
  if (files === 0) throw new Error(`${name}@${version} has no sources in ${folder}.`)
  for (const each of diagnostics) console.log(`  ${described(each)}`)
  refused += diagnostics.length
  total += files
}
console.log(`${Object.keys(PACKAGES).length} packages, ${total} files, ${refused} refused`)
if (total < 2400) throw new Error(`Only ${total} files were looked at: some package no longer ships its sources.`)
process.exitCode = refused === 0 ? 0 : 1
