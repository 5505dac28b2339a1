import { JoinSet, mpsc, sleep } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const set = new JoinSet<number>()
set.spawn(async () => 1)
tx.send(1)
for (let i = 0; i < 3; i++) {
  const value = await Promise.race([rx.recv(), set.joinNext(), sleep(10)])
  console.log(value)
}
