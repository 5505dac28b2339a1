// A thread's error arrives through every promise idiom.
// prints: RangeError caught finally 3
import { rejects } from 'node:assert/strict'
import { thread } from 'fearless'

const fail = () =>
  thread.spawn((): number => {
    throw new RangeError('bad')
  })
await rejects(fail(), RangeError)
const caught = await fail().catch(() => 'caught')
let last = ''
await fail()
  .finally(() => {
    last = 'finally'
  })
  .catch(() => {})
const settled = await Promise.allSettled([fail(), fail(), thread.spawn(() => 1)])
const name = await fail()
  .join()
  .then(
    () => '',
    (error: unknown) => (error as Error).name,
  )
console.log(name, caught, last, settled.length)
