/**
 * Waits that are dropped (each such line ends with `// dropped`) and Waits that are not. Run in a process of its own,
 * which reports on stderr. With `exit` it ends by `process.exit` while Waits are still referenced.
 */
import { setTimeout as delay } from 'node:timers/promises'
import {
  Arc,
  Barrier,
  ConcurrentMap,
  Mutex,
  RwLock,
  Semaphore,
  mpsc,
  par,
  parIter,
  move,
  select,
  sleep,
  task,
  thread,
  type Wait,
} from 'fearless'

const [tx, rx] = mpsc.channel<number>(4)
const m = new Arc(new Mutex(0))

async function dropping(): Promise<void> {
  tx.send(1) // dropped
  ;[1, 2].forEach(n => tx.send(n)) // dropped
  setTimeout(() => m.update(n => n + 1), 1) // dropped
  sleep(5) // dropped
  m.lock() // dropped
  m.lock().within(5) // dropped
  void rx.recv() // dropped
  rx.recvMany(5) // dropped
  const unused = new RwLock(0).read() // dropped
  const holder = { wait: new Semaphore(1).acquire() } // dropped
  new Barrier(2).arrive() // dropped
  new ConcurrentMap<string, number>().set('a', 1) // dropped
  select({ a: m.lock(), b: sleep(1) }) // dropped
  par.join(
    () => 1,
    () => 2,
  )
  parIter([1]).sum() // dropped
  thread.spawn(() => 1).join() // dropped
  task.spawn(() => 1).join() // dropped
  thread.yieldNow() // dropped
  for (let i = 0; i < 50; i++) tx.reserve() // dropped
  await thread.spawn(
    move(() => {
      m.update(n => n + 1) // dropped
    }),
  )
  await delay(20)
  void [unused, holder]
}

async function waiting(): Promise<void> {
  await tx.send(1)
  const sent = tx.send(2)
  const received = rx.recv()
  const many = Array.from({ length: 500 }, () => m.update(n => n + 1))
  const late = sleep(20)
  const kept = new Map([['lock', m.lock()]])
  await delay(20)
  for (let i = 0; i < 500; i++) m.lock().wait()[Symbol.dispose]()
  globalThis.gc?.()
  await sent
  await received
  await Promise.all(many)
  await late
  kept.get('lock')!.wait()[Symbol.dispose]()
  await select({ a: rx.recv(), late: sleep(1000) })
  await select({ never: rx.recv(), late: sleep(1) })
  rx.recv().try()
  await Promise.race([m.with(n => n), delay(5)])
  await rx
    .recv()
    .within(1)
    .catch(() => {})
  await task.spawn(() => sleep(1))
  const limited = rx.recv().within(10)
  await limited.catch(() => {})
  const give = (): Wait<void> => sleep(1)
  await give()
  thread.spawn(() => 1)
  task.spawn(() => 1)
  for (let i = 0; i < 200; i++) thread.spawn(() => 1).thread.unpark()
}

if (process.argv[2] === 'dropping') await dropping()
else if (process.argv[2] === 'waiting') await waiting()
else if (process.argv[2] === 'collected') {
  // A program that never exits reports such a Wait as soon as the garbage collector finds it.
  m.lock() // collected
  for (let i = 0; i < 100; i++) rx.recv().try()
  setInterval(() => globalThis.gc!(), 10)
} else {
  const later = rx.recv()
  setTimeout(() => process.exit(0), 10)
  await delay(1000)
  await later
}
