/**
 * Kills threads by the hundred during every kind of operation. Every join settles, no wait lasts for ever, locks are
 * poisoned exactly when they must be, the other threads go on, and the heap's bytes in use stay the same.
 */
import assert from 'node:assert/strict'
import {
  Arc,
  AtomicI32,
  Barrier,
  ClosedError,
  Condvar,
  LaggedError,
  Mutex,
  PanicError,
  PoisonError,
  RwLock,
  Semaphore,
  TimeoutError,
  broadcast,
  drop,
  move,
  mpmc,
  mpsc,
  select,
  sleep,
  thread,
  type JoinHandle,
  type Wait,
} from 'fearless'
import { requestSupervisor, self } from '../../packages/fearless/dist/internal.js'
import { check, parcel, type Parcel } from '../../packages/fearless/src/thread/parcel.fixture.ts'
import { dieAt, lockPoisoned, readIfSound, writePoisoned, type PlannedDeath } from './die.ts'
import { MemoryWatch, heapInUse } from './heap.ts'
import { DEATH_KINDS, SCENES, type DeathKind, type Scene } from './scenes.ts'

/** Deaths of each kind, over all scenes. */
const DEATHS = 1000
/** Victims of one round, at most. */
const MOST_VICTIMS = 5
/** The time limit of every wait, on any machine. */
const LONGEST_MS = 60_000
/** The number of iterations after which a victim dies at the latest. */
const TURNS = 40
/** Bytes that a death may leak: a block that no structure referred to yet. */
const LOST_BYTES = 256
/** Bytes that may be in use by running threads at any time. */
const SLACK_BYTES = 4096
/** The heap limit of a victim. With a smaller one the thread would be out of memory before it begins. */
const HEAP_MB = 24

// The first worker is main's own child, which the supervisor cannot terminate, so a parked thread occupies it.
const occupied = new AtomicI32(0)
thread.spawn(
  move(() => {
    occupied.store(1)
    for (;;) thread.park().wait()
  }),
)
while (occupied.load() === 0) thread.yieldNow().wait()

export async function deaths(scene: string, scale: number, say: (text: string) => void): Promise<void> {
  const wanted = Math.ceil((DEATHS * scale) / SCENES.length)
  const victims = Math.min(MOST_VICTIMS, Math.max(2, wanted))
  const rounds = Math.ceil(wanted / victims)
  const watched = new MemoryWatch()
  const act = acts[scene as Scene]
  let dead = 0
  for (const how of DEATH_KINDS) {
    // The first round warms up: it allocates the objects that a kind of death needs and keeps.
    await act(new Cast(how, victims))
    await quiet()
    const before = heapInUse()
    for (let round = 1; round <= rounds; round++) {
      await act(new Cast(how, victims))
      dead += victims
      say(`${how}, round ${round} of ${rounds}, ${dead} dead, ${watched.sample()}`)
    }
    await quiet()
    const lost = heapInUse() - before
    const most = SLACK_BYTES + rounds * victims * LOST_BYTES
    assert.ok(lost <= most, `${rounds * victims} deaths by ${how} have lost ${lost} bytes`)
  }
  watched.assertFlat(0, Infinity, 256 * 2 ** 20)
}

/** Waits until all dead workers were reaped, so that only living threads use the heap. */
async function quiet(): Promise<void> {
  for (let [last, same] = [0, 0]; same < 5;) {
    await sleep(10)
    const now = heapInUse()
    same = now === last ? same + 1 : 0
    last = now
  }
}

/** The victims of one round. */
class Cast {
  readonly how: DeathKind
  readonly fates: readonly PlannedDeath[]
  readonly #where: readonly AtomicI32[]

