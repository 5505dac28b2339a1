// A panic that is joined late does not fail the process, even if the thread's channel has closed before.
import { move, mpsc, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const handle = thread.spawn(
  move(() => {
    tx.send(1)
    throw new RangeError('joined late')
  }),
)
for await (const x of rx) console.log(x) //=> 1
//=runs 5
try {
  await handle
} catch (error) {
  console.log((error as Error).message) //=> joined late
}
