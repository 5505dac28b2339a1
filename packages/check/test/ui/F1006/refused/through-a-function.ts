import { thread } from 'fearless'

let calls = 0
function count(): number {
  calls++
  return calls
}
count()
thread.spawn(() => count())
