// A parallel loop changes an object with `Object.assign`.
// prints or refused: 1
import { parIter } from 'fearless'

const state = { done: 0 }
await parIter([1, 2, 3]).forEach(() => {
  Object.assign(state, { done: 1 })
})
console.log(state.done)
