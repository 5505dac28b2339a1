/**
 * The classic algorithms of concurrency, correct and with their known bugs, as raw programs with the expected verdict.
 *
 * They are written in the subset that the generator transform supports: functions that call each other by name, loops,
 * and no callbacks except the bodies of threads.
 */
import type { Verdict } from './engine/error.ts'
import type { Simulation } from './model.ts'

export interface Classic {
  readonly name: string
  readonly program: (simulation: Simulation) => void
  /** The expected failure, or undefined for a correct program. */
  readonly fails?: Verdict
  /** The number of interleavings up to the failing one. */
  readonly foundInInterleaving?: number
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}

export const classics: readonly Classic[] = [
  {
    name: 'lost update',
    fails: 'threw',
    foundInInterleaving: 2,
    program({ Atomics, Int32Array, thread }) {
      const n = new Int32Array(1)
      function add(): void {
        const old = Atomics.load(n, 0)
        Atomics.store(n, 0, old + 1)
      }
      const a = thread.spawn(add)
      const b = thread.spawn(add)
      a.join()
      b.join()
      expect(Atomics.load(n, 0) === 2, 'an update was lost')
    },
  },
  {
    name: 'atomic add',
    program({ Atomics, Int32Array, thread }) {
      const n = new Int32Array(1)
      function add(): void {
        Atomics.add(n, 0, 1)
      }
      const a = thread.spawn(add)
      const b = thread.spawn(add)
      a.join()
      b.join()
      expect(Atomics.load(n, 0) === 2, 'an update was lost')
    },
  },
  { name: "Peterson's lock", program: peterson(true) },
  {
    name: "Peterson's lock that sets the turn before the flag",
    fails: 'data race',
    foundInInterleaving: 6,
    program: peterson(false),
  },
  {
    name: "Dekker's lock",
    program({ Atomics, Int32Array, thread }) {
      const words = new Int32Array(4)
      const TURN = 2
      const DATA = 3
      function enter(me: number): void {
        const other = 1 - me
        Atomics.store(words, me, 1)
        while (Atomics.load(words, other) === 1) {
          if (Atomics.load(words, TURN) !== me) {
            Atomics.store(words, me, 0)
            while (Atomics.load(words, TURN) !== me) Atomics.pause()
            Atomics.store(words, me, 1)
          } else Atomics.pause()
        }
        words[DATA] = words[DATA] + 1
        Atomics.store(words, TURN, other)
        Atomics.store(words, me, 0)
      }
      const a = thread.spawn(() => enter(0))
      const b = thread.spawn(() => enter(1))
      a.join()
      b.join()
      expect(words[DATA] === 2, 'both were inside')
    },
  },
  { name: 'Treiber stack with tags', program: treiber(true) },
  { name: 'Treiber stack without tags (ABA)', fails: 'threw', foundInInterleaving: 2, program: treiber(false) },
  { name: 'Vyukov queue', program: vyukov(true) },
  {
    name: 'Vyukov queue, sequence published before the value',
    fails: 'data race',
    foundInInterleaving: 1,
    program: vyukov(false),
  },
  { name: 'Chase-Lev deque', program: chaseLev(true) },
  {
    name: 'Chase-Lev deque without the exchange for the last task',
    fails: 'threw',
    foundInInterleaving: 22,
    program: chaseLev(false),
  },
  { name: "Drepper's first mutex, two threads", program: drepper1(2) },
  {
    name: "Drepper's first mutex, whose waiters keep each other awake",
    fails: 'threw',
    foundInInterleaving: 261,
    program: drepper1(3),
  },
  {
    name: 'a wait for a flag that no thread sets',
    fails: 'livelock',
    foundInInterleaving: 1,
    program({ Atomics, Int32Array, thread }) {
      const words = new Int32Array(1)
      const a = thread.spawn(() => {
        while (Atomics.load(words, 0) === 0) Atomics.pause()
      })
      a.join()
    },
  },
  { name: "Drepper's second mutex", program: drepper2(2, 2) },
  {
    name: "Drepper's second mutex, acquired as uncontended after a sleep",
    fails: 'lost wake-up',
    foundInInterleaving: 41,
    program: drepper2(3, 1),
  },
  {
    name: "Drepper's third mutex",
    program({ Atomics, Int32Array, thread }) {
      const words = new Int32Array(2)
      function locked(): void {
        let c = Atomics.compareExchange(words, 0, 0, 1)
        if (c !== 0) {
          if (c !== 2) c = Atomics.exchange(words, 0, 2)
          while (c !== 0) {
            Atomics.wait(words, 0, 2)
            c = Atomics.exchange(words, 0, 2)
          }
        }
        words[1] = words[1] + 1
        if (Atomics.sub(words, 0, 1) !== 1) {
          Atomics.store(words, 0, 0)
          Atomics.notify(words, 0, 1)
        }
      }
      const a = thread.spawn(locked)
      const b = thread.spawn(locked)
      a.join()
      b.join()
      expect(words[1] === 2, 'both were inside')
    },
  },
  {
    name: 'lost wake-up',
    fails: 'lost wake-up',
    foundInInterleaving: 2,
    program({ Atomics, Int32Array, thread }) {
      const words = new Int32Array(2)
      const a = thread.spawn(() => {
        if (Atomics.load(words, 0) === 0) Atomics.wait(words, 1, 0)
      })
      const b = thread.spawn(() => {
        Atomics.store(words, 0, 1)
        Atomics.notify(words, 1)
      })
      a.join()
      b.join()
    },
  },
  {
    name: 'event',
    program({ Atomics, Int32Array, thread }) {
      const words = new Int32Array(2)
      function waiter(): void {
        while (Atomics.load(words, 0) === 0) Atomics.wait(words, 0, 0)
        expect(words[1] === 7, 'the event came before its data')
      }
      const a = thread.spawn(waiter)
      const b = thread.spawn(waiter)
      const c = thread.spawn(() => {
        words[1] = 7
        Atomics.store(words, 0, 1)
        Atomics.notify(words, 0)
      })
      a.join()
      b.join()
      c.join()
    },
  },
  { name: 'barrier', program: barrier(true) },
  { name: 'barrier without a loop around the wait', fails: 'threw', foundInInterleaving: 3, program: barrier(false) },
  { name: 'AB-BA deadlock', fails: 'deadlock', foundInInterleaving: 25, program: twoLocks(false) },
  { name: 'AB-AB', program: twoLocks(true) },
  {
    name: 'store buffering',
    program({ Atomics, Int32Array, thread }) {
      const words = new Int32Array(4)
      function side(me: number): void {
        Atomics.store(words, me, 1)
        Atomics.store(words, 2 + me, Atomics.load(words, 1 - me))
      }
      const a = thread.spawn(() => side(0))
      const b = thread.spawn(() => side(1))
      a.join()
      b.join()
      expect(Atomics.load(words, 2) + Atomics.load(words, 3) > 0, 'both loads came before both stores')
    },
  },
  { name: 'message passing', program: messagePassing(true) },
  {
    name: 'message passing by a plain flag',
    fails: 'data race',
    foundInInterleaving: 1,
    program: messagePassing(false),
  },
  { name: 'seqlock', program: seqlock(true) },
  {
    name: 'seqlock whose reader does not check the sequence again',
    fails: 'threw',
    foundInInterleaving: 4,
    program: seqlock(false),
  },
  { name: 'double-checked initialization', program: once(true) },
  {
    name: 'double-checked initialization by a plain flag',
    fails: 'data race',
    foundInInterleaving: 1,
    program: once(false),
  },
  { name: 'read-copy-update', program: rcu(true) },
  {
    name: 'read-copy-update that does not wait for readers',
    fails: 'data race',
    foundInInterleaving: 1,
    program: rcu(false),
  },
  { name: 'readers and a writer', program: readersWriter(true) },
  {
    name: 'readers and a writer that checks for readers before it announces itself',
    fails: 'data race',
    foundInInterleaving: 6,
    program: readersWriter(false),
  },
  { name: 'dining philosophers', fails: 'deadlock', foundInInterleaving: 481, program: philosophers(false) },
  { name: 'dining philosophers, one left-handed', program: philosophers(true) },
]