  constructor(how: DeathKind, victims: number) {
    this.how = how
    this.#where = Array.from({ length: victims }, () => new AtomicI32(0))
    this.fates = this.#where.map(() => ({
      how,
      turn: Math.floor(Math.random() ** 2 * TURNS),
      inside: Math.random() < 0.5,
    }))
  }

  /** Starts and joins the victims; `start` makes the `i`th, which stores its slot when it begins. */
  async play(
    start: (spawn: typeof thread, fate: PlannedDeath, at: AtomicI32, i: number) => JoinHandle<unknown>,
  ): Promise<void> {
    const builder = thread.builder(this.how === 'memory' ? { heapSizeMb: HEAP_MB } : { name: this.how })
    const handles = this.fates.map((fate, i) =>
      start(builder as unknown as typeof thread, { ...fate }, this.#where[i], i),
    )
    if (this.how === 'terminate') await this.#terminate()
    for (const handle of handles) await this.#joined(handle)
    for (const at of this.#where) drop(at)
  }

  /** Terminates each victim after it has started, at a random moment. */
  async #terminate(): Promise<void> {
    for (const left = new Set(this.#where); left.size > 0; await thread.yieldNow()) {
      for (const at of left) {
        const slot = at.load()
        if (slot === 0) continue
        left.delete(at)
        for (const end = performance.now() + Math.random() ** 3 * 3; performance.now() < end;);
        requestSupervisor({ ask: 'terminate', slot })
      }
    }
  }

  async #joined(handle: JoinHandle<unknown>): Promise<void> {
    try {
      await handle.join().within(LONGEST_MS)
    } catch (error) {
      if (this.how === 'throw') return assert.equal((error as Error).message, 'on purpose')
      assert.ok(error instanceof PanicError, String((error as Error).stack))
      return assert.match(error.message, /ended without a result/)
    }
    assert.fail('a victim survived')
  }

  /** Whether a lock must be poisoned after these deaths; `undefined` if it is not known where the victims died. */
  get poisons(): boolean | undefined {
    return this.how === 'terminate' ? undefined : this.fates.some(({ inside }) => inside)
  }
}

const soon = <T>(wait: Wait<T>): Wait<T> => wait.within(LONGEST_MS)

/** Checks that each message of each sender arrived at most once, and undamaged. */
function onlyOnce(): (message: Parcel) => void {
  const seen = new Set<string>()
  return message => {
    const id = `${message.from}/${message.n}`
    assert.ok(!seen.has(id), `${id} came twice`)
    seen.add(id)
    check(message)
  }
}

