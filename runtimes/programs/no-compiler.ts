// Without the compiler, a self-contained function runs in a thread with its arguments. The error for any other function
// names the repair.
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
