/**
 * Prepares the cells: installs the rivals, and converts the harness to plain JavaScript.
 *
 * Types are stripped beforehand, because a thread that strips them itself takes three times as long to start. Users of
 * a published package do not pay that.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname } from 'node:path'
import { BENCH } from './line-up.ts'

/** Installs the rivals into bench/node_modules unless the versions of the lock file are there. */
export function installRivals(): void {
  const installed = `${BENCH}node_modules/.package-lock.json`
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${BENCH}package-lock.json`).mtimeMs) return
  process.stderr.write('Installing the rivals into bench/node_modules...\n')
  const { npm_execpath: npm } = process.env
  const [command, args] = npm === undefined ? ['npm', []] : [process.execPath, [npm]]
  const install = [...args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund']
  spawnSync(command, install, { cwd: BENCH, stdio: ['ignore', 2, 2] })
}

/** Converts bench/**.ts to bench/dist/**.js, with the same lines. */
export function stripTypes(): void {
  rmSync(`${BENCH}dist`, { recursive: true, force: true })
  const exclude = ['**/*.d.ts', '**/*.test.ts']
  for (const file of globSync(['*.ts', 'rows/*.ts', 'contenders/*.ts', 'programs/*.ts'], { cwd: BENCH, exclude })) {
    const code = stripTypeScriptTypes(readFileSync(BENCH + file, 'utf8')).replace(
      /((?:from |import\(|new URL\()['`]\.[^'`]*)\.ts(?=['`])/g,
      '$1.js',
    )
    const target = `${BENCH}dist/${file.replace(/\.ts$/, '.js')}`
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, code)
  }
}
