import { Mutex, mpsc, thread } from 'fearless'

export function run(name: string): void {
  const [tx, rx] = mpsc.channel<string>()
  const lock = new Mutex(0)
  thread.spawn(() => {
    tx.send(name)
    lock.update(n => n + 1).wait()
  })
  console.log(rx)
}
