import { move, mpsc, thread } from 'fearless'

const items = ['/a', '/b']
const [tx, rx] = mpsc.channel<string>()
for (const item of items) {
  const mine = tx.clone()
  thread.spawn(
    move(() => {
      mine.send(item)
    }),
  )
}
const results: string[] = []
for await (const result of rx) results.push(result)
console.log(results)