function peterson(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(4)
    const TURN = 2
    const DATA = 3
    function enter(me: number): void {
      const other = 1 - me
      if (right) {
        Atomics.store(words, me, 1)
        Atomics.store(words, TURN, other)
      } else {
        Atomics.store(words, TURN, other)
        Atomics.store(words, me, 1)
      }
      while (Atomics.load(words, other) === 1 && Atomics.load(words, TURN) === other) Atomics.pause()
      words[DATA] = words[DATA] + 1
      Atomics.store(words, me, 0)
    }
    const a = thread.spawn(() => enter(0))
    const b = thread.spawn(() => enter(1))
    a.join()
    b.join()
    expect(words[DATA] === 2, 'both were inside')
  }
}

/** Nodes are 1, 2 and 3. Word `node` is the next node, word 0 the head, with a tag in the upper bits if `tags`. */
function treiber(tags: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(8)
    const TAKEN = 4
    const next = (head: number, node: number): number => (tags ? (((head >>> 8) + 1) << 8) | node : node)
    function pop(): number {
      for (;;) {
        const head = Atomics.load(words, 0)
        const node = head & 0xff
        if (node === 0) return 0
        const rest = Atomics.load(words, node)
        if (Atomics.compareExchange(words, 0, head, next(head, rest)) === head) return node
      }
    }
    function push(node: number): void {
      for (;;) {
        const head = Atomics.load(words, 0)
        Atomics.store(words, node, head & 0xff)
        if (Atomics.compareExchange(words, 0, head, next(head, node)) === head) return
      }
    }
    function take(node: number): void {
      if (node !== 0) expect(Atomics.add(words, TAKEN + node, 1) === 0, 'a node was taken twice')
    }
    Atomics.store(words, 2, 1)
    Atomics.store(words, 0, 2)
    const a = thread.spawn(() => {
      take(pop())
    })
    const b = thread.spawn(() => {
      const first = pop()
      if (first === 0) return
      const second = pop()
      push(first)
      take(second)
    })
    a.join()
    b.join()
    take(pop())
    take(pop())
  }
}

