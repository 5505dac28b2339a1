/**
 * Programs that wait on an event loop, run one after another in a process of their own. Each program in `stranded` must
 * end with a DeadlockError, each in `woken` must return a value. Prints one line per program.
 */
import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import {
  Arc,
  Barrier,
  Condvar,
  Mutex,
  RwLock,
  Semaphore,
  WaitGroup,
  drop,
  move,
  mpmc,
  mpsc,
  oneshot,
  select,
  sleep,
  task,
  thread,
} from 'fearless'
import { both } from './loop-deadlock-static.fixture.ts'

type Programs = Record<string, () => Promise<unknown>>

/** Keeps its arguments reachable until a wait is over. */
const keep = (...used: unknown[]): void => void used

const stranded: Programs = {
  async 'own Mutex'() {
    const m = new Mutex(0)
    using first = await m.lock()
    using second = await m.lock()
    return [first, second]
  },
  async 'own Mutex, through with'() {
    const m = new Mutex(0)
    using first = await m.lock()
    return [await m.with(n => n), first.value]
  },
  async 'own RwLock: read, then write'() {
    const lock = new RwLock(0)
    using read = await lock.read()
    using write = await lock.write()
    return [read, write]
  },
  async 'own RwLock: write, then read'() {
    const lock = new RwLock(0)
    using write = await lock.write()
    using read = await lock.read()
    return [read, write]
  },
  async 'two tasks, two locks in both orders'() {
    const [a, b] = [new Mutex(0), new Mutex(0)]
    const both = async (first: Mutex<number>, second: Mutex<number>): Promise<void> => {
      using held = await first.lock()
      await thread.yieldNow()
      using other = await second.lock()
      keep(held.value, other.value)
    }
    await Promise.all([both(a, b), both(b, a)])
  },
  async 'own sender'() {
    const [tx, rx] = mpsc.channel<number>()
    const got = await rx.recv()
    keep(tx)
    return got
  },
  async 'own sender, in a loop, after the sender of a thread was dropped'() {
    const [tx, rx] = mpsc.channel<number>()
    const mine = tx.clone()
    thread.spawn(
      move(() => {
        mine.send(1)
      }),
    )
    let sum = 0
    for await (const n of rx) sum += n
    keep(tx)
    return sum
  },
  async 'own receiver of a full channel'() {
    const [tx, rx] = mpsc.channel<number>(1)
    await tx.send(1)
    await tx.send(2)
    keep(rx)
  },
  async 'own ends of a rendezvous'() {
    const [tx, rx] = mpsc.channel<number>(0)
    await tx.send(1)
    keep(rx)
  },
  async 'own ends of an mpmc channel'() {
    const [tx, rx] = mpmc.channel<number>()
    await rx.clone().recv()
    keep(tx)
  },
  async 'own oneshot'() {
    const [tx, rx] = oneshot.channel<number>()
    await rx.recv()
    keep(tx)
  },
  async 'a select of stranded arms'() {
    const m = new Mutex(0)
    const [tx, rx] = mpsc.channel<number>()
    using held = await m.lock()
    await select({ lock: m.lock(), message: rx.recv() })
    keep(tx, held)
  },
  async 'a thread that receives from a sender of ours'() {
    const [tx, rx] = mpsc.channel<number>()
    const summing = thread.spawn(
      move(() => {
        let sum = 0
        for (const n of rx) sum += n
        return sum
      }),
    )
    tx.send(1)
    const sum = await summing
    keep(tx)
    return sum
  },
  async 'threads that share a receiver, and an arm of a select'() {
    const [tx, rx] = mpmc.channel<number>()
    const takers = [1, 2].map(() => {
      const mine = rx.clone()
      return thread.spawn(move(() => mine.recv().wait()))
    })
    drop(rx)
    const [answer, asked] = oneshot.channel<number>()
    const first = await select({ a: takers[0], b: takers[1].join(), c: asked.recv() })
    keep(tx, answer)
    return first
  },
  async 'a thread that waits for a lock of ours'() {
    const m = new Arc(new Mutex(0))
    using held = await m.lock()
    await thread.spawn(
      move(() => {
        try {
          m.update(n => n + 1).wait()
        } catch {
          // The DeadlockError of the loop poisons the lock.
        }
      }),
    )
    keep(held)
  },
  async 'a thread that waits for a thread that waits for us'() {
    const [[tx, rx], [out, inner]] = [mpsc.channel<number>(), mpsc.channel<number>()]
    thread.spawn(move(() => out.send(rx.recv().wait())))
    const got = await thread.spawn(move(() => inner.recv().wait()))
    keep(tx)
    return got
  },
  async 'a thread at a barrier, and in a full channel'() {
    const barrier = new Barrier(2)
    const [tx, rx] = mpsc.channel<number>(1)
    const first = thread.spawn(move(() => barrier.arrive().wait()))
    const second = thread.spawn(
      move(() => {
        tx.send(1).wait()
        tx.send(2).wait()
      }),
    )
    await Promise.all([first, second])
    keep(barrier, rx)
  },
  async 'a task with a stranded wait'() {
    const [tx, rx] = mpsc.channel<number>()
    await task.spawn(async () => await rx.recv())
    keep(tx)
  },
  async 'own Barrier'() {
    await new Barrier(2).arrive()
  },
  async 'own Semaphore'() {
    const semaphore = new Semaphore(1)
    using permit = await semaphore.acquire()
    await semaphore.acquire()
    keep(permit)
  },
  async 'own Condvar'() {
    const [m, changed] = [new Mutex(0), new Condvar()]
    using guard = await m.lock()
    await changed.until(guard)
  },
  async 'own WaitGroup'() {
    const group = new WaitGroup()
    const other = group.clone()
    await group.finished()
    keep(other)
  },
  async 'a thread by its own event loop'() {
    await thread.spawn(async () => {
      const m = new Mutex(0)
      using first = await m.lock()
      using second = await m.lock()
      return [first.value, second.value]
    })
  },
}

