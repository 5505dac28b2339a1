// Threads return values, receive captures, and spawn further threads.
import { move, thread } from 'fearless'

const words = ['a', 'b', 'c']
console.log(await thread.spawn(move(() => words.length)).join()) //=> 3
console.log(
  await thread
    .spawn((a: number, b: number) => ({ sum: a + b }), 20, 22)
    .join()
    .then(({ sum }) => sum),
) //=> 42
console.log(
  thread
    .spawn(async () => await Promise.resolve('blocked for'))
    .join()
    .wait(),
) //=> blocked for

const nested = thread.spawn(() => {
  const inner = thread.spawn(() =>
    thread
      .spawn(() => 'from far below')
      .join()
      .wait(),
  )
  return inner.join().wait()
})
console.log(nested.join().wait()) //=> from far below
