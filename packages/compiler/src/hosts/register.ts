/**
 * `node --import @fearless/compiler/register app.ts`.
 *
 * The parser is loaded lazily: a program that does not use the library must not pay for it. Where Node does not
 * remove types (before 22.18, or with `--no-strip-types`), this does.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { installHooks, type Compiler } from './hooks.ts'

const url = import.meta.url.replace(/hosts\/register(\.\w+)$/, 'transform$1')
const require = createRequire(import.meta.url)
let compiler: Compiler | undefined

installHooks({
  url,
  stripsTypes: Boolean((process.features as { typescript?: unknown }).typescript),
  compiler: () => (compiler ??= require(fileURLToPath(url)) as Compiler),
})
