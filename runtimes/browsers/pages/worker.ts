// Runs a program with this worker as its main thread, which may block once the first thread has run.
import { thread } from 'fearless'
import { outcomeOf } from './outcome.ts'

addEventListener('message', ({ data }: MessageEvent<string>) => {
  void (async () => {
    await thread.spawn(() => {})
    postMessage(await outcomeOf(data))
  })()
})
