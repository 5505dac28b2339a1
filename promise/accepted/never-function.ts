// A loop is left through a function that never returns.
// prints: stopped at 2
import { mpsc } from 'fearless'

function stop(at: number): never {
  throw new Error(`stopped at ${at}`)
}
const [tx, rx] = mpsc.channel<number>()
tx.send(1)
tx.send(2)
try {
  for await (const n of rx) {
    if (n === 2) stop(n)
  }
} catch (error) {
  console.log((error as Error).message)
}
