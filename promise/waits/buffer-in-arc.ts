// An ArrayBuffer in an Arc is written to.
// refused by: tsc TS2769
import { Arc } from 'fearless'

const bytes = new Arc({ buffer: new ArrayBuffer(4) })
new Uint8Array(bytes.value.buffer)[0] = 1
