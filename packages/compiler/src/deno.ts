/**
 * `deno run --preload npm:@fearless/compiler/deno app.ts`.
 *
 * Deno cannot load a module from inside a load hook, so the parser comes first.
 */
import { installHooks } from './hooks.ts'
import * as compiler from './transform.ts'

installHooks({
  url: import.meta.url.replace(/deno(\.\w+)$/, 'transform$1'),
  stripsTypes: true,
  compiler: () => compiler,
})
