// A thread has the arguments of the process, and its environment: a change on either side is seen on the other.
import { move, thread } from 'fearless'

process.env.OF_MAIN = 'main'
const [args, from] = await thread.spawn(() => {
  process.env.OF_THREAD = 'thread'
  return [process.argv, process.env.OF_MAIN] as const
})
console.log(args.join() === process.argv.join(), from, process.env.OF_THREAD) //=> true main thread

delete process.env.OF_THREAD
process.env.OF_MAIN = 'changed'
const name = 'OF_MAIN'
console.log(await thread.spawn(move(() => [process.env[name], 'OF_THREAD' in process.env].join()))) //=> changed,false
console.log(
  await thread.spawn(
    move(() =>
      thread
        .spawn(move(() => process.env[name]))
        .join()
        .wait(),
    ),
  ),
) //=> changed
