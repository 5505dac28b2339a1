import { move, mpsc, thread } from 'fearless'

export async function run(long: boolean): Promise<number> {
  const [tx, rx] = mpsc.channel<number>()
  const first = thread.spawn(
    move(() => {
      if (long) for (const value of rx) console.log(value)
    }),
  )
  await first.join()
  const second = thread.spawn(() => 1)
  tx.send(await second.join())
  {
    using mine = tx.clone()
    const [kept, theirs] = mpsc.channel<number>()
    const third = thread.spawn(
      move(() => {
        if (long) return
        for (const value of theirs) console.log(value)
      }),
    )
    mine.send(1)
    kept.send(1)
    await third.join()
  }
  return 1
}
