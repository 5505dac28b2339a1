// Vecs fill the heap: the next vec is refused with a typed error, and the earlier ones stay as they are.
import { HeapFullError, move, thread, vec } from 'fearless'

function fill(): string {
  const kept: ReturnType<typeof vec.u8>[] = []
  try {
    for (;;) {
      const numbers = vec.u8(16 * 1024 * 1024)
      numbers.set(0, kept.length)
      kept.push(numbers)
    }
  } catch (error) {
    if (!(error instanceof HeapFullError)) throw error
  }
  const right = kept.every((numbers, i) => numbers.get(0) === i)
  for (const numbers of kept) numbers[Symbol.dispose]()
  return `${kept.length > 10 ? 'many' : 'few'}, ${right ? 'right' : 'wrong'}`
}

console.log('main', fill())
//=> main many, right
console.log('thread', await thread.spawn(move(() => fill())))
//=> thread many, right
