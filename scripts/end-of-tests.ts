/** Loaded before each test file: ends its process a while after its last test, if a test that failed has left a wait or a loop behind. */
import { isMainThread } from 'node:worker_threads'

/** Until then the results have been reported, and a process that ends by itself has ended. */
const GRACE_MS = 20_000

// The workers of a test inherit the arguments of its process.
if (isMainThread) {
  const { after } = await import('node:test')
  after(() => {
    setTimeout(() => process.exit(), GRACE_MS).unref()
  })
}
