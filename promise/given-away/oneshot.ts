// An object is changed after it was sent through a oneshot channel.
// refused by: check F0382, run MovedError
import { oneshot } from 'fearless'

const [tx, rx] = oneshot.channel<{ done: boolean }>()
const answer = { done: false }
tx.send(answer)
answer.done = true
console.log((await rx.recv()).done)