/** A ring of two cells with a sequence and a value each, then the positions of the producers and the consumers. */
function vyukov(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(8)
    const TAIL = 4
    const HEAD = 5
    const SUM = 6
    Atomics.store(words, 2, 1)
    function push(value: number): boolean {
      for (;;) {
        const at = Atomics.load(words, TAIL)
        const cell = (at & 1) * 2
        const turn = Atomics.load(words, cell) - at
        if (turn < 0) return false
        if (turn === 0 && Atomics.compareExchange(words, TAIL, at, at + 1) === at) {
          if (right) {
            words[cell + 1] = value
            Atomics.store(words, cell, at + 1)
          } else {
            Atomics.store(words, cell, at + 1)
            words[cell + 1] = value
          }
          return true
        }
      }
    }
    function pop(): number {
      for (;;) {
        const at = Atomics.load(words, HEAD)
        const cell = (at & 1) * 2
        const turn = Atomics.load(words, cell) - (at + 1)
        if (turn < 0) return 0
        if (turn === 0 && Atomics.compareExchange(words, HEAD, at, at + 1) === at) {
          const value = words[cell + 1]
          Atomics.store(words, cell, at + 2)
          return value
        }
      }
    }
    const a = thread.spawn(() => {
      push(1)
    })
    const b = thread.spawn(() => {
      push(2)
    })
    const c = thread.spawn(() => {
      const value = pop()
      Atomics.add(words, SUM, value)
    })
    a.join()
    b.join()
    c.join()
    const rest = Atomics.load(words, SUM) + pop() + pop()
    expect(rest === 3, 'a value was lost or received twice')
  }
}

/** Words: bottom, top and two slots. The tasks are 1 and 2; each must be taken once. */
function chaseLev(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(8)
    const BOTTOM = 0
    const TOP = 1
    const SLOTS = 2
    const TAKEN = 4
    function take(task: number): void {
      if (task !== 0) expect(Atomics.add(words, TAKEN + task, 1) === 0, 'a task ran twice')
    }
    function push(task: number): void {
      const bottom = Atomics.load(words, BOTTOM)
      Atomics.store(words, SLOTS + (bottom & 1), task)
      Atomics.store(words, BOTTOM, bottom + 1)
    }
    function pop(): number {
      const bottom = Atomics.load(words, BOTTOM) - 1
      Atomics.store(words, BOTTOM, bottom)
      const top = Atomics.load(words, TOP)
      if (bottom < top) {
        Atomics.store(words, BOTTOM, top)
        return 0
      }
      const task = Atomics.load(words, SLOTS + (bottom & 1))
      if (bottom > top) return task
      let won = true
      if (right) won = Atomics.compareExchange(words, TOP, top, top + 1) === top
      else Atomics.store(words, TOP, top + 1)
      Atomics.store(words, BOTTOM, top + 1)
      return won ? task : 0
    }
    function steal(): number {
      const top = Atomics.load(words, TOP)
      const bottom = Atomics.load(words, BOTTOM)
      if (bottom <= top) return 0
      const task = Atomics.load(words, SLOTS + (top & 1))
      return Atomics.compareExchange(words, TOP, top, top + 1) === top ? task : 0
    }
    push(1)
    push(2)
    const a = thread.spawn(() => {
      take(steal())
    })
    const b = thread.spawn(() => {
      take(steal())
    })
    take(pop())
    take(pop())
    a.join()
    b.join()
  }
}

