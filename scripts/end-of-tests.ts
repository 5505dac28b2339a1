/**
 * Loaded before each test file: exits its process some time after its last test, because a failed test may have left a
 * wait or a loop behind.
 */
import { isMainThread } from 'node:worker_threads'

/** Within this time the results are reported, and a process that ends by itself has ended. */
const GRACE_MS = 20_000

// The workers of a test inherit the arguments of its process.
if (isMainThread) {
  const { after } = await import('node:test')
  after(() => {
    setTimeout(() => process.exit(), GRACE_MS).unref()
  })
}
