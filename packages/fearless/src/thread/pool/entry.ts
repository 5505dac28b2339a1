/**
 * The entry module of every worker and of the supervisor.
 *
 * The platform has set `inheritance` before it evaluates this module, so the library's modules find the shared heap.
 */
import { platform } from '#platform'
import { ClosureError } from '../../errors.ts'
import { noteText } from '../../platform/leftovers.ts'
import type { FileCompiler } from '../../platform/load.ts'
import { compilerUrl, moduleText } from '../closure/closure.ts'
import { runSupervisor } from './supervisor.ts'
import { runWorker } from './worker.ts'

/** Loads all kinds of handles that a message may contain, and the closures that the library itself defines. */
const loadRest = (): Promise<unknown> => import('./full-library.ts')

const inheritance = platform.inheritance!
platform.printAtOnce()
if (inheritance.role === 'supervisor') runSupervisor(loadRest)
else {
  const { entry } = inheritance
  platform.serveTexts({ find: noted, compiler: compiler(), entry, refuseEntry })
  void runWorker(inheritance.thread, loadRest)
}

function refuseEntry(chain: readonly string[]): never {
  const files = chain.map(url => url.replace(/^.*[/\\]/, '').replace(/\?fl=\w+/, ' (a closure)'))
  throw new ClosureError(
    'FL2001',
    `A thread imported ${files.at(-1)}, the program's entry, which would run the program again in each thread` +
      `${files.length > 1 ? `: ${files.join(' -> ')}` : ''}. Move the code that the thread needs into a file of its own.`,
  )
}

/** Returns the text of a closure's module and notes it, because the worker evaluates it next. */
function noted(url: string): string | undefined {
  const text = moduleText(url)
  if (text !== undefined) noteText(text)
  return text
}

interface CompilerModule {
  transformFile(
    url: string,
    source: string,
    options: { readonly leavesDecorators: boolean },
  ): { readonly code: string } | undefined
  eraseTypes(url: string, source: string): string
}

/** The compiler, loaded when a thread imports the first file that needs it. */
function compiler(): FileCompiler {
  const from = compilerUrl()
  let loaded: CompilerModule | undefined
  let isLoading = false

  function load(url: string): CompilerModule | undefined {
    // The compiler's own files mention the library, and so do those that it imports. They must not be transformed.
    if (from === undefined || isLoading || url.startsWith(new URL('.', from).href)) return undefined
    if (loaded !== undefined) return loaded
    isLoading = true
    try {
      return (loaded = platform.require(from) as CompilerModule)
    } finally {
      isLoading = false
    }
  }

  return {
    certain: from !== undefined,
    stripsTypes: platform.stripsTypes,
    note: noteText,
    compile(url, text, leavesDecorators) {
      noteText(text)
      return text.includes('fearless') ? load(url)?.transformFile(url, text, { leavesDecorators })?.code : undefined
    },
    eraseTypes: (url, text) => load(url)?.eraseTypes(url, text),
  }
}
