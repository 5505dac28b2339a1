// Tasks wait concurrently, in the main thread and in others.
import { mpsc, move, sleep, task, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()
const slow = task.spawn(async () => {
  await sleep(40)
  return 'slow'
})
const fast = task.spawn(() => rx.recv())
tx.send('fast')
console.log(await fast.join(), await slow.join()) //=> fast slow

const inThread = thread.spawn(
  move(async () => {
    const both = [1, 2].map(x =>
      task.spawn(async () => {
        await sleep(10)
        return x
      }),
    )
    return [await both[0]!.join(), await both[1]!.join()]
  }),
)
console.log(String(await inThread.join())) //=> 1,2
