// Another view is created from the buffer of the view.
// prints or refused: 7
import { drop, vec } from 'fearless'

const a = vec.i32(1)
const bytes = a.with(view => [new Uint8Array(view.buffer, view.byteOffset, 4)])
drop(a)
const b = vec.i32([7])
bytes[0]![0] = 66
console.log(b.get(0))
