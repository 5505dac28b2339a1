// An ArrayBuffer in an Arc is written to.
// prints or refused: never
import { Arc } from 'fearless'

const bytes = new Arc({ buffer: new ArrayBuffer(4) })
new Uint8Array(bytes.value.buffer as ArrayBuffer)[0] = 1
console.log(new Uint8Array(bytes.value.buffer as ArrayBuffer)[0])
