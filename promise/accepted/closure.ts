// A closure passes through a function of the program.
// prints: 42
import { closure, thread } from 'fearless'

function inBackground<T extends number>(f: () => T): Promise<T> {
  return thread
    .spawn(f as () => number)
    .join()
    .then(value => value as T)
}
console.log(await inBackground(closure(() => 42)))
