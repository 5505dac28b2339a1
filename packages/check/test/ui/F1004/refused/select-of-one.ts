import { move, mpsc, select, thread } from 'fearless'

export async function run(): Promise<void> {
  const [tx, rx] = mpsc.channel<number>()
  const printer = thread.spawn(
    move(() => {
      for (const value of rx) console.log(value)
    }),
  )
  tx.send(1)
  await select({ printer })
}
