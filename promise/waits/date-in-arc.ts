// A Date in an Arc is set.
// prints or refused: never
import { Arc } from 'fearless'

const since = new Arc(new Date(0))
;(since.value as Date).setTime(5)
console.log(since.value.getTime())
