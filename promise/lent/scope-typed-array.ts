// Two scoped threads fill the halves of one typed array.
// prints or refused: 8
import { thread } from 'fearless'

const cells = new Int32Array(8)
await thread.scope(s => {
  s.spawn(() => {
    for (let at = 0; at < 4; at++) cells[at] = 1
  })
  s.spawn(() => {
    for (let at = 4; at < 8; at++) cells[at] = 1
  })
})
console.log(cells.reduce((a, b) => a + b, 0))
