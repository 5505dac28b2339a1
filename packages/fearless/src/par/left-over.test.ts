/**
 * Handles that the functions of parallel work make are dropped unless they are part of the result: the channel of a
 * Sender closes, and the count of an Arc is as before. Each operation that makes handles, and each way to fail, is
 * tested with both.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arc, AtomicI32, ClosedError, drop, mpsc, par, parIter, type Sender, type Wait } from 'fearless'

const limit = { timeout: 60_000 }

const ITEMS = Array.from({ length: 3 }, (_, i) => i)

/** Work that makes senders and clones of an Arc, and fails or returns none of them. */
type Work = (sender: Sender<number>, count: Arc<AtomicI32>) => Wait<unknown>

const WORK: Record<string, Work> = {
  'join, a throws': (tx, arc) =>
    par.join(
      () => {
        throw new Error('a')
      },
      () => [tx.clone(), Arc.clone(arc)],
    ),
  'join, b throws': (tx, arc) =>
    par.join(
      () => [tx.clone(), Arc.clone(arc)],
      () => {
        throw new Error('b')
      },
    ),
  'join, a makes and throws': (tx, arc) =>
    par.join(
      () => {
        const made = [tx.clone(), Arc.clone(arc)]
        throw new Error(`a ${made.length}`)
      },
      () => 1,
    ),
  'map and collect, the last throws': (tx, arc) =>
    parIter(ITEMS)
      .map(i => {
        if (i === 2) throw new Error('map')
        return [tx.clone(), Arc.clone(arc)]
      })
      .collect(),
  'map and count': (tx, arc) =>
    parIter(ITEMS)
      .map(() => [tx.clone(), Arc.clone(arc)])
      .count(),
  forEach: (tx, arc) => parIter(ITEMS).forEach(() => void [tx.clone(), Arc.clone(arc)]),
  'map and any': (tx, arc) =>
    parIter(ITEMS)
      .map(() => [tx.clone(), Arc.clone(arc)])
      .any(made => made.length === 2),
  'fold that throws': (tx, arc) =>
    parIter(ITEMS)
      .fold(
        () => [] as (Sender<number> | Arc<AtomicI32>)[],
        (made, i) => {
          if (i === 2) throw new Error('fold')
          return [...made, tx.clone(), Arc.clone(arc)]
        },
      )
      .collect(),
  'fold and count': (tx, arc) =>
    parIter(ITEMS)
      .fold(
        () => [] as Sender<number>[],
        (made, _i) => [...made, tx.clone()],
      )
      .inspect(() => void Arc.clone(arc))
      .count(),
  'reduce that throws': (tx, arc) =>
    parIter(ITEMS)
      .map(() => [tx.clone(), Arc.clone(arc)] as unknown as number)
      .reduce(
        () => 0,
        () => {
          throw new Error('reduce')
        },
      ),
  'find of one': (tx, arc) =>
    parIter(ITEMS)
      .inspect(() => void [tx.clone(), Arc.clone(arc)])
      .find(i => i === 1),
  'a time limit': (tx, arc) =>
    parIter(Array.from({ length: 2000 }, (_, i) => i))
      .map(i => {
        for (const end = performance.now() + 2; performance.now() < end;);
        return i === 0 ? [tx.clone(), Arc.clone(arc)] : 1
      })
      .collect()
      .within(20),
  'many items, one throws': (tx, arc) =>
    parIter(Array.from({ length: 400 }, (_, i) => i))
      .map(i => {
        for (const end = performance.now() + 0.1; performance.now() < end;);
        if (i === 300) throw new Error('late')
        return i % 50 === 0 ? [tx.clone(), Arc.clone(arc)] : 1
      })
      .collect(),
  'many items that are counted': (tx, arc) =>
    parIter(Array.from({ length: 400 }, (_, i) => i))
      .map(i => {
        for (const end = performance.now() + 0.1; performance.now() < end;);
        return i % 50 === 0 ? [tx.clone(), Arc.clone(arc)] : 1
      })
      .count(),
}

/** The forms of a wait. */
const FORMS: Record<string, (work: Wait<unknown>) => unknown> = {
  try: work => work.try(),
  wait: work => work.wait(),
  await: work => work,
}

for (const [work, start] of Object.entries(WORK)) {
  for (const [form, run] of Object.entries(FORMS)) {
    if (work === 'a time limit' && form === 'try') continue
    test(`handles that are not in the result are dropped: ${work}, by ${form}`, limit, async () => {
      const [tx, rx] = mpsc.channel<number>()
      const arc = new Arc(new AtomicI32(0))
      try {
        await run(start(tx, arc))
      } catch (error) {
        assert.ok(error instanceof Error)
      }
      drop(tx)
      await assert.rejects(async () => rx.recv().within(20_000), ClosedError)
      for (const end = Date.now() + 20_000; Arc.strongCount(arc) !== 1 && Date.now() < end;)
        await par.join(
          () => 1,
          () => 2,
        )
      assert.equal(Arc.strongCount(arc), 1)
    })
  }
}

test('handles in a result, in a part of it, or in a thrown error are kept', limit, async () => {
  const [tx, rx] = mpsc.channel<number>()
  const [a, [b]] = par
    .join(
      () => tx.clone(),
      () => [tx.clone()],
    )
    .wait()
  const list = parIter([1, 2])
    .map(() => ({ deep: new Map([[1, tx.clone()]]) }))
    .collect()
    .wait()
  const caught = await parIter([1])
    .forEach(() => {
      throw Object.assign(new Error('with a sender'), { tx: tx.clone() })
    })
    .catch((error: unknown) => error as Error & { tx: Sender<number> })
  drop(tx)
  const all = [a, b, ...list.map(({ deep }) => deep.get(1)!), (caught as { tx: Sender<number> }).tx]
  for (const [i, sender] of all.entries()) sender.send(i)
  assert.deepEqual([...rx.tryIter()], [0, 1, 2, 3, 4])
  for (const sender of all) drop(sender)
  await assert.rejects(async () => rx.recv(), ClosedError)
})
