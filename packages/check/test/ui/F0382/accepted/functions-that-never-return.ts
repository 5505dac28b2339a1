import { drop, mpsc } from 'fearless'
function fail(why: string): never { throw new Error(why) }
export function run(n: number): void {
  const [tx, rx] = mpsc.channel<number>()
  if (n > 3) { drop(tx); process.exit(1) }
  if (n > 2) { drop(tx); fail('two') }
  tx.send(1)
  drop(tx)
  console.log(rx)
}
