// Another view of a moved buffer cannot reach its bytes, because the buffer is detached.
// prints: 3 undefined 0
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<Uint8Array<ArrayBuffer>>()
const bytes = new Uint8Array([1, 2, 3, 4])
const half = bytes.subarray(2)
tx.send(bytes)
half[0] = 9
console.log((await rx.recv())[2], half[0], half.length)
