// One thread sends, main receives; the loop ends when the sender is dropped.
import { move, mpsc, sleep, thread } from 'fearless'

const [tx, rx] = mpsc.channel<string>()

thread.spawn(
  move(() => {
    for (const word of ['hi', 'from', 'the', 'thread']) {
      tx.send(word)
      sleep(10).wait()
    }
  }),
)

for await (const received of rx) console.log('got:', received)
