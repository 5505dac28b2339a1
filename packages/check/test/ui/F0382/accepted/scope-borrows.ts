import { thread } from 'fearless'

const words = ['a', 'b']
await thread.scope(s => {
  s.spawn(() => words.length)
  s.spawn(() => words.join())
})
console.log(words)
