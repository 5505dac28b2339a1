import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
for await (const value of rx) {
  if (value === 1) break
}
