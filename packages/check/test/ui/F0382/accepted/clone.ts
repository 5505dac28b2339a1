import { clone, mpsc, thread } from 'fearless'
export function run(config: { a: number[] }): void {
  const [tx, rx] = mpsc.channel<{ a: number[] }>()
  tx.send(clone(config))
  tx.send(clone(config))
  thread.spawn(c => c.a.length, clone(config))
  console.log(config.a, rx)
}
