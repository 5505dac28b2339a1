// A listener writes to an array that was moved to a thread.
// refused by: run MovedError
import { EventEmitter } from 'node:events'
import { move, thread } from 'fearless'

async function main(): Promise<void> {
  const source = new EventEmitter()
  const lines: string[] = []
  source.on('line', (line: string) => lines.push(line))
  source.emit('line', 'a')
  const count = await thread.spawn(move(() => lines.length)).join()
  source.emit('line', 'b')
  console.log(count, lines.length)
}
await main()
