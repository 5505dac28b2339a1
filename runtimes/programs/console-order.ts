// Output of a thread appears at once, even while the main thread blocks.
import { writeSync } from 'node:fs'
import { thread } from 'fearless'

const handle = thread.spawn(() => {
  console.log('from the thread, %s and %d', 'formatted', 2)
  process.stdout.write('written\n')
})
handle.join().wait()
writeSync(1, 'main had blocked\n')
await thread.spawn(() => console.error('and an error')).join()
//=> from the thread, formatted and 2
//=> written
//=> main had blocked
//=! and an error
