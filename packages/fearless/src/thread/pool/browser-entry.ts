/**
 * The first module of every worker in a browser: receives the worker's data, acquires the lock that tells the starter
 * of this worker's death, and then loads the library.
 *
 * The module imports nothing of the library statically, because the library's modules need the data when they are
 * evaluated.
 */
import {
  ALIVE,
  LOADED,
  START,
  type BootFailure,
  type BrowserStart,
  type StartMessage,
} from '../../platform/browser-start.ts'

const global = globalThis as { [START]?: BrowserStart } & Pick<DedicatedWorkerGlobal, 'postMessage'>

interface DedicatedWorkerGlobal {
  postMessage(message: unknown): void
}

addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const started = global[START]
  if (started === undefined) begin(data as StartMessage)
  else if (started.listener === undefined) started.early.push(data)
  else started.listener(data)
})

function begin(message: StartMessage): void {
  global[START] = { message, early: [], listener: undefined }
  void navigator.locks.request(message.life, async () => {
    global.postMessage(ALIVE)
    import('./entry.ts').then(
      () => global.postMessage(LOADED),
      (error: unknown) => global.postMessage({ fearless: 'failed', reason: String(error) } satisfies BootFailure),
    )
    // Held until the worker ends.
    await new Promise(() => {})
  })
}
