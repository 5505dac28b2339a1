import { after, move, mpsc, par, parIter, select, thread } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
tx.send(1)
const doubled = parIter([1, 2]).map(n => n * 2)
console.log(await doubled.sum(), await parIter(par.range(0, 10)).count())
const builder = thread.builder({ name: 'worker' })
const worker = builder.spawn(() => 1)
console.log(await select({ worker, late: after(100).recv() }))
for (const n of rx.tryIter()) console.log(n)
const log = move(() => console.log('called'))
log()
