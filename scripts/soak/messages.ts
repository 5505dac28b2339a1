/** A hundred million messages between threads, through every kind of channel: exact, in order, with constant memory. */
import assert from 'node:assert/strict'
import {
  LaggedError,
  broadcast,
  drop,
  move,
  mpmc,
  mpsc,
  oneshot,
  thread,
  type OneshotReceiver,
  type Receiver,
  type Sender,
  type SharedReceiver,
  type SyncSender,
} from 'fearless'
import { check, parcel, type Parcel } from '../../packages/fearless/src/thread/parcel.fixture.ts'
import { MemoryWatch } from './heap.ts'

const MESSAGES = 100_000_000
const ROUNDS = 25
const SENDERS = 3
/** Rounds until caches, code and workers are allocated. */
const WARM = 4
/** A sender that is this far ahead lets the receiver run. */
const AHEAD = 20_000

export async function messages(scale: number, say: (text: string) => void): Promise<void> {
  const round = Math.max(10_000, Math.round((MESSAGES * scale) / ROUNDS))
  const watched = new MemoryWatch()
  let total = 0
  for (let n = 1; n <= ROUNDS; n++) {
    total += await numbers(...mpsc.channel<number>(), round * 0.3)
    total += await numbers(...mpsc.channel<number>(1024), round * 0.3)
    total += await numbers(...mpmc.channel<number>(1024), round * 0.2)
    total += await numbers(...mpmc.channel<number>(), round * 0.1)
    total += await numbers(...mpsc.channel<number>(0), round * 0.001)
    total += await shared(round * 0.04)
    total += await toAll(round * 0.059)
    total += await single(round * 0.001)
    say(`round ${n} of ${ROUNDS}, ${total.toLocaleString('en')} messages, ${watched.sample()}`)
  }
  watched.assertFlat(WARM, 64 * 1024, 64 * 2 ** 20)
}

/** Sends numbers that identify their senders: `count` of all senders together, each sender's in order. */
async function numbers(
  tx: Sender<number> | SyncSender<number>,
  rx: Receiver<number> | SharedReceiver<number>,
  count: number,
): Promise<number> {
  const each = Math.ceil(count / SENDERS)
  const sending = Array.from({ length: SENDERS }, (_, from) => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        for (let n = 0; n < each; n++) {
          const sent = mine.send(n * SENDERS + from)
          if (sent !== undefined) sent.wait()
          else if (mine.length > AHEAD) thread.yieldNow().wait()
        }
      }),
    )
  })
  drop(tx)
  const receiving = thread.spawn(
    move(() => {
      const next = new Array<number>(SENDERS).fill(0)
      for (const message of rx) {
        const from = message % SENDERS
        if ((message - from) / SENDERS !== next[from]++) throw new Error(`${message} arrived out of order`)
      }
      return next
    }),
  )
  for (const handle of sending) await handle.join()
  assert.deepEqual(await receiving.join(), new Array<number>(SENDERS).fill(each))
  return each * SENDERS
}

/** Sends objects, each to one of two receivers. */
async function shared(count: number): Promise<number> {
  const [tx, rx] = mpmc.channel<Parcel>(256)
  const each = Math.ceil(count / 2)
  const sending = [0, 1].map(from => {
    const mine = tx.clone()
    return thread.spawn(
      move(() => {
        for (let n = 0; n < each; n++) mine.send(parcel(from, n)).wait()
      }),
    )
  })
  drop(tx)
  const receiving = [0, 1].map(() => {
    const mine = rx.clone()
    return thread.spawn(
      move(() => {
        let got = 0
        for (const message of mine) {
          if (message.n % 64 === 0) check(message)
          got++
        }
        return got
      }),
    )
  })
  drop(rx)
  for (const handle of sending) await handle.join()
  const got = [await receiving[0].join(), await receiving[1].join()]
  assert.equal(got[0] + got[1], each * 2)
  return each * 2
}

/** Sends each message to two receivers, which count the messages that they have missed. */
async function toAll(count: number): Promise<number> {
  const [tx, rx] = broadcast.channel<number>(1024)
  const sent = Math.ceil(count / 2)
  const receiving = [rx, tx.subscribe()].map(mine =>
    thread.spawn(
      move(() => {
        let [next, sum] = [0, 0]
        for (;;) {
          try {
            for (const message of mine) {
              if (message !== next++) throw new Error(`${message} arrived out of order`)
              sum++
            }
            return [next, sum]
          } catch (error) {
            if (!(error instanceof LaggedError)) throw error
            next += error.missed
          }
        }
      }),
    ),
  )
  const sending = thread.spawn(
    move(() => {
      for (let n = 0; n < sent; n++) tx.send(n)
    }),
  )
  await sending.join()
  for (const handle of receiving) {
    const [next, sum] = await handle.join()
    assert.equal(next, sent)
    assert.ok(sum > 0)
  }
  return sent * 2
}

/** Sends single messages, whose receivers move to another thread. */
async function single(count: number): Promise<number> {
  const [tx, rx] = mpsc.channel<OneshotReceiver<number>>(64)
  const sending = thread.spawn(
    move(() => {
      for (let n = 0; n < count; n++) {
        const [answer, answered] = oneshot.channel<number>()
        tx.send(answered).wait()
        answer.send(n)
      }
    }),
  )
  let next = 0
  for await (const answered of rx) {
    assert.equal(await answered.recv(), next++)
    drop(answered)
  }
  drop(rx)
  await sending.join()
  assert.equal(next, Math.ceil(count))
  return next
}
