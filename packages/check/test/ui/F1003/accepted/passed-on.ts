import { Mutex, sleep, type Wait } from 'fearless'

const count = new Mutex(0)
declare const ready: boolean
await (ready ? sleep(1) : sleep(2))
await (ready && sleep(1))
const later = ready ? sleep(1) : undefined
await later
export const exported = sleep(1)
let assigned: Wait<void>
assigned = sleep(1)
await assigned
export const pick = () => (ready ? count.update(n => n + 1) : count.update(n => n - 1))
export function give(): Wait<number> {
  return count.update(n => n + 1)
}
const local = () => give()
console.log(await local())