const acts: Record<Scene, (cast: Cast) => Promise<void>> = {
  async mutex(cast) {
    const mutex = new Arc(new Mutex({ a: 0, b: 0, text: '' }))
    const stop = new AtomicI32(0)
    const survivor = thread.spawn(
      move(() => {
        for (let n = 0; ; n++) {
          using g = lockPoisoned(mutex)
          g.value.a++
          g.value.b++
          if (stop.load() !== 0) return n
        }
      }),
    )
    await cast.play((spawn, fate, at) =>
      spawn.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            {
              using g = lockPoisoned(mutex)
              g.value.a++
              g.value.text = 'x'.repeat(g.value.a % 100)
              g.value.b++
              dieAt(fate, n, true)
            }
            dieAt(fate, n, false)
          }
        }),
      ),
    )
    stop.store(1)
    assert.ok((await soon(survivor.join())) >= 0)
    if (cast.poisons !== undefined) assert.equal(mutex.isPoisoned, cast.poisons)
    mutex.clearPoison()
    assert.equal(await soon(mutex.with(({ a, b }) => a - b)), 0)
    drop(mutex)
    drop(stop)
  },

  async 'rw-lock'(cast) {
    const lock = new Arc(new RwLock({ a: 0, b: 0 }))
    await cast.play((spawn, fate, at, i) =>
      spawn.spawn(
        move(() => {
          at.store(self)
          const sound = (v: { a: number; b: number }): void => {
            if (v.a !== v.b) throw new Error('half written')
          }
          for (let n = 0; ; n++) {
            if ((n + i) % 3 !== 0) {
              readIfSound(lock, value => {
                sound(value)
                // A reader that dies does not poison the lock.
                dieAt(fate, n, false)
              })
            } else {
              using w = writePoisoned(lock)
              w.value.a++
              w.value.b++
              // Dies at its first write after its last iteration.
              if (n >= fate.turn) dieAt({ ...fate, turn: n }, n, true)
            }
            if (n >= fate.turn) dieAt({ ...fate, turn: n }, n, false)
          }
        }),
      ),
    )
    if (cast.poisons !== undefined) assert.equal(lock.isPoisoned, cast.poisons)
    lock.clearPoison()
    assert.equal(await soon(lock.with(({ a, b }) => a - b)), 0)
    {
      using r = await soon(lock.read())
      assert.equal(r.value.a, r.value.b)
    }
    drop(lock)
  },

  async condvar(cast) {
    const shared = new Arc({ count: new Mutex(0), news: new Condvar() })
    await cast.play((spawn, fate, at, i) =>
      spawn.spawn(
        move(() => {
          const { count, news } = shared.value
          at.store(self)
          for (let n = 0; ; n++) {
            {
              using g = lockPoisoned(count)
              dieAt(fate, n, true)
              if (i % 2 === 0) {
                try {
                  news.until(g, value => value > 0).wait(0.5)
                  g.value = 0
                } catch (error) {
                  // The wait timed out, or a holder died.
                  if (!['TimeoutError', 'PoisonError'].includes((error as Error).name)) throw error
                }
              } else {
                g.value += 1
                news.notifyAll()
              }
            }
            dieAt(fate, n, false)
          }
        }),
      ),
    )
    const { count, news } = shared.value
    if (cast.poisons !== undefined) assert.equal(count.isPoisoned, cast.poisons)
    count.clearPoison()
    await soon(count.update(() => 0))
    const waiting = thread.spawn(
      move(() => {
        const own = shared.value
        using g = own.count.lock().wait()
        own.news.until(g, value => value === -1).wait()
      }),
    )
    await soon(count.update(() => -1))
    news.notifyAll()
    await soon(waiting.join())
    drop(shared)
  },

  async semaphore(cast) {
    const semaphore = new Semaphore(4)
    await cast.play((spawn, fate, at, i) =>
      spawn.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            {
              using _permits = semaphore.acquire((n + i) % 5).wait()
              dieAt(fate, n, true)
            }
            dieAt(fate, n, false)
          }
        }),
      ),
    )
    const all = await soon(semaphore.acquire(4))
    assert.equal(semaphore.availablePermits, 0)
    drop(all)
    assert.equal(semaphore.availablePermits, 4)
    drop(semaphore)
  },

  async barrier(cast) {
    const barrier = new Barrier(3)
    await cast.play((spawn, fate, at) =>
      spawn.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            try {
              barrier.arrive().wait(0.5)
            } catch (error) {
              if (!(error instanceof TimeoutError)) throw error
            }
            dieAt(fate, n, fate.inside)
          }
        }),
      ),
    )
    // The dead threads have not arrived.
    assert.equal(barrier.arrive().try(), undefined)
    const others = [0, 1].map(() => thread.spawn(move(() => barrier.arrive().wait().isLeader)))
    let leaders = (await soon(barrier.arrive())).isLeader ? 1 : 0
    for (const other of others) leaders += (await soon(other.join())) ? 1 : 0
    assert.equal(leaders, 1)
    drop(barrier)
  },

  unbounded: cast => sending(cast, undefined),
  bounded: cast => sending(cast, 2),

  async select(cast) {
    const [jobs, inbox] = mpmc.channel<Parcel>(4)
    const [tx, rx] = mpmc.channel<Parcel>(4)
    const lock = new Arc(new Mutex(0))
    const feeder = feed(jobs, 100)
    const look = onlyOnce()
    const received = (async () => {
      for await (const message of rx) look(message)
    })()
    await cast.play((spawn, fate, at, i) => {
      const [mine, out] = [inbox.clone(), tx.clone()]
      return spawn.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            try {
              const chosen = select({
                job: mine.recv(),
                room: out.send(parcel(i, n)),
                lock: lock.lock(),
                late: sleep(0.5),
              }).wait()
              if (chosen.key === 'job') check(chosen.value)
              dieAt(fate, n, true)
              if (chosen.key === 'lock') drop(chosen.value)
            } catch (error) {
              // Another victim died with the lock.
              if (!(error instanceof PoisonError)) throw error
              lock.clearPoison()
            }
            if (n >= fate.turn) dieAt({ ...fate, turn: n }, n, fate.inside)
          }
        }),
      )
    })
    drop(tx)
    await received
    // The messages that the victims did not receive are still in the channel.
    const rest = onlyOnce()
    for await (const message of inbox) rest(message)
    await soon(feeder.join())
    lock.clearPoison()
    assert.equal(await soon(lock.update(n => n)), 0)
    for (const handle of [inbox, rx, lock]) drop(handle)
  },

  async broadcast(cast) {
    const [tx, rx] = broadcast.channel<Parcel | Arc<Mutex<number>>>(64)
    const counter = new Arc(new Mutex(0))
    await cast.play((spawn, fate, at, i) => {
      const [mine, heard] = [tx.clone(), tx.subscribe()]
      return spawn.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            mine.send(n % 4 === 0 ? counter : parcel(i, n))
            dieAt(fate, n, true)
            try {
              const got = heard.recv().try()
              if (got !== undefined && 'text' in got) check(got)
              else if (got !== undefined) drop(got)
            } catch (error) {
              if (!(error instanceof LaggedError)) throw error
            }
            dieAt(fate, n, false)
          }
        }),
      )
    })
    drop(tx)
    for (;;) {
      try {
        const got = await soon(rx.recv())
        if ('text' in got) check(got)
        else drop(got)
      } catch (error) {
        if (error instanceof ClosedError) break
        assert.ok(error instanceof LaggedError, String(error))
      }
    }
    drop(rx)
    // A victim that died between counting itself among the owners and becoming one stays counted.
    for (const end = performance.now() + LONGEST_MS; Arc.strongCount(counter) > 2;) {
      assert.ok(performance.now() < end, `${Arc.strongCount(counter)} owners`)
      await sleep(5)
    }
    drop(counter)
  },

  async mpmc(cast) {
    const [tx, rx] = mpmc.channel<Parcel>()
    const feeder = feed(tx.clone(), 100)
    await cast.play((spawn, fate, at, i) => {
      const [mine, out] = [rx.clone(), tx.clone()]
      return spawn.spawn(
        move(() => {
          at.store(self)
          for (let n = 0; ; n++) {
            if (i % 2 === 0) {
              const got = mine.recv().try()
              if (got !== undefined) check(got)
            } else {
              out.send(parcel(i, n))
              if (out.length > 500) sleep(0.2).wait()
            }
            dieAt(fate, n, fate.inside)
          }
        }),
      )
    })
    drop(tx)
    const look = onlyOnce()
    for await (const message of rx) look(message)
    await soon(feeder.join())
    drop(rx)
  },
}

