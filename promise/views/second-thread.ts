// A view escapes in the thread that moves the vec to another thread.
// prints or refused: 7
import { move, mpsc, sleep, thread, vec, type Vec } from 'fearless'

const [tx, rx] = mpsc.channel<Vec<Int32Array>>()
const handle = thread.spawn(
  move(() => {
    const numbers = vec.i32([7])
    const kept: Int32Array[] = []
    numbers.with(view => {
      kept[0] = view
    })
    tx.send(numbers)
    sleep(10).wait()
    kept[0]![0] = 666
  }),
)
const numbers = await rx.recv()
await handle.join()
console.log(numbers.get(0))
