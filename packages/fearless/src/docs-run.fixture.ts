/**
 * Runs examples one after the other, in one process, and says on stdout how each went, in a line of JSON each.
 *
 *   node --import @fearless/compiler/register docs-run.fixture.ts limit folder file...
 *
 * An example ends with its last line; what it has opened must be closed soon after: timers, and threads.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NEXT_SLOT, PAR_HELPERS, RUN_LENGTH, SLOTS, SLOT_ID, SLOT_SIZE, SLOT_THREAD, i32 } from '../dist/internal.js'

const [limit, folder, ...files] = process.argv.slice(2)
/** The longest that one example may take, and then that its threads may take to end. */
const LIMIT_MS = Number(limit)

/** What keeps this process busy: its timers and files, and the threads that are not the library's own. */
function open(): string[] {
  const word = (at: number): number => Atomics.load(i32, at >> 2)
  let threads = word(RUN_LENGTH) - word(PAR_HELPERS)
  // Main runs a thread of its own: slots begin with it.
  for (let n = 2; n <= word(NEXT_SLOT); n++) {
    const slot = SLOTS + n * SLOT_SIZE
    // The slot of a dead worker says which thread it had until it is used again.
    if (word(slot + SLOT_ID) !== 0 && word(slot + SLOT_THREAD) !== 0) threads++
  }
  const resources = process.getActiveResourcesInfo().filter(name => name === 'Timeout' || name === 'Immediate')
  return [...resources, ...Array.from({ length: Math.max(0, threads) }, () => 'a thread')]
}

async function run(file: string): Promise<string | undefined> {
  // What the example before was to do in the next turn is no business of this one.
  await new Promise(resolve => void setImmediate(resolve))
  const before = open()
  const late = Promise.withResolvers<string>()
  const timer = setTimeout(() => late.resolve(`it has not ended within ${LIMIT_MS / 1000} s`), LIMIT_MS)
  const ended = import(pathToFileURL(file).href).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? `${error.stack}` : String(error)),
  )
  const failure = await Promise.race([ended, late.promise])
  clearTimeout(timer)
  if (failure !== undefined) return failure
  for (const end = performance.now() + LIMIT_MS; performance.now() < end;) {
    const left = open()
    if (left.length <= before.length) return undefined
    await new Promise(resolve => {
      setTimeout(resolve, 2)
    })
  }
  return `it has left open: ${open().join(', ')}`
}

console.log = () => {}
for (const file of files) {
  const failure = await run(join(folder, file))
  writeSync(1, `${JSON.stringify({ file, failure: failure ?? null })}\n`)
}
process.exit(0)