/** The victims send: messages arrive undamaged and in order, and the channel closes. */
async function sending(cast: Cast, capacity: number | undefined): Promise<void> {
  const [tx, rx] = capacity === undefined ? mpsc.channel<Parcel>() : mpsc.channel<Parcel>(capacity)
  const next = new Array<number>(cast.fates.length).fill(0)
  const received = (async () => {
    for await (const message of rx) {
      check(message)
      assert.equal(message.n, next[message.from]++)
    }
  })()
  await cast.play((spawn, fate, at, i) => {
    const mine = tx.clone()
    return spawn.spawn(
      move(() => {
        at.store(self)
        for (let n = 0; ; n++) {
          const sent = mine.send(parcel(i, n))
          if (sent !== undefined) sent.wait()
          else if (mine.length > 500) sleep(0.2).wait()
          dieAt(fate, n, fate.inside)
        }
      }),
    )
  })
  drop(tx)
  await received
  drop(rx)
  // A message that was sent has arrived, even if its sender died afterwards.
  if (cast.how === 'terminate') return
  const sent = cast.fates.map(({ turn }) => turn + 1)
  assert.deepEqual(next, sent, `deaths by ${cast.how}`)
}

/** Spawns a thread that sends and does not die. */
function feed(tx: { send(message: Parcel): Wait<void> | void }, from: number): JoinHandle<void> {
  return thread.spawn(
    move(() => {
      for (let n = 0; n < 500; n++) {
        const sent = tx.send(parcel(from, n))
        if (sent !== undefined) sent.wait()
      }
    }),
  )
}
