// process.exit in a thread ends only that thread: its locks are poisoned, joins settle, channels close; main blocks.
import { Arc, Mutex, PoisonError, move, mpsc, thread } from 'fearless'

const lock = new Arc(new Mutex(0))
const [tx, rx] = mpsc.channel<string>()
const handle = thread.spawn(
  move(() => {
    tx.send('alive')
    const guard = lock.lock().wait()
    guard.value += 1
    process.exit(3)
  }),
)
for (const message of rx) console.log(message) //=> alive
try {
  handle.join().wait()
} catch (error) {
  const { name, message } = error as Error
  console.log(name, /process\.exit\(3\)/.test(message)) //=> PanicError true
}
try {
  using guard = lock.lock().wait()
  console.log(guard.value)
} catch (error) {
  console.log(error instanceof PoisonError && error.guard.value) //=> 1
}
console.log(await thread.spawn(() => 'others run on').join()) //=> others run on
