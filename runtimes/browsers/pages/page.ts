// Runs the program that the page's url names, on the page or in a dedicated worker: `?program=spawn.ts&in=page`.
import type { Outcome } from './outcome.ts'

const query = new URLSearchParams(location.search)
const program = query.get('program')

// A smaller heap is full earlier.
if (program === 'heap-full.ts') Object.assign(globalThis, { FEARLESS_HEAP_MB: 256 })

declare global {
  interface Window {
    finished: Promise<Outcome>
  }
}

async function run(name: string): Promise<Outcome> {
  if (query.get('in') === 'worker') {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    worker.postMessage(name)
    return new Promise(done => {
      worker.addEventListener('message', ({ data }) => done(data as Outcome))
      worker.addEventListener('error', ({ message }) => done({ lines: [], error: message }))
    })
  }
  const { outcomeOf } = await import('./outcome.ts')
  return outcomeOf(name)
}

window.finished = program === null ? Promise.resolve({ lines: [], error: undefined }) : run(program)
