import { JoinSet, task, timeout, sleep } from 'fearless'
const s = new JoinSet<number>({concurrency: 2})
for (let i=5;i>0;i--) s.spawn(async()=>{await sleep(i*10); return i})
for await (const v of s) console.log(v)
console.log(await timeout(50, async () => { await sleep(10); return 'x'}))
console.log(await timeout(10, async () => { await sleep(100); return 'x'}).catch(e=>e))
console.log(await task.scope(async s => { s.spawn(async()=>{ throw new Error('boom')}); const b = s.spawn(async(sig)=>{ await new Promise((_,r)=>sig.onabort=()=>r(sig.reason))}); return 1 }).catch(e=>e))
task.spawn(async () => { throw new Error('lost') })
