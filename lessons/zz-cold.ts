import { thread } from 'fearless'
const abs = () => performance.timeOrigin + performance.now()
const t0 = abs()
const h = thread.spawn(() => { const fs = process.getBuiltinModule('fs'); fs.writeSync(2, 'in closure ' + (performance.timeOrigin + performance.now()) + ' origin ' + performance.timeOrigin + '\n'); return 42 })
const ts = abs()
const r = await h.join()
console.log('spawn call', (ts-t0).toFixed(1), 't0', t0, 'total', (abs()-t0).toFixed(1))
