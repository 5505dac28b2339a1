// A module that threads import creates a channel.
// prints or refused: 1
import { thread } from 'fearless'
import { rx, send } from './events.ts'

await thread.spawn(() => send(1)).join()
console.log(await rx.recv().within(2000))
