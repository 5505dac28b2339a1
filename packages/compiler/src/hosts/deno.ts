/**
 * `deno run --preload npm:@fearless/compiler/deno app.ts`.
 *
 * Deno cannot load a module from inside a load hook, so the parser comes first. And it maps the stack of what a hook
 * gives by the map of the file on disk, which it has compiled too: a map without mappings leaves lines as they are.
 */
import { installHooks } from './hooks.ts'
import * as compiler from '../transform.ts'

const NO_MAP = `\n//# sourceMappingURL=data:application/json;base64,${btoa('{"version":3,"sources":[],"names":[],"mappings":""}')}\n`

const withoutMap: typeof compiler = {
  ...compiler,
  transformFile(url, source, options) {
    const transformed = compiler.transformFile(url, source, options)
    return transformed && { ...transformed, code: transformed.code + NO_MAP }
  },
}

installHooks({
  url: import.meta.url.replace(/hosts\/deno(\.\w+)$/, 'transform$1'),
  stripsTypes: true,
  compiler: () => withoutMap,
})
