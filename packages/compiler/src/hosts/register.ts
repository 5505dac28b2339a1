/**
 * The load hook of Node: `node --import @fearless/compiler/register app.ts`.
 *
 * The parser is loaded lazily, because a program that does not use the library must not pay for it. If Node does not
 * remove types (before 22.18, or with `--no-strip-types`), this hook does.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../config.ts'
import { installHooks, type Compiler } from './hooks.ts'

const url = import.meta.url.replace(/hosts\/register(\.\w+)$/, 'transform$1')
const require = createRequire(import.meta.url)
let compiler: Compiler | undefined

installHooks({
  url,
  stripsTypes: Boolean((process.features as { typescript?: unknown }).typescript),
  compiler: () => (compiler ??= load()),
})

function load(): Compiler {
  try {
    return require(fileURLToPath(url)) as Compiler
  } catch (cause) {
    // `process.permission` exists only with `--permission`.
    const { permission } = process as { permission?: { has(scope: string): boolean } }
    if (permission === undefined || permission.has('addon')) throw cause
    throw new ConfigError(
      'The compiler could not load its parser, which is a native module: `--permission` forbids addons. ' +
        'Add `--allow-addons` and `--allow-worker`, or build the program, which needs no compiler at run time.',
      { cause },
    )
  }
}
