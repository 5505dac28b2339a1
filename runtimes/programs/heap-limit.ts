// A thread that exceeds its own heap limit panics, and the process runs on.
import { PanicError, thread } from 'fearless'

const greedy = thread.builder({ name: 'greedy', heapSizeMb: 24 }).spawn(() => {
  const kept: number[][] = []
  for (let i = 0; i < 100; i++) kept.push(new Array<number>(1e6).fill(i + 0.5))
  return kept.length
})
const error: unknown = await greedy.join().then(
  () => 'it had room',
  error => error,
)
console.log(error instanceof PanicError && /memory/.test(error.message)) //=> true
