/** The models of `model.bench.ts`, the same as in bench/rust/loom. They consist of atomic steps only. */
import type { Simulation } from './model.ts'

type Program = (simulation: Simulation) => void

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}

export const models: Readonly<Record<string, Program>> = {
  /** Three threads that add twice each. */
  adds({ Atomics, Int32Array, thread }) {
    const n = new Int32Array(1)
    function add(): void {
      Atomics.add(n, 0, 1)
      Atomics.add(n, 0, 1)
    }
    const a = thread.spawn(add)
    const b = thread.spawn(add)
    const c = thread.spawn(add)
    a.join()
    b.join()
    c.join()
    expect(Atomics.load(n, 0) === 6, 'an update was lost')
  },

  /** A stack with tags: one thread pops, one pops twice and pushes one node back. */
  treiber({ Atomics, Int32Array, thread }) {
    const words = new Int32Array(8)
    const TAKEN = 4
    const next = (head: number, node: number): number => (((head >>> 8) + 1) << 8) | node
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
  },

  /** A bounded queue of two cells: two producers, one consumer. */
  vyukov({ Atomics, Int32Array, thread }) {
    const words = new Int32Array(8)
    const TAIL = 4
    const HEAD = 5
    const SUM = 6
    Atomics.store(words, 2, 1)
    function enqueue(value: number): boolean {
      for (;;) {
        const at = Atomics.load(words, TAIL)
        const cell = (at & 1) * 2
        const turn = Atomics.load(words, cell) - at
        if (turn < 0) return false
        if (turn === 0 && Atomics.compareExchange(words, TAIL, at, at + 1) === at) {
          Atomics.store(words, cell + 1, value)
          Atomics.store(words, cell, at + 1)
          return true
        }
      }
    }
    function dequeue(): number {
      for (;;) {
        const at = Atomics.load(words, HEAD)
        const cell = (at & 1) * 2
        const turn = Atomics.load(words, cell) - (at + 1)
        if (turn < 0) return 0
        if (turn === 0 && Atomics.compareExchange(words, HEAD, at, at + 1) === at) {
          const value = Atomics.load(words, cell + 1)
          Atomics.store(words, cell, at + 2)
          return value
        }
      }
    }
    const a = thread.spawn(() => {
      enqueue(1)
    })
    const b = thread.spawn(() => {
      enqueue(2)
    })
    const c = thread.spawn(() => {
      const value = dequeue()
      Atomics.add(words, SUM, value)
    })
    a.join()
    b.join()
    c.join()
    const sum = Atomics.load(words, SUM) + dequeue() + dequeue()
    expect(sum === 3, 'a value was lost or received twice')
  },

  /** Three threads: each writes its own word and reads the other two. */
  'store-buffering'({ Atomics, Int32Array, thread }) {
    const words = new Int32Array(6)
    function side(me: number): void {
      Atomics.store(words, me, 1)
      const a = Atomics.load(words, (me + 1) % 3)
      const b = Atomics.load(words, (me + 2) % 3)
      Atomics.store(words, 3 + me, a + b)
    }
    const a = thread.spawn(() => side(0))
    const b = thread.spawn(() => side(1))
    const c = thread.spawn(() => side(2))
    a.join()
    b.join()
    c.join()
  },
}
