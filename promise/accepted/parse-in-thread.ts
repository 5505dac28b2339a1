// The first program of most users: a thread parses JSON.
// prints: 3
import { move, thread } from 'fearless'

const text = JSON.stringify([1, 2, 3])
const parsed = (await thread.spawn(move(() => JSON.parse(text))).join()) as number[]
console.log(parsed.length)
