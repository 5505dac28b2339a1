/**
 * Runs examples one after the other in one process, and writes the result of each to stdout as a line of JSON.
 *
 *   node --import @fearless/compiler/register docs-run.fixture.ts limit folder file...
 *
 * An example ends with its last line. Its timers and threads must end soon afterwards.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { NEXT_SLOT, PAR_HELPERS, RUN_LENGTH, SLOTS, SLOT_ID, SLOT_SIZE, SLOT_THREAD, i32 } from '../dist/internal.js'

const [limit, folder, ...files] = process.argv.slice(2)
/** The time limit of an example, and then of its threads. */
const LIMIT_MS = Number(limit)

/** Lists the resources that keep this process alive: timers, and threads that are not the library's own. */
function open(): string[] {
  const word = (at: number): number => Atomics.load(i32, at >> 2)
  let threads = word(RUN_LENGTH) - word(PAR_HELPERS)
  // The main thread has the first slot and is not counted.
  for (let n = 2; n <= word(NEXT_SLOT); n++) {
    const slot = SLOTS + n * SLOT_SIZE
    // The slot of a dead worker keeps the id of its thread until another worker takes the slot.
    if (word(slot + SLOT_ID) !== 0 && word(slot + SLOT_THREAD) !== 0) threads++
  }
  const resources = process.getActiveResourcesInfo().filter(name => name === 'Timeout' || name === 'Immediate')
  return [...resources, ...Array.from({ length: Math.max(0, threads) }, () => 'a thread')]
}

async function run(file: string): Promise<string | undefined> {
  // Waits for the callbacks that the previous example has scheduled for the next turn of the event loop.
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
