/**
 * The Deno preload: `deno run --preload npm:@fearless/compiler/deno app.ts`.
 *
 * Deno cannot load a module inside a load hook, so the parser is loaded first. Deno also compiles the file on disk, and
 * applies that map to stacks of the hook's output. A map without mappings prevents it and leaves the lines unchanged.
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
