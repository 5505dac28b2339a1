import { Rc, move, thread } from 'fearless'

export function run(n: number): void {
  const job = { id: n, shared: new Rc(1) }
  const list = [new Rc(n)]
  const rc = new Rc(n)
  if (n > 1) thread.spawn(move(() => [job.id, list.length]))
  else thread.spawn(move(() => job.id + rc.value))
}
