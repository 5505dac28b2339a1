import { move, mpsc, thread } from 'fearless'

await thread.scope(s => {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.builder({ name: 'printer' }).spawnScoped(
    s,
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  for (let i = 0; i < 3; i++) tx.send(i)
  printer.wait()
})
