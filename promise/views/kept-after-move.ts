// The view of a vec is written to while another thread owns the vec.
// prints or refused: 7
import { sleep, thread, vec } from 'fearless'

const kept: { view?: Int32Array } = {}
const numbers = vec.i32([7])
numbers.with(view => {
  kept.view = view
})
const handle = thread.spawn(v => {
  sleep(50).wait()
  return v.get(0)
}, numbers)
kept.view![0] = 666
console.log(await handle.join())
