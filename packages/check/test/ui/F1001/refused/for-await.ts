import { Mutex, mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
using tx2 = tx.clone()
const total = new Mutex(0)
{
  using guard = await total.lock()
  for await (const n of rx) {
    guard.value += n
    break
  }
}
