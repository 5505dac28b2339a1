import { move, mpsc, thread, type Scope } from 'fearless'

const [tx] = mpsc.channel<{ s: Scope }>()
await thread.scope(s => {
  thread.spawn(move(() => s.spawn(() => 1)))
  thread.builder({ name: 'other' }).spawn(move(() => s.spawn(() => 1)))
  tx.send({ s })
})
