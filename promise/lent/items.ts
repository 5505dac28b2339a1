// A parallel loop changes its items.
// prints or refused: 1000
import { parIter } from 'fearless'

const users = Array.from({ length: 1000 }, (_, id) => ({ id, score: 0 }))
await parIter(users).forEach(user => {
  user.score = 1
})
console.log(users.reduce((sum, user) => sum + user.score, 0))
