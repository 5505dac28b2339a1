// A parallel loop returns the result of a plain one, in the main thread and in others, yielding and blocking.
import { move, parIter, thread } from 'fearless'

const numbers = Array.from({ length: 200_000 }, (_, i) => i)
const slow = (x: number): number => Math.round(Math.sqrt(x * x))
console.log(
  await parIter(numbers)
    .map(x => slow(x))
    .sum(),
) //=> 19999900000
const odd = await parIter(numbers)
  .filter(x => x % 2 === 1)
  .map(x => x * 3)
  .collect()
console.log(odd.length, odd[99_999]) //=> 100000 599997
console.log(
  await thread
    .spawn(
      move(() =>
        parIter(numbers)
          .map(x => slow(x))
          .max()
          .wait(),
      ),
    )
    .join(),
) //=> 199999
