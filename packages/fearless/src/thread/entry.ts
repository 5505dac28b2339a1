/** The first line that every worker runs: it has its inheritance already, so the library's modules find the heap. */
import { platform } from '#platform'
import type { Transform } from '../platform/platform.ts'
import { textOf } from './closure.ts'
import { compilerUrl } from './pool.ts'
import { supervise } from './supervisor.ts'
import { work } from './worker.ts'

/** The kinds of handles that a message may bring, and the library's own threads, whatever a thread imports itself. */
const loadRest = (): Promise<unknown> => import('./rest.ts')

const inheritance = platform.inheritance!
platform.printAtOnce()
if (inheritance.role === 'supervisor') supervise(loadRest)
else {
  platform.serveTexts(textOf, compiler(), compilerUrl() !== undefined)
  void work(inheritance.thread, loadRest)
}

/** The compiler, loaded when a thread first imports a file that mentions the library. */
function compiler(): Transform {
  let transform: Transform | undefined
  return (url, source) => {
    if (!source.includes('fearless')) return undefined
    const from = compilerUrl()
    // The compiler mentions the library itself.
    if (from === undefined || url.startsWith(new URL('.', from).href)) return undefined
    transform ??= (platform.require(from) as { transformFile: Transform }).transformFile
    return transform(url, source)
  }
}
