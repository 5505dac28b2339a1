// A parallel loop writes through a DataView.
// prints or refused: 7
import { parIter } from 'fearless'

const view = new DataView(new ArrayBuffer(8))
await parIter([7]).forEach(n => {
  view.setInt32(0, n)
})
console.log(view.getInt32(0))
