import { mpsc, oneshot, thread, move, type OneshotSender } from 'fearless'
type Ask = { n: number; reply: OneshotSender<number> }
const [asks, asked] = mpsc.channel<Ask>()
thread.spawn(move(() => { for (const { n, reply } of asked) reply.send(n * 2) }))
export async function ask(n: number): Promise<number> {
  const [reply, answer] = oneshot.channel<number>()
  asks.send({ n, reply })
  return await answer.recv()
}
