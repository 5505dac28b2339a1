// A LazyLock of a module runs its function once.
// prints: 1 7 7
import { thread } from 'fearless'
import { answer, runs } from './lazy.ts'

const [a, b] = await Promise.all([
  thread.spawn(() => answer.force().wait()).join(),
  thread.spawn(() => answer.force().wait()).join(),
])
console.log(runs.load(), a, b)
