import { mpsc } from 'fearless'
export async function retry(task: () => Promise<number[]>): Promise<void> {
  const [tx, rx] = mpsc.channel<number[]>()
  for (let tries = 0; ; tries++) {
    try {
      const result = await task()
      tx.send(result)
      break
    } catch (error) {
      if (tries === 3) throw error
    }
  }
  console.log(await rx.recv())
}