/**
 * A thread that finds the mutex held adds 1, and sleeps on its sum. The next such thread changes the word, and so keeps
 * the first one awake.
 */
function drepper1(threads: number): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(2)
    function locked(): void {
      let refused = 0
      for (;;) {
        const c = Atomics.add(words, 0, 1)
        if (c === 0) break
        if (Atomics.wait(words, 0, c + 1) === 'not-equal') refused++
        expect(refused < 3, 'the waiters keep each other awake')
      }
      words[1] = words[1] + 1
      Atomics.store(words, 0, 0)
      Atomics.notify(words, 0, 1)
    }
    const a = thread.spawn(locked)
    const b = thread.spawn(locked)
    if (threads === 3) {
      const c = thread.spawn(locked)
      c.join()
    }
    a.join()
    b.join()
  }
}

/** 0 free, 1 held, 2 held with waiters. A thread that has slept acquires it as `after`. */
function drepper2(threads: number, after: number): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(2)
    function locked(): void {
      let c = Atomics.compareExchange(words, 0, 0, 1)
      while (c !== 0) {
        if (c === 2 || Atomics.compareExchange(words, 0, 1, 2) !== 0) Atomics.wait(words, 0, 2)
        c = Atomics.compareExchange(words, 0, 0, after)
      }
      words[1] = words[1] + 1
      if (Atomics.sub(words, 0, 1) !== 1) {
        Atomics.store(words, 0, 0)
        Atomics.notify(words, 0, 1)
      }
    }
    const a = thread.spawn(locked)
    const b = thread.spawn(locked)
    if (threads === 3) {
      const c = thread.spawn(locked)
      c.join()
    }
    a.join()
    b.join()
    expect(words[1] === threads, 'two were inside')
  }
}

/**
 * Words: arrived, generation. Two rounds of two threads. Without the loop, the wait returns when the word has changed.
 */
function barrier(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(4)
    const DONE = 2
    function arrive(): void {
      const generation = Atomics.load(words, 1)
      if (Atomics.add(words, 0, 1) === 1) {
        Atomics.store(words, 0, 0)
        Atomics.add(words, 1, 1)
        Atomics.notify(words, 1)
        return
      }
      if (right) {
        while (Atomics.load(words, 1) === generation) Atomics.wait(words, 1, generation)
      } else Atomics.wait(words, 1, generation, 5)
    }
    function rounds(): void {
      Atomics.add(words, DONE, 1)
      arrive()
      expect(Atomics.load(words, DONE) >= 2, 'a thread passed the barrier alone')
    }
    const a = thread.spawn(rounds)
    const b = thread.spawn(rounds)
    a.join()
    b.join()
  }
}

function twoLocks(sameOrder: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(3)
    function lock(at: number): void {
      while (Atomics.compareExchange(words, at, 0, 1) !== 0) Atomics.wait(words, at, 1)
    }
    function unlock(at: number): void {
      Atomics.store(words, at, 0)
      Atomics.notify(words, at, 1)
    }
    function both(first: number, second: number): void {
      lock(first)
      lock(second)
      words[2] = words[2] + 1
      unlock(second)
      unlock(first)
    }
    const a = thread.spawn(() => both(0, 1))
    const b = thread.spawn(() => both(sameOrder ? 0 : 1, sameOrder ? 1 : 0))
    a.join()
    b.join()
  }
}

function messagePassing(atomic: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(2)
    const a = thread.spawn(() => {
      words[0] = 42
      if (atomic) Atomics.store(words, 1, 1)
      else words[1] = 1
    })
    const b = thread.spawn(() => {
      const ready = atomic ? Atomics.load(words, 1) : words[1]
      if (ready === 1) expect(words[0] === 42, 'the flag came before the message')
    })
    a.join()
    b.join()
  }
}

