// Without the compiler, a self-contained function runs in a thread with its arguments; any other is told the way out.
import { thread } from 'fearless'

const outer = 1
console.log(
  thread
    .spawn((a: number, b: number) => a * b, 6, 7)
    .join()
    .wait(),
) //=> 42
console.log(
  await thread
    .spawn(() => outer)
    .join()
    .then(
      () => 'a value',
      error => error.code,
    ),
) //=> FL2003
