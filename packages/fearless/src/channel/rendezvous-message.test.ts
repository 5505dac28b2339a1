/** Rendezvous: a send completes when its value was received; no value is stored, lost or doubled. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Arc,
  AtomicI32,
  ClosedError,
  FullError,
  Mutex,
  TimeoutError,
  drop,
  move,
  mpsc,
  select,
  sleep,
  thread,
  type Sender,
} from 'fearless'

const limit = { timeout: 30_000 }

test('a send completes only after its value was received', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(0)
  assert.equal(rx.capacity, 0)
  const sent = new AtomicI32(0)
  const t = thread.spawn(
    move(() => {
      for (let i = 0; i < 100; i++) {
        tx.send(i).wait()
        sent.fetchAdd(1)
      }
    }),
  )
  for (let i = 0; i < 100; i++) {
    assert.ok(sent.load() <= i)
    assert.equal(await rx.recv(), i)
  }
  await t.join()
  assert.equal(sent.load(), 100)
  assert.throws(() => rx.recv().wait(), ClosedError)
})

test('try sends only to a waiting receiver and receives only from a waiting sender', limit, async () => {
  const [tx, rx] = mpsc.channel<string>(0)
  assert.throws(() => tx.send('a').try(), { name: 'FullError', value: 'a' })
  assert.equal(rx.recv().try(), undefined)
  const receiving = rx.recv().then(x => x)
  tx.send('b').try()
  assert.equal(await receiving, 'b')
  const sending = tx.send('c').then(() => 'done')
  assert.equal(rx.length, 0)
  assert.equal(rx.recv().try(), 'c')
  assert.equal(await sending, 'done')
})

test('an unreceived value is returned by try and by limits, alone and beside other senders', limit, async () => {
  const [tx, rx] = mpsc.channel<unknown>(0)
  const [inner, innerRx] = mpsc.channel<number>()
  const value = { inner }
  assert.throws(
    () => tx.send(value as never).try(),
    error => (error as FullError).value === value,
  )
  const other = tx.clone()
  const waiting = other.send('first' as never).then(() => {})
  // Senders are registered but no receiver is, so no value is moved.
  assert.throws(
    () => tx.send(value as never).try(),
    error => (error as FullError).value === value,
  )
  inner.send(1)
  // While the send is registered its value is lent and unusable here; afterwards it is usable again.
  const late = tx.send(value as never).within(300)
  const settled = late.then(() => {})
  assert.throws(() => inner.send(2), { name: 'MovedError' })
  await assert.rejects(settled, error => error instanceof TimeoutError && error.value === value)
  inner.send(2)
  drop(inner)
  assert.deepEqual([...innerRx], [1, 2])
  assert.equal(await rx.recv(), 'first')
  await waiting
})

test('the drop of either end wakes the other, and the value is returned', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(0)
  const waiting = assert.rejects(async () => tx.send(7), { name: 'ClosedError', value: 7 })
  drop(rx)
  await waiting
  assert.throws(() => tx.send(8).try(), { name: 'ClosedError', value: 8 })

  const [tx2, rx2] = mpsc.channel<number>(0)
  const ready = new AtomicI32(0)
  const t = thread.spawn(
    move(() => {
      ready.store(1)
      return [...rx2].length
    }),
  )
  while (ready.load() === 0) await thread.yieldNow()
  await tx2.send(1)
  drop(tx2)
  assert.equal(await t.join(), 1)
})

test('three blocking and two awaiting senders deliver every message once and in order per sender', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(0)
  for (let id = 0; id < 3; id++) {
    const mine = tx.clone()
    thread.spawn(
      move(() => {
        for (let i = 0; i < 2000; i++) mine.send(i * 8 + id).wait()
      }),
    )
  }
  const own = [3, 4].map(async id => {
    using mine = tx.clone()
    for (let i = 0; i < 1000; i++) await mine.send(i * 8 + id)
  })
  drop(tx)
  const t = thread.spawn(
    move(() => {
      const next = [0, 0, 0, 0, 0]
      for (const x of rx) if (x >> 3 !== next[x & 7]++) throw new Error(`${x}`)
      return next
    }),
  )
  await Promise.all(own)
  assert.deepEqual(await t.join(), [2000, 2000, 2000, 1000, 1000])
})

test(
  'limits on both sides lose and double no message, whichever side gives up during the rendezvous',
  limit,
  async () => {
    const [tx, rx] = mpsc.channel<number | { i: number }>(0)
    const senders = [0, 1].map(id => {
      const mine = tx.clone()
      return thread.spawn(
        move(() => {
          const sent: number[] = []
          for (let i = 0; i < 3000; i++) {
            const n = i * 4 + id
            try {
              mine.send(i % 2 === 0 ? n : { i: n }).wait((i % 5) / 20)
              sent.push(n)
            } catch (error) {
              if ((error as Error).name !== 'TimeoutError') throw error
            }
          }
          return sent
        }),
      )
    })
    const own: number[] = []
    const mine = (async () => {
      for (let i = 0; i < 500; i++) {
        const n = i * 4 + 2
        try {
          await tx.send(n).within((i % 4) / 4)
          own.push(n)
        } catch (error) {
          if (!(error instanceof TimeoutError)) throw error
        }
      }
      drop(tx)
    })()
    const receiver = thread.spawn(
      move(() => {
        const got: number[] = []
        for (let i = 0; ; i++) {
          try {
            const x = i % 3 === 0 ? rx.recv().try() : rx.recv().wait((i % 4) / 20)
            if (x !== undefined) got.push(typeof x === 'number' ? x : x.i)
          } catch (error) {
            if ((error as Error).name === 'ClosedError') return got
            if ((error as Error).name !== 'TimeoutError') throw error
          }
        }
      }),
    )
    await mine
    const sent = [...(await senders[0].join()), ...(await senders[1].join()), ...own]
    const got = await receiver.join()
    assert.deepEqual(
      got.sort((a, b) => a - b),
      sent.sort((a, b) => a - b),
    )
    assert.ok(got.length > 0)
  },
)

test('a losing send of a select keeps its value, handles and buffers', limit, async () => {
  const [tx, rx] = mpsc.channel<{ inner: Sender<string>; bytes: Uint8Array<ArrayBuffer>; shared: Arc<Mutex<number>> }>(
    0,
  )
  const [inner, innerRx] = mpsc.channel<string>()
  const value = { inner, bytes: new Uint8Array([1, 2, 3]), shared: new Arc(new Mutex(0)) }
  for (let i = 0; i < 3; i++) {
    const first = await select({ sent: tx.send(value), late: sleep(1) })
    assert.equal(first.key, 'late')
    assert.equal(select({ sent: tx.send(value), late: sleep(1) }).wait().key, 'late')
    inner.send(`still mine ${i}`)
    assert.equal(value.bytes.length, 3)
    assert.equal(Arc.strongCount(value.shared), 1)
  }
  const receiving = rx.recv().then(x => x)
  assert.equal((await select({ sent: tx.send(value), late: sleep(20_000) })).key, 'sent')
  const received = await receiving
  assert.throws(() => value.bytes, { name: 'MovedError' })
  assert.throws(() => inner.send('gone'), { name: 'MovedError' })
  received.inner.send('from its new owner')
  assert.deepEqual([...received.bytes], [1, 2, 3])
  drop(received.inner)
  assert.deepEqual([...innerRx], ['still mine 0', 'still mine 1', 'still mine 2', 'from its new owner'])
})

test('a lent handle that is dropped during the loan ends when it is returned', limit, async () => {
  const [tx, rx] = mpsc.channel<Sender<number>>(0)
  const [inner, innerRx] = mpsc.channel<number>()
  const selected = select({ sent: tx.send(inner), late: sleep(300) }).then(({ key }) => key)
  drop(inner)
  assert.equal(innerRx.recv().try(), undefined)
  assert.equal(await selected, 'late')
  assert.throws(() => innerRx.recv().try(), ClosedError)
  drop(rx)
})

test('a select with both ends of a rendezvous does not meet itself, but meets another thread', limit, async () => {
  const [tx, rx] = mpsc.channel<number>(0)
  const both = () => select({ out: tx.send(1), in: rx.recv(), late: sleep(20) })
  assert.equal((await both()).key, 'late')
  assert.equal(both().wait().key, 'late')

  const other = tx.clone()
  const receives = both().then(({ key, value }) => [key, value])
  await other.send(7)
  assert.deepEqual(await receives, ['in', 7])

  const sends = both().then(({ key }) => key)
  assert.equal(rx.recv().try(), 1)
  assert.equal(await sends, 'out')
})

test('selects in threads on both ends of two rendezvous channels deliver every message once', limit, async () => {
  const [toA, atA] = mpsc.channel<number>(0)
  const [toB, atB] = mpsc.channel<number>(0)
  const each = 3000
  const a = thread.spawn(
    move(() => {
      let [sent, got, sum] = [0, 0, 0]
      while (sent < each && got < each) {
        const first = select({ out: toB.send(sent), in: atA.recv() }).wait()
        if (first.key === 'out') sent++
        else {
          sum += first.value
          got++
        }
      }
      while (sent < each) toB.send(sent++).wait()
      for (; got < each; got++) sum += atA.recv().wait()
      return sum
    }),
  )
  let [sent, got, sum] = [0, 0, 0]
  while (sent < each && got < each) {
    const first = await select({ out: toA.send(sent), in: atB.recv() })
    if (first.key === 'out') sent++
    else {
      sum += first.value
      got++
    }
  }
  while (sent < each) await toA.send(sent++)
  for (; got < each; got++) sum += await atB.recv()
  assert.equal(sum, (each * (each - 1)) / 2)
  assert.equal(await a.join(), sum)
})
