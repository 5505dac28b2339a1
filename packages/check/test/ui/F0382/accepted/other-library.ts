import { move, thread } from '../../Elsewhere/other.ts'

const data = [1]
thread.spawn(move(() => data.length))
console.log(data, 'not from "fearless"')
