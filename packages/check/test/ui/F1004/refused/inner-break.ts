import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number[]>()
tx.send([1, 2])
for await (const values of rx) {
  for (const value of values) {
    if (value === 2) break
    console.log(value)
  }
}