/** Words: the sequence, and two words that must be read together. */
function seqlock(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(3)
    const writer = thread.spawn(() => {
      for (let round = 1; round <= 2; round++) {
        Atomics.add(words, 0, 1)
        Atomics.store(words, 1, round)
        Atomics.store(words, 2, round)
        Atomics.add(words, 0, 1)
      }
    })
    const reader = thread.spawn(() => {
      for (;;) {
        const before = Atomics.load(words, 0)
        if ((before & 1) === 1) {
          Atomics.pause()
          continue
        }
        const a = Atomics.load(words, 1)
        const b = Atomics.load(words, 2)
        if (right && Atomics.load(words, 0) !== before) {
          Atomics.pause()
          continue
        }
        expect(a === b, 'a half-finished write was read')
        return
      }
    })
    writer.join()
    reader.join()
  }
}

/** Words: done, lock, value. */
function once(atomic: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(4)
    function get(): void {
      const done = atomic ? Atomics.load(words, 0) : words[0]
      if (done === 0) {
        while (Atomics.compareExchange(words, 1, 0, 1) !== 0) Atomics.wait(words, 1, 1)
        if (words[3] === 0) {
          words[3] = 1
          words[2] = words[2] + 7
          if (atomic) Atomics.store(words, 0, 1)
          else words[0] = 1
        }
        Atomics.store(words, 1, 0)
        Atomics.notify(words, 1, 1)
      }
      expect(words[2] === 7, 'initialized twice, or not yet')
    }
    const a = thread.spawn(get)
    const b = thread.spawn(get)
    a.join()
    b.join()
  }
}

/**
 * Words: the index of the current copy, the number of readers of each copy, and the two copies. The old copy is reused.
 */
function rcu(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(8)
    const CURRENT = 0
    const READERS = 1
    const COPIES = 3
    words[COPIES] = 1
    function read(): void {
      for (;;) {
        const copy = Atomics.load(words, CURRENT)
        Atomics.add(words, READERS + copy, 1)
        if (Atomics.load(words, CURRENT) === copy) {
          expect(words[COPIES + copy] > 0, 'an old copy was read')
          Atomics.sub(words, READERS + copy, 1)
          return
        }
        Atomics.sub(words, READERS + copy, 1)
      }
    }
    const a = thread.spawn(read)
    const writer = thread.spawn(() => {
      words[COPIES + 1] = 2
      Atomics.store(words, CURRENT, 1)
      if (right) while (Atomics.load(words, READERS) !== 0) Atomics.pause()
      words[COPIES] = -1
    })
    a.join()
    writer.join()
  }
}

/** Words: the number of readers, the writer's claim, and the data. */
function readersWriter(right: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const words = new Int32Array(4)
    const DATA = 2
    function read(): void {
      for (;;) {
        Atomics.add(words, 0, 1)
        if (Atomics.load(words, 1) === 0) break
        Atomics.sub(words, 0, 1)
        while (Atomics.load(words, 1) !== 0) Atomics.pause()
      }
      expect(words[DATA] === words[DATA + 1], 'a half-finished write was read')
      Atomics.sub(words, 0, 1)
    }
    const a = thread.spawn(read)
    const b = thread.spawn(read)
    const writer = thread.spawn(() => {
      if (right) Atomics.store(words, 1, 1)
      while (Atomics.load(words, 0) !== 0) Atomics.pause()
      if (!right) Atomics.store(words, 1, 1)
      words[DATA] = 1
      words[DATA + 1] = 1
      Atomics.store(words, 1, 0)
    })
    a.join()
    b.join()
    writer.join()
  }
}

function philosophers(leftHanded: boolean): Classic['program'] {
  return ({ Atomics, Int32Array, thread }) => {
    const forks = new Int32Array(3)
    function take(fork: number): void {
      while (Atomics.compareExchange(forks, fork, 0, 1) !== 0) Atomics.wait(forks, fork, 1)
    }
    function lay(fork: number): void {
      Atomics.store(forks, fork, 0)
      Atomics.notify(forks, fork, 1)
    }
    function dine(me: number): void {
      const swaps = leftHanded && me === 2
      const first = swaps ? 0 : me
      const second = swaps ? 2 : (me + 1) % 3
      take(first)
      take(second)
      lay(second)
      lay(first)
    }
    const a = thread.spawn(() => dine(0))
    const b = thread.spawn(() => dine(1))
    const c = thread.spawn(() => dine(2))
    a.join()
    b.join()
    c.join()
  }
}
