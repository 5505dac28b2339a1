/**
 * Two threads acquire a Mutex and a ReentrantMutex in opposite orders, one of them without `using`. Prints the message
 * of the DeadlockError.
 */
import { Arc, AtomicI32, Mutex, ReentrantMutex, move, thread } from 'fearless'

const [a, b] = [new Arc(new Mutex(0)), new Arc(new ReentrantMutex(0))]
const holding = new Arc(new AtomicI32(0))
const forth = thread.builder({ name: 'forth' }).spawn(
  move(() => {
    using first = a.lock().wait() // forth takes a
    holding.fetchAdd(1)
    while (holding.load() < 2);
    using second = b.lock().wait() // forth waits for b
    return first.value + second.value
  }),
)
const back = thread.builder({ name: 'back' }).spawn(
  move(() => {
    const first = b.lock().wait() // back takes b
    holding.fetchAdd(1)
    while (holding.load() < 2);
    using second = a.lock().wait() // back waits for a
    return first.value + second.value
  }),
)
for (const handle of [forth, back]) {
  try {
    await handle.join()
  } catch (error) {
    if ((error as Error).name === 'DeadlockError') console.log((error as Error).message)
  }
}
