// A job with a time limit, a JoinSet and a scope end while their functions wait for messages: all messages stay in the channel.
// prints: TimeoutError Error: sibling 1 2 3
import { JoinSet, mpsc, sleep, task, timeout } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const take = async (): Promise<number> => await rx.recv()
const late = await timeout(5, take).catch((error: Error) => error.name)
{
  using set = new JoinSet<number>()
  set.spawn(take)
  await sleep(5)
}
const failed = await task
  .scope(async s => {
    s.spawn(take)
    s.spawn(async () => {
      await sleep(5)
      throw new Error('sibling')
    })
    await take()
  })
  .catch(String)
for (const n of [1, 2, 3]) tx.send(n)
console.log(late, failed, await rx.recv(), await rx.recv(), await rx.recv())