const woken: Programs = {
  async 'a timer of this loop'() {
    const [tx, rx] = mpsc.channel<string>()
    setTimeout(() => tx.send('timer'), 800)
    return await rx.recv()
  },
  async 'a timer that releases'() {
    const m = new Mutex('released')
    const guard = await m.lock()
    setTimeout(() => drop(guard), 800)
    return await m.with(text => text)
  },
  async 'a sleep of this loop'() {
    const m = new Mutex('slept')
    void (async () => {
      using held = await m.lock()
      await sleep(800)
      keep(held)
    })()
    return await m.with(text => text)
  },
  async 'a job of the thread pool'() {
    const m = new Mutex('compressed')
    void (async () => {
      using held = await m.lock()
      await promisify(gzip)(Buffer.alloc(200_000_000))
      keep(held)
    })()
    return await m.with(text => text)
  },
  async 'a module that compiles'() {
    const [tx, rx] = mpsc.channel<string>()
    void WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => tx.send('compiled'))
    return await rx.recv()
  },
  async 'a signal'() {
    const [tx, rx] = mpsc.channel<string>()
    const onSignal = (): void => tx.send('signal')
    process.on('SIGUSR2', onSignal)
    thread.spawn((pid: number) => {
      sleep(800).wait()
      process.kill(pid, 'SIGUSR2')
    }, process.pid)
    const got = await rx.recv()
    process.off('SIGUSR2', onSignal)
    return got
  },
  async 'a thread that sends late'() {
    const [tx, rx] = mpsc.channel<string>()
    const mine = tx.clone()
    thread.spawn(
      move(() => {
        sleep(800).wait()
        mine.send('thread')
      }),
    )
    const got = await rx.recv()
    keep(tx)
    return got
  },
  async 'a thread that gets its sender in a message'() {
    const [give, take] = mpsc.channel<{ tx: mpsc.Sender<string> }>()
    const [tx, rx] = mpsc.channel<string>()
    const runs = thread.spawn(
      move(() => {
        sleep(700).wait()
        take.recv().wait().tx.send('in a message')
      }),
    )
    give.send({ tx: tx.clone() })
    const got = await rx.recv()
    keep(tx, runs)
    return got
  },
  async 'a thread that receives from a thread that runs'() {
    const [tx, rx] = mpsc.channel<string>()
    const kept = tx.clone()
    const receiving = thread.spawn(move(() => rx.recv().wait()))
    thread.spawn(
      move(() => {
        sleep(900).wait()
        tx.send('at last')
      }),
    )
    const got = await receiving
    keep(kept)
    return got
  },
  async 'a thread that receives from one that waits with a limit'() {
    const [tx, rx] = mpsc.channel<string>()
    const [never, nothing] = mpsc.channel<string>()
    const kept = tx.clone()
    const receiving = thread.spawn(move(() => rx.recv().wait()))
    thread.spawn(
      move(() => {
        try {
          nothing.recv().wait(900)
        } catch {
          tx.send('late')
        }
      }),
    )
    const got = await receiving
    keep(kept, never)
    return got
  },
  async 'a thread whose event loop waits'() {
    const [tx, rx] = mpsc.channel<string>()
    const handle = thread.spawn(
      move(async () => {
        const timer = setTimeout(() => {}, 900)
        const first = await select({ message: rx.recv(), late: sleep(900) })
        clearTimeout(timer)
        return first.key
      }),
    )
    const got = await handle
    keep(tx)
    return got
  },
  async 'a thread that computes'() {
    const [tx, rx] = mpsc.channel<string>()
    const handle = thread.spawn(
      move(() => {
        for (const end = Date.now() + 900; Date.now() < end;);
        return rx.recv().try() ?? 'nothing'
      }),
    )
    const got = await handle
    keep(tx)
    return got
  },
  async 'a thread that holds the lock'() {
    const m = new Arc(new Mutex('of a thread'))
    const [tx, rx] = mpsc.channel<number>()
    thread.spawn(
      move(() => {
        using held = m.lock().wait()
        tx.send(1)
        sleep(800).wait()
        keep(held)
      }),
    )
    await rx.recv()
    return await m.with(text => text)
  },
  async 'a writer of another thread that gives up'() {
    const lock = new Arc(new RwLock('read again'))
    using first = await lock.read()
    const writer = thread.spawn(
      move(() => {
        try {
          lock.write().wait(800)
        } catch {
          return 'gave up'
        }
        return 'wrote'
      }),
    )
    await sleep(100)
    using second = await lock.read()
    keep(first, writer)
    return second.value
  },
  async 'a thread that another one spawns'() {
    const [tx, rx] = mpsc.channel<string>()
    thread.spawn(
      move(() => {
        const mine = tx.clone()
        thread.spawn(
          move(() => {
            sleep(700).wait()
            mine.send('grandchild')
          }),
        )
      }),
    )
    return await rx.recv()
  },
  async 'a thread that arrives, releases, notifies'() {
    const [barrier, semaphore, m, changed] = [new Barrier(2), new Semaphore(0), new Arc(new Mutex(0)), new Condvar()]
    thread.spawn(
      move(() => {
        sleep(700).wait()
        barrier.arrive().wait()
        sleep(700).wait()
        semaphore.addPermits(1)
        sleep(700).wait()
        m.update(n => n + 1).wait()
        changed.notifyAll()
      }),
    )
    await barrier.arrive()
    await semaphore.acquire()
    using guard = await m.lock()
    await changed.until(guard, n => n > 0)
    return 'all'
  },
  async 'a thread that evaluates the module of a static late'() {
    thread.spawn(async () => {
      await sleep(800)
      const { both } = await import('./loop-deadlock-static.fixture.ts')
      both.arrive().wait()
    })
    await both.arrive()
    return 'met'
  },
  async 'a listener'() {
    const [source, [tx, rx]] = [new EventEmitter(), mpsc.channel<string>()]
    source.on('line', (line: string) => tx.send(line))
    void delay(700).then(() => source.emit('line', 'emitted'))
    return await rx.recv()
  },
  async 'a limit of time'() {
    const [tx, rx] = mpsc.channel<string>()
    const got = await rx
      .recv()
      .within(700)
      .catch((error: Error) => error.name)
    keep(tx)
    return got
  },
  async 'a guard that is garbage'() {
    const m = new Mutex(0)
    await m.lock().then(guard => {
      guard.value++
    })
    return await m.with(n => n).catch((error: Error) => error.name)
  },
}

const programs = process.argv[2] === 'stranded' ? stranded : woken
for (const [name, program] of Object.entries(programs)) {
  const outcome = await program().then(
    value => `gave ${JSON.stringify(value) ?? 'nothing'}`,
    (error: Error) => `${error.name}: ${error.message}`,
  )
  console.log(`${name} | ${outcome}`)
}
