/** One run of the soak test, with the compiler: `run.ts NAME SCALE`. Prints its progress every few seconds at most. */
import { full } from './full.ts'
import { locks } from './locks.ts'
import { messages } from './messages.ts'
import { operations } from './operations.ts'

const EVERY_MS = 2000

const [name, scale] = process.argv.slice(2)
const started = performance.now()
let said = -Infinity

function say(text: string): void {
  const now = performance.now()
  if (now - said < EVERY_MS) return
  said = now
  console.log(`  ${name}: ${text}, ${((now - started) / 1000).toFixed(0)} s`)
}

if (name === 'locks') await locks(Number(scale), say)
else if (name === 'messages') await messages(Number(scale), say)
else if (name === 'full') await full(Number(scale), say)
else if (name === 'operations') await operations(Number(scale), say)
else {
  // Imported late, because the module spawns a thread that only these runs need.
  const { deaths } = await import('./deaths.ts')
  await deaths(name.replace('deaths-', ''), Number(scale), say)
}
process.exit(0)
