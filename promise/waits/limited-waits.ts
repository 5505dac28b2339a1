// Waits that a time limit or a signal ends take nothing.
// prints: TimeoutError AbortError 1
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number>()
const nameOf = (error: unknown): string => (error as Error).name
const controller = new AbortController()
setTimeout(() => controller.abort(), 5)
const late = await rx.recv().within({ ms: 5 }).then(String, nameOf)
const aborted = await rx.recv().within({ signal: controller.signal }).then(String, nameOf)
tx.send(1)
console.log(late, aborted, await rx.recv())
